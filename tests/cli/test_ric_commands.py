"""``ranwright ric`` and ``ranwright xapp``, from an empty folder to a running xApp and back."""

from contracts.errors import ExitCode
from tests.cli.ric_command import Command
from tests.xapps.platform.lifecycle.rics import SAMPLE
from tests.xapps.platform.waits import wait_until


def test_from_nothing_to_a_running_xapp_and_back(ranwright: Command) -> None:
    code, error = ranwright.refused("xapp", "list")
    assert (code, error["code"]) == (ExitCode.DEFECT, "ric.down")
    assert ranwright.json("ric", "up")["started"] is True
    assert "it was" in ranwright("ric", "up")

    code, error = ranwright.refused("xapp", "onboard", "nowhere.json", "hello.py")
    assert (code, error["code"]) == (ExitCode.USAGE, "xapp.unreadable_file")
    files = [str(SAMPLE / "config-file.json"), "hello.py", "--schema", str(SAMPLE / "schema.json")]
    package = ranwright.json("xapp", "onboard", *files, "--folder", str(SAMPLE))
    assert len(package["digest"]) == 64
    assert "onboarded" in ranwright("xapp", "list")
    ranwright("xapp", "deploy", "hello", "--digest", package["digest"])

    def state() -> str:
        return str(ranwright.json("xapp", "list")["deployed"][0]["state"])

    wait_until(lambda: state() == "ready", deadline_s=60)
    assert "ready" in ranwright("xapp", "list")
    assert ranwright.json("ric", "status")["figures"]["xapps_ready"] == 1
    assert "launch.prepared" in ranwright("xapp", "logs", "hello", "-n", "1000")
    ranwright("xapp", "undeploy", "hello")
    assert ranwright.json("xapp", "list")["deployed"] == []
    assert ranwright.json("ric", "down")["stopped"] is True
    assert "it was" in ranwright("ric", "down")
