"""A supervisor and its process: given up, stopped by force, taken over, and never another's."""

import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.errors import RanwrightError
from tests.xapps.platform.lifecycle.rics import SAMPLE, is_running
from tests.xapps.platform.waits import wait_until
from xapps.platform.addresses import free_address
from xapps.platform.child import Child, Identity
from xapps.platform.descriptor import read_descriptor
from xapps.platform.environment import Platform, xapp_environment
from xapps.platform.instance import Instance, InstanceFolder, State
from xapps.platform.supervisor import Patience, Supervisor

QUICK = Patience(
    first_back_off_s=0.01,
    most_back_off_s=0.02,
    most_restarts=3,
    probe_period_s=0.05,
    probe_timeout_s=0.05,
    grace_s=0.5,
)
DEAF = (
    "import pathlib, signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "pathlib.Path('child').write_text(str(child.pid)); signal.pause()"
)
PATIENT = "import signal; signal.pause()"


def spawner(folder: Path, code: str) -> Callable[[], Child]:
    command = [sys.executable, "-c", code]
    return lambda: Child.spawn(command, str(folder), {}, folder / "log")


@pytest.fixture
def folder(tmp_path: Path) -> InstanceFolder:
    return InstanceFolder(tmp_path / "instance")


def supervisor(folder: InstanceFolder, start: Callable[[], Child], **changes: object) -> Supervisor:
    instance = folder.load() or Instance("x", "1", "d", "127.0.0.1")
    return Supervisor(instance, folder, 1, start, QUICK)


def stopped(watched: Supervisor) -> None:
    watched.begin_stop()
    watched.finish_stop()


@pytest.fixture
def patient(tmp_path: Path, folder: InstanceFolder) -> Iterator[Supervisor]:
    watched = supervisor(folder, spawner(tmp_path, PATIENT))
    yield watched
    stopped(watched)


def test_what_ends_at_once_is_given_up(tmp_path: Path, folder: InstanceFolder) -> None:
    watched = supervisor(folder, spawner(tmp_path, "raise SystemExit(3)"))
    wait_until(lambda: watched.report().state is State.FAILED)
    report = watched.report()
    assert (report.restarts, report.last_exit) == (QUICK.most_restarts, 3)
    stopped(watched)


def test_what_cannot_be_started_is_given_up(tmp_path: Path, folder: InstanceFolder) -> None:
    start = spawner(tmp_path / "nowhere", PATIENT)
    watched = supervisor(folder, lambda: Child.spawn(["/none"], "/", {}, tmp_path / "log"))
    wait_until(lambda: watched.report().state is State.FAILED)
    stopped(watched)
    with pytest.raises(OSError, match="nowhere"):
        start()


def test_what_ignores_sigterm_is_killed_with_all_it_started(
    tmp_path: Path, folder: InstanceFolder
) -> None:
    watched = supervisor(folder, spawner(tmp_path, DEAF))
    wait_until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text())
    process = watched.report().instance.process
    assert process is not None
    stopped(watched)
    assert watched.report().last_exit == -signal.SIGKILL
    assert not is_running(process.pid)
    wait_until(lambda: not is_running(int((tmp_path / "child").read_text())))


def test_with_a_full_disk_it_is_watched_and_ended_all_the_same(
    patient: Supervisor, folder: InstanceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = wait_until(lambda: patient.report().instance.process)

    def full(_instance: Instance) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder, "save", full)
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: patient.report().instance.process not in (None, first))
    second = patient.report().instance.process
    assert second is not None
    patient.begin_stop()
    wait_until(lambda: not is_running(second.pid))


def test_the_process_of_an_earlier_core_is_taken_over(
    tmp_path: Path, folder: InstanceFolder
) -> None:
    earlier = spawner(tmp_path, PATIENT)()
    folder.save(Instance("x", "1", "d", "127.0.0.1", earlier.identity))

    def never() -> Child:
        raise AssertionError("it runs already")

    watched = supervisor(folder, never)
    found = watched.report().instance.process
    assert found == earlier.identity
    stopped(watched)
    assert earlier.exit_status() == -signal.SIGTERM
    earlier.close()
    assert folder.load() == Instance("x", "1", "d", "127.0.0.1")


def test_a_process_whose_id_was_not_kept_is_found_by_its_configuration(
    tmp_path: Path, folder: InstanceFolder
) -> None:
    environment = {"CONFIG_FILE": str(folder.config_file), "OTHER": "1"}
    orphan = Child.spawn(
        [sys.executable, "-c", PATIENT], str(tmp_path), environment, tmp_path / "log"
    )
    folder.save(Instance("x", "1", "d", "127.0.0.1"))
    (folder.folder / ".instance.json.half").touch()
    found = wait_until(lambda: folder.find_process(None))
    assert found.identity == orphan.identity
    found.close()
    assert Child.find_leader({"CONFIG_FILE": "/another"}) is None
    orphan.stop(5)
    assert orphan.exit_status() == -signal.SIGTERM
    orphan.close()
    folder.forget()
    assert not folder.folder.exists()


def test_another_process_with_the_same_id_is_left_alone(patient: Supervisor) -> None:
    process = wait_until(lambda: patient.report().instance.process)
    assert Child.find(Identity(process.pid, process.started + 1)) is None
    assert Child.find(Identity(2**22 - 1, 1)) is None
    assert is_running(process.pid)


def test_the_configuration_is_changed_in_one_write(folder: InstanceFolder) -> None:
    folder.configure(b'{"a": 1000000}')
    before = folder.config_file.stat().st_ino
    folder.configure(b'{"a": 2}')
    assert folder.config_file.read_bytes() == b'{"a": 2}      '
    assert folder.config_file.stat().st_ino == before
    folder.configure(b'{"a": 30000000000000}')
    assert folder.config_file.read_bytes() == b'{"a": 30000000000000}'


def test_an_address_is_free_on_all_ports() -> None:
    first = free_address("seed", {4560}, set())
    with socket.socket() as busy:
        busy.bind((first, 4560))
        busy.listen()
        assert free_address("seed", {4560}, set()) != first
    assert free_address("seed", {4560}, {first}) != first
    assert first.startswith("127.0.")
    with socket.socket() as everywhere:
        everywhere.bind(("0.0.0.0", 0))
        everywhere.listen()
        with pytest.raises(RanwrightError, match="no_address"):
            free_address("seed", {everywhere.getsockname()[1]}, set())


def test_an_xapp_does_not_see_the_cores_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "secret")
    descriptor = read_descriptor((SAMPLE / "config-file.json").read_bytes())
    platform = Platform(1234, "127.0.0.1:10", "127.0.0.1:11", {"a:1": "127.0.0.1:2"})
    found = xapp_environment(descriptor, "127.0.1.9", Path("/c.json"), platform)
    assert "SOME_TOKEN" not in found
    assert found["SERVICE_RICXAPP_HELLO_RMR_PORT"] == "tcp://127.0.1.9:4560"
    assert found["SERVICE_RICXAPP_HELLO_HTTP_PORT"] == "tcp://127.0.1.9:8080"
    assert found["RMR_RTG_SVC"] == "127.0.0.1:11"
    assert found["PATH"] == os.environ["PATH"]
