"""The core killed at every step of a deployment: never twice, never half."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.dsse import SignedEnvelope
from contracts.keys import load_trust, revoke, rotate
from contracts.ledger.audit import verify_ledger
from contracts.record import RecordKind
from tests.xapps.platform.deployments.papers import Place
from tests.xapps.platform.waits import wait_until

DYING = "tests.xapps.platform.deployments.dying_core"
BEFORE, AFTER = {"period_ms": 100}, {"period_ms": 20}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Place(tmp_path_factory.mktemp("place")) as place:
        place.end_ric()
        start(place)
        yield place


@pytest.fixture
def place(running: Place) -> Iterator[Place]:
    running.onboard()
    yield running
    if "quiet" in running.instances():
        running.do("undeploy")


def order(place: Place) -> Path:
    return place.site.root / "die_at"


def start(place: Place) -> None:
    place.start_ric(DYING, DIE_AT=str(order(place)))


def kill_in(place: Place, operation: str, point: str, **changes: Any) -> SignedEnvelope:
    """Have the core die at a point of a plan; returns its certificate."""
    envelope = place.signed(place.certificate(place.plan(operation, **changes)))
    order(place).write_text(point)
    assert place.refusal(lambda: place.carry_out(envelope)) == "rpc.unreachable"
    assert place.await_ric_death() == -signal.SIGKILL
    order(place).unlink()
    return envelope


def controls(place: Place) -> Any:
    config = place.home.instances / "quiet" / "config-file.json"
    return json.loads(config.read_text())["controls"]


def processes(place: Place) -> list[str]:
    """Processes of the xApp that run, whoever started them."""
    wanted = f"CONFIG_FILE={place.home.instances}/quiet/config-file.json".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found


def check_end(place: Place, envelope: SignedEnvelope, ends: set[str]) -> str:
    """The claimed certificate has an end that was written down, and acts no second time."""
    assert place.refusal(lambda: place.carry_out(envelope)) == "deployment.used"
    outcome = wait_until(lambda: place.records(RecordKind.DEPLOYMENT_OUTCOME))[-1].content
    assert outcome["step"] in ends
    found = place.ask("deployment", deployment_id=outcome["deployment_id"])
    assert found["step"] == outcome["step"]
    verify_ledger(place.site.ledger, place.site.objects, load_trust(place.site)).require_ok()
    return str(outcome["step"])


SLOW = pytest.mark.slow


@SLOW
def test_before_the_claim_nothing_happened(place: Place) -> None:
    envelope = kill_in(place, "deploy", "claim:before")
    start(place)
    assert place.instances() == {}
    assert place.carry_out(envelope)["step"] == "in_force"


@pytest.mark.parametrize(
    ("point", "end"),
    [
        pytest.param("claim:after", "taken_back", marks=SLOW),
        pytest.param("logged:after", "taken_back", marks=SLOW),
        pytest.param("deploy:before", "taken_back", marks=SLOW),
        ("write:after", "taken_back"),
        ("save:after", "in_force"),
        pytest.param("deploy:after", "in_force", marks=SLOW),
        pytest.param("in_force:before", "in_force", marks=SLOW),
        pytest.param("in_force:after", "in_force", marks=SLOW),
    ],
)
def test_a_deployment_stands_or_does_not(place: Place, point: str, end: str) -> None:
    envelope = kill_in(place, "deploy", point)
    start(place)
    assert check_end(place, envelope, {end}) == end
    assert ("quiet" in place.instances()) == (end == "in_force")
    if end == "in_force":
        wait_until(lambda: len(processes(place)) == 1)
    else:
        assert processes(place) == []
        assert place.do()["step"] == "in_force"


@pytest.mark.parametrize(
    "point",
    [
        "claim:after",
        pytest.param("write:after", marks=SLOW),
        pytest.param("configure:after", marks=SLOW),
        pytest.param("configured:after", marks=SLOW),
    ],
)
def test_a_configuration_is_finished(place: Place, point: str) -> None:
    place.do(controls=BEFORE)
    envelope = kill_in(place, "configure", point, controls=AFTER)
    start(place)
    check_end(place, envelope, {"done"})
    assert controls(place) == AFTER


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("claim:after", marks=SLOW),
        "undeploy:before",
        pytest.param("forget:before", marks=SLOW),
        pytest.param("forget:after", marks=SLOW),
        pytest.param("end:before", marks=SLOW),
        pytest.param("end:after", marks=SLOW),
    ],
)
def test_a_retirement_is_finished(place: Place, point: str) -> None:
    place.do()
    wait_until(lambda: place.instances()["quiet"]["pid"])
    envelope = kill_in(place, "undeploy", point)
    start(place)
    check_end(place, envelope, {"done"})
    assert place.instances() == {}
    wait_until(lambda: processes(place) == [])


@pytest.mark.parametrize("operation", ["deploy", "configure"])
def test_what_was_begun_by_a_key_revoked_since_is_taken_back(place: Place, operation: str) -> None:
    changes: dict[str, Any] = {}
    if operation == "configure":
        place.do(controls=BEFORE)
        changes = {"controls": AFTER}
    point = {"deploy": "deploy:after", "configure": "configure:after"}[operation]
    envelope = kill_in(place, operation, point, **changes)
    revoke(place.site, "verifier", "lost")
    start(place)
    assert place.refusal(lambda: place.carry_out(envelope)) == "key.revoked"
    wait_until(
        lambda: place.records(RecordKind.DEPLOYMENT_OUTCOME)[-1].content["step"] == "taken_back"
    )
    if operation == "configure":
        assert controls(place) == BEFORE
    else:
        assert place.instances() == {}
        assert processes(place) == []
    rotate(place.site, "verifier")
