"""What befalls one activation, and what of that is true of the others."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import keys
from contracts.activation import (
    ACTIVATION_END_PAYLOAD_TYPE,
    ACTIVATION_POLICY_TYPE,
    Activation,
    ActivationEnd,
)
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from tests.protocol.wire_e2 import Node
from tests.xapps.activations.desk import Desk
from tests.xapps.activations.office import LEFT, grid, make_site, sign_activation
from tests.xapps.plain_plant import PlainPlant
from tests.xapps.world import World
from xapps.actuator.activations.board import Verdict
from xapps.sdk.policies import PolicyRequest


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_site(tmp_path_factory.mktemp("site"))
    made.start_ledger()
    yield made
    made.close()


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    made = Desk(world)
    yield made
    made.close()


def why(desk: Desk, activation: Activation) -> tuple[str, str | None]:
    row = desk.store.find(activation.activation_id)
    assert row is not None
    return row.status, row.code


def end_of(desk: Desk, activation: Activation) -> ActivationEnd:
    """The signed end, which waits for the ledger."""
    envelopes = [
        SignedEnvelope.parse(item.data)
        for item in desk.actuator.journal.outbox()
        if item.kind == "object" and ACTIVATION_END_PAYLOAD_TYPE.encode() in item.data
    ]
    ends = [ActivationEnd.parse(unverified_payload(e)) for e in envelopes]
    (end,) = [e for e in ends if e.activation_id == activation.activation_id]
    return end


def test_who_is_found_outside_ends_alone(desk: Desk) -> None:
    one = desk.create(cells=[1])
    other = desk.create(cells=[2], beside=(one.activation_id,))
    desk.plant.change("foreign", {**LEFT, 1: 20_000})
    assert desk.move(other.activation_id, {2: grid(2)[0]}) == "control.stale_version"
    assert why(desk, one) == ("revoked", "activation.outside_envelope")
    assert why(desk, other)[0] == "live"
    assert desk.plant.powers == LEFT


def test_nobody_may_move_the_cells_of_who_is_suspended(desk: Desk) -> None:
    older = desk.create(cells=[1, 2])
    newer = desk.create(cells=[1], priority=60)
    assert (why(desk, older)[0], why(desk, newer)[0]) == ("suspended", "live")
    desk.plant.change("foreign", {**LEFT, 2: grid(2)[0]})
    desk.move(newer.activation_id, {1: grid(1)[0]})
    assert why(desk, newer) == ("revoked", "activation.network_changed")


def test_who_begins_to_end_while_the_ledger_hears_of_a_newcomer_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = desk.create(cells=[1, 2])
    assert desk.move(older.activation_id, {2: grid(2)[0]}) == "move.carried_out"
    endings, outbox = desk.keeper._endings, desk.actuator._tools.outbox
    asked = Verdict("revoked", "promise.missed", "Found out meanwhile.")

    def end_meanwhile() -> None:
        desk.between.fate = "lost"
        endings.begin(desk.keeper._board.held[older.activation_id], asked)

    monkeypatch.setattr(outbox, "flush", end_meanwhile)
    newer = desk.create(cells=[1], priority=60)
    assert why(desk, older)[0] == "ending"
    assert why(desk, newer) == ("refused", "activation.unsettled")


def test_who_could_not_be_written_down_as_suspended_is_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = desk.create(cells=[1])
    write = desk.store.set_status

    def full(name: str, status: Any, *rest: Any) -> None:
        if status == "suspended":
            raise RanwrightError("journal.unwritable", "full", "Make room.")
        write(name, status, *rest)

    monkeypatch.setattr(desk.store, "set_status", full)
    newer = desk.create(cells=[1], priority=60)
    assert why(desk, newer)[0] == "refused"
    assert desk.keeper._board.held[older.activation_id].status == why(desk, older)[0] == "live"


def test_an_outcome_that_could_not_be_written_is_not_that_of_the_next_move(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk.create(cells=[1])
    with monkeypatch.context() as patch:
        patch.setattr(desk.store, "end_move", unwritable)
        desk.move(one.activation_id, {1: grid(1)[0]})
    desk.move(one.activation_id, {1: grid(1)[-1]})
    version = desk.plant.version
    outcomes = [outcome for _, outcome in desk.store.outcomes(10)]
    assert [(o.code, o.resource_version) for o in outcomes] == [
        ("move.unwritten", None),
        ("move.carried_out", version),
    ]


def unwritable(*_: Any) -> None:
    raise RanwrightError("journal.unwritable", "full", "Make room.")


def test_the_end_of_who_was_suspended_says_what_was_read_back(desk: Desk) -> None:
    older = desk.create(cells=[1])
    newer = desk.create(cells=[1], priority=60)
    node, desk.node = desk.node, None  # type: ignore[assignment]
    desk.between.fate = "lost"
    desk.move(newer.activation_id, {1: grid(1)[0]})
    desk.delete(older.activation_id)
    assert why(desk, older)[0] == "ending"
    desk.node = node
    desk.look()
    end = end_of(desk, older)
    assert (end.status, end.tx_power_mw) == ("ended", {1: LEFT[1]})
    assert end.resource_version is not None


def test_who_is_live_stays_so_when_a1_names_it_after_a_rotation(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk.create(cells=[1])
    policy = {"activation": sign_activation(world, one).model_dump(mode="json")}
    keys.rotate(world.site, "verifier")
    desk.restart()
    desk.keeper._unconfirmed.add(one.activation_id)
    name = one.activation_id
    desk.keeper._serve(PolicyRequest("CREATE", ACTIVATION_POLICY_TYPE, name, policy))
    monkeypatch.setattr("xapps.actuator.activations.keeper.CONFIRMATION_S", 0.0)
    desk.look()
    assert why(desk, one)[0] == "live"


def test_another_node_has_a_time_of_its_own(desk: Desk, world: World) -> None:
    tools = desk.actuator._tools
    tools.clock.observe(9_000_000)
    world.site.plant_state.unlink()
    desk.plant = PlainPlant(world.site)
    desk.node = Node(desk.plant, world.site)  # type: ignore[arg-type]
    found = tools.plant.read_back()
    assert tools.clock.now().kpm_time_ms == found.kpm_time_ms < 9_000_000


@pytest.mark.parametrize("field", ["payload_type", "payload", "keyid", "sig"])
def test_text_that_is_no_unicode_is_refused_and_ends_nothing(desk: Desk, field: str) -> None:
    one = desk.create(cells=[1])
    signed = sign_activation(desk.world, one).model_dump(mode="json")
    holder = signed if field in signed else signed["signatures"][0]
    holder[field] = "\ud800"
    name = one.activation_id
    for policy in ({"activation": signed}, {"activation": [[]] * 3}):
        desk.keeper._serve(PolicyRequest("CREATE", ACTIVATION_POLICY_TYPE, name, policy))
    assert why(desk, one)[0] == "live"


def test_without_its_maintenance_there_is_no_actuator(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    def defect() -> None:
        raise KeyError("gnb")

    monkeypatch.setattr("os._exit", end)
    monkeypatch.setattr(desk.actuator.journal, "unfinished", defect)
    monkeypatch.setattr(desk.actuator.activations, "start", lambda _stop: None)
    desk.actuator.start()
    assert ended.wait(20)
    desk.actuator.close()
    assert codes == [int(ExitCode.DEFECT)]
