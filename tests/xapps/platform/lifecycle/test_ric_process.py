"""The RIC as processes: a core, an unmodified xApp, and what happens when either is killed."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgpack
import pytest
import redis

from contracts.errors import RanwrightError
from tests.xapps.platform.lifecycle.rics import SAMPLE, RicProcess, is_running
from tests.xapps.platform.waits import wait_until

TYPE = {
    "name": "hello",
    "description": "d",
    "policy_type_id": 20000,
    "create_schema": {"type": "object", "required": ["limit_db"]},
}
POLICY = "/A1-P/v2/policytypes/20000/policies/p1"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RicProcess]:
    ric = RicProcess(tmp_path_factory.mktemp("ric"))
    ric.start()
    yield ric
    if ric.process is None:
        ric.start()
    ric.end()


@pytest.fixture
def ric(running: RicProcess) -> Iterator[RicProcess]:
    yield running
    if running.process is None:
        running.start()
    for report in running.ask("instances"):
        running.ask("undeploy", name=report["name"])
    shutil.rmtree(running.home.packages / "hello", ignore_errors=True)
    with running.web("a1") as a1:
        a1.delete(POLICY)
        a1.delete("/A1-P/v2/policytypes/20000")


def sdl(ric: RicProcess, key: str) -> object:
    with ric.redis() as client:
        value = client.get(f"{{hello}},{key}")
    return None if value is None else msgpack.unpackb(value)


def write_until_refused(client: redis.Redis, acknowledged: list[int]) -> None:
    with client, suppress(redis.ConnectionError):
        for number in itertools.count():
            client.mset({f"{{ns}},n{number}": number})
            acknowledged.append(number)


def test_an_unmodified_xapp_lives_in_the_ric(ric: RicProcess) -> None:
    with ric.web("a1") as a1:
        assert a1.put("/A1-P/v2/policytypes/20000", json=TYPE).status_code == 201
        assert a1.put(POLICY, json={"limit_db": 3}).status_code == 202
        package = ric.onboard()
        assert ric.ask("packages") == [package]
        ric.ask("deploy", name="hello", digest=package["digest"])

        wait_until(lambda: a1.get(f"{POLICY}/status").json()["enforceStatus"] == "ENFORCED")
        wait_until(ric.is_ready)
        assert sdl(ric, "policy")["operation"] == "CREATE"
        assert a1.put(POLICY, json={"limit_db": 4}).status_code == 202
        wait_until(lambda: sdl(ric, "policy")["operation"] == "UPDATE")

    assert sdl(ric, "controls") == {"period_ms": 100}
    ric.ask("configure", name="hello", controls={"period_ms": 20})
    wait_until(lambda: sdl(ric, "controls") == {"period_ms": 20})
    with pytest.raises(RanwrightError, match="bad_controls"):
        ric.ask("configure", name="hello", controls={"period_ms": 1})

    with ric.web("core") as core:
        (alarm,) = wait_until(lambda: core.get("/ric/v1/alarms/active").json())
        assert (alarm["managedObjectId"], alarm["specificProblem"]) == ("hello", 7)
        line = 'ranwright_xapp_metric{generator="sample",id="answers",reporter="hello"} 42.0'
        wait_until(lambda: line in core.get("/metrics").text)
    with ric.web("appmgr") as appmgr:
        (xapp,) = wait_until(lambda: appmgr.get("/ric/v1/xapps").json())
        assert xapp["instances"][0]["policies"] == [20000]
    assert ric.home.log("hello").stat().st_size > 0
    assert ric.ask("log", name="hello") == str(ric.home.log("hello"))

    pid = ric.instance()["pid"]
    ric.ask("undeploy", name="hello")
    assert not is_running(pid)
    assert ric.ask("instances") == []


def test_a_killed_xapp_is_started_again(ric: RicProcess) -> None:
    ric.onboard()
    ric.ask("deploy", name="hello")
    wait_until(ric.is_ready)
    first = ric.instance()
    os.kill(first["pid"], signal.SIGKILL)
    wait_until(lambda: ric.instance()["restarts"] == 1 and ric.is_ready())
    second = ric.instance()
    assert second["pid"] not in (None, first["pid"])
    assert second["last_exit"] == -signal.SIGKILL
    assert second["address"] == first["address"]


def test_a_killed_core_loses_nothing_and_finds_its_xapps_again(ric: RicProcess) -> None:
    with ric.web("a1") as a1:
        a1.put("/A1-P/v2/policytypes/20000", json=TYPE)
        a1.put(POLICY, json={"limit_db": 3})
    ric.onboard()
    ric.ask("deploy", name="hello")
    wait_until(ric.is_ready)
    with ric.redis() as client:
        assert client.mset({"{ns},a": b"1"})
    services, pid = ric.ask("status")["services"], ric.instance()["pid"]

    acknowledged: list[int] = []
    writer = threading.Thread(target=write_until_refused, args=(ric.redis(), acknowledged))
    writer.start()
    wait_until(lambda: len(acknowledged) > 50)
    ric.end(signal.SIGKILL)
    writer.join(20)
    assert is_running(pid)
    ric.start()

    assert ric.ask("status")["services"] == services
    assert ric.instance()["pid"] == pid
    wait_until(ric.is_ready)
    with ric.redis() as client:
        assert client.get("{ns},a") == b"1"
        kept = client.mget([f"{{ns}},n{number}" for number in acknowledged])
        assert kept == [b"%d" % number for number in acknowledged]
    with ric.web("a1") as a1:
        assert a1.get(POLICY).json() == {"limit_db": 3}
        a1.put(POLICY, json={"limit_db": 9})
        wait_until(lambda: a1.get(f"{POLICY}/status").json()["enforceStatus"] == "ENFORCED")

    ric.end()
    assert not is_running(pid)
    ric.start()
    again = wait_until(lambda: ric.instance()["pid"])
    assert again != pid

    ric.end(signal.SIGKILL)
    (ric.home.packages / "hello" / "1.0.0" / "schema.json").write_text("{}")
    ric.start()
    assert ric.ask("instances") == []
    assert not is_running(again)


def test_what_cannot_be_onboarded_or_deployed_says_why(ric: RicProcess, tmp_path: Path) -> None:
    def code(method: str, **params: object) -> str:
        with pytest.raises(RanwrightError) as caught:
            ric.onboard(**params) if method == "onboard" else ric.ask(method, **params)
        assert caught.value.remedy
        return caught.value.code

    descriptor = json.loads((SAMPLE / "config-file.json").read_text())
    too_fast = json.dumps(descriptor | {"controls": {"period_ms": 1}})
    assert code("onboard", descriptor="{}") == "descriptor.invalid"
    assert code("onboard", descriptor=too_fast) == "xapp.bad_controls"
    assert code("onboard", schema_text="[]") == "xapp.bad_schema"
    assert code("onboard", command=["nothing.py"]) == "xapp.bad_command"
    assert code("onboard", command=["-m"]) == "xapp.bad_command"
    assert code("onboard", folder=str(tmp_path / "none")) == "xapp.bad_command"
    assert code("onboard", command="hello.py") == "rpc.bad_request"
    assert code("deploy", name="hello") == "xapp.not_onboarded"
    assert code("undeploy", name="hello") == "xapp.not_deployed"
    assert code("log", name="../core") == "xapp.not_deployed"
    ric.onboard()
    assert code("deploy", name="hello", digest="0" * 64) == "xapp.digest"
    (ric.home.packages / "hello" / "1.0.0" / "schema.json").write_text("{}")
    assert code("deploy", name="hello") == "xapp.altered"


def test_an_xapp_that_cannot_run_backs_off_and_says_why_in_its_log(
    ric: RicProcess, tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text("raise SystemExit('no way')")
    ric.onboard(command=["broken.py"], folder=str(tmp_path))
    ric.ask("deploy", name="hello")
    wait_until(lambda: ric.instance()["state"] == "backing off")
    assert "no way" in ric.home.log("hello").read_text()
    ric.ask("undeploy", name="hello")


def test_a_second_core_refuses_to_start(ric: RicProcess) -> None:
    command = [sys.executable, "-m", "xapps.platform", "--home", str(ric.home.root)]
    second = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert second.returncode == 1
    assert b"process.already_running" in second.stderr
    assert ric.ask("ping")["pid"] == ric.process.pid
