"""``ranwright ric`` and ``ranwright xapp``, from an empty folder to a running xApp and back."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.errors import ExitCode
from tests.xapps.platform.lifecycle.rics import SAMPLE
from tests.xapps.platform.waits import wait_until


class Command:
    """The command in this process, but for errors: those are what the real process prints."""

    def __init__(self, folder: Path) -> None:
        self.environment = {"RANWRIGHT_RIC": str(folder), "PYTHONPATH": ":".join(sys.path)}

    def __call__(self, *arguments: str) -> str:
        done = CliRunner().invoke(app, list(arguments), env=self.environment)
        assert done.exit_code == 0, done.output
        return done.output

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))

    def refused(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "agents.cli.main", *arguments, "--json"],
            env=os.environ | self.environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)["error"]


@pytest.fixture
def ranwright(tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "ric")
    yield command
    command("ric", "down")


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
