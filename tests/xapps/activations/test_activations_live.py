"""Activations through the real actuator: they go live over A1, move, and end at their base."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from agents.cli.trace import app as trace
from agents.service.activation_delivery import ActivationDelivery
from contracts.activation import ACTIVATION_POLICY_TYPE, Activation, Holder, Promise
from contracts.dsse import sign
from contracts.errors import RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.ledger.audit import verify_ledger
from contracts.ledger.reader import LedgerReader
from contracts.record import RecordKind
from contracts.requirement import RelativeChange
from tests.xapps.activations.office import (
    ACTIVATION_PAYLOAD_TYPE,
    LEFT,
    RULES,
    Office,
    domain,
    grid,
    make_activation,
    make_plan,
    now,
    sign_activation,
)
from tests.xapps.world import POLICY, TRACE, eventually, make_certificate, sign_certificate


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office.open(tmp_path_factory.mktemp("site"))
    yield opened
    opened.close()


def contents(office: Office, kind: RecordKind, name: str) -> list[dict[str, Any]]:
    records = [e.record for e in LedgerReader.of(office.world.site).records(TRACE)]
    return [
        dict(r.content) for r in records if r.kind is kind and r.content["activation_id"] == name
    ]


def audit(office: Office) -> None:
    site = office.world.site
    verify_ledger(site.ledger, site.objects, load_trust(site)).require_ok()


def test_an_activation_moves_and_ends_at_its_base(office: Office) -> None:
    name = office.live()
    top_mw, low_mw = grid(1)[-1], grid(1)[0]
    assert office.move(name, {1: top_mw}).code == "move.carried_out"
    assert office.world.powers() == {**LEFT, 1: top_mw}
    assert office.move(name, {1: low_mw}).code == "move.carried_out"
    listed = office.listed(name)
    assert (listed["moves"], listed["powers_mw"]) == (2, {"1": low_mw})
    ended = office.end(name)
    assert (ended["code"], ended["moves"]) == ("activation.deleted", 2)
    assert office.world.powers() == LEFT
    found = eventually(lambda: contents(office, RecordKind.ACTIVATION_ENDED, name), "it is told")
    assert found[0]["status"] == "ended"
    assert contents(office, RecordKind.ACTIVATION_STARTED, name)
    sent = eventually(lambda: contents(office, RecordKind.MOVES, name), "its moves are told")
    assert sum(batch["carried_out"] for batch in sent) == 2
    stored = LedgerReader.of(office.world.site).get_object(sent[0]["moves"])
    assert json.loads(stored)[0]["move"]["changes"][0]["to_mw"] == top_mw
    audit(office)


def test_a_move_outside_is_refused_and_changes_nothing(office: Office) -> None:
    name = office.live()
    try:
        sequence = office.ask(name, {1: grid(1)[-1]})
        assert office.answer(sequence).code == "move.carried_out"
        here = office.world.powers()
        assert office.move(name, {1: grid(1)[-1] + 1}).code == "move.outside_envelope"
        assert office.move(name, {1: grid(1)[-1] - 100}).code == "move.off_grid"
        assert office.move(name, {2: LEFT[2]}).code == "move.outside_envelope"
        assert office.move("f" * 32, {1: LEFT[1]}).code == "move.unknown_activation"
        office.answers.clear()
        office.ask(name, {1: LEFT[1]}, sequence)
        assert office.answer(sequence).code == "move.out_of_sequence"
        for junk in (b"", b"\0", b"[]", b"{" * 5000, b'{"activation_id": 1}', b"\xff" * 100):
            office.send(junk)
        assert office.world.powers() == here
        assert office.move(name, {1: LEFT[1]}).code == "move.carried_out"
    finally:
        office.end(name)
    assert office.world.powers() == LEFT


def test_of_a_flood_the_newest_moves_win_and_every_one_is_answered(office: Office) -> None:
    name = office.live()
    powers = grid(1)
    asked = [office.ask(name, {1: powers[n % len(powers)]}) for n in range(200)]
    codes = [office.answer(sequence).code for sequence in asked]
    assert set(codes) <= {"move.carried_out", "move.superseded", "move.too_soon"}
    assert codes.count("move.carried_out") < len(asked)
    assert "move.superseded" in codes
    assert office.world.powers()[1] in powers
    assert office.move(name, {1: powers[0]}).code == "move.carried_out"
    office.end(name)
    assert office.world.powers() == LEFT


def test_actions_wait_until_nothing_is_live(office: Office) -> None:
    name = office.live()
    certificate = make_certificate(office.world, office.world.snapshot())
    with pytest.raises(RanwrightError) as caught:
        office.world.execute(sign_certificate(office.world, certificate))
    assert caught.value.code == "conflict.live_activation"
    assert "eactivate" in caught.value.remedy
    office.end(name)


def test_a_missed_promise_ends_it(office: Office) -> None:
    plan = make_plan(office.certificate)
    goal = plan.promises[0]
    bound = RelativeChange(change_percent=30.0)
    tight = goal.requirement.model_copy(update={"bound": bound})
    promise = goal.model_copy(update={"requirement": tight})
    name = office.live(promises=(promise, *plan.promises[1:]))
    assert office.move(name, {1: grid(1)[0]}).code == "move.carried_out"
    found = office.await_status(name, "revoked")
    assert found["code"] == "promise.missed"
    assert "mean throughput of cell 1" in found["reason"]
    assert office.world.powers() == LEFT
    assert office.move(name, {1: LEFT[1]}).code == "move.unknown_activation"


def test_it_expires_by_itself(office: Office) -> None:
    activation = make_activation(office.world, make_plan(office.certificate), valid_s=3.0)
    name = office.put(activation)
    office.await_status(name, "live")
    assert office.move(name, {1: grid(1)[-1]}).code == "move.carried_out"
    assert office.await_status(name, "expired")["code"] == "activation.expired"
    assert office.world.powers() == LEFT


def test_what_is_over_does_not_stay_on_a1(office: Office) -> None:
    short, after = (
        make_activation(office.world, make_plan(office.certificate), valid_s=valid_s)
        for valid_s in (4.0, 300.0)
    )
    name = office.put(short)
    office.await_status(name, "expired")
    ids = office.world.ric.core.a1.instance_ids
    assert name in ids(ACTIVATION_POLICY_TYPE)
    delivery = ActivationDelivery(office.world.site)
    delivery.put(after, sign_activation(office.world, after))
    assert name not in ids(ACTIVATION_POLICY_TYPE)
    assert after.activation_id in ids(ACTIVATION_POLICY_TYPE)
    office.end(after.activation_id)


def test_a_changed_policy_ends_it(office: Office) -> None:
    name = office.live()
    assert office.move(name, {1: grid(1)[-1]}).code == "move.carried_out"
    policy = office.world.site.policy
    before = policy.read_text()
    try:
        policy.write_text(yaml.safe_dump({**POLICY, "activation": RULES, "policy_id": "other"}))
        assert office.await_status(name, "revoked")["code"] == "policy.changed"
    finally:
        policy.write_text(before)
    assert office.world.powers() == LEFT


def test_silence_ends_it_as_soon_as_the_plant_lets_it(office: Office) -> None:
    name = office.live()
    assert office.move(name, {1: grid(1)[-1]}).code == "move.carried_out"
    try:
        office.world.fault(reports="silent")
        assert office.await_status(name, "revoked")["code"] == "promise.silence"
    finally:
        office.world.fault()
    assert office.world.powers() == LEFT


def test_what_does_not_hold_is_refused_with_its_reason(office: Office) -> None:
    certificate, world = office.certificate, office.world
    plan = make_plan(certificate)
    wide = domain(1).model_copy(update={"upper_mw": 40_000})
    near = {"current_mw": grid(1)[4], "lower_mw": grid(1)[2], "upper_mw": grid(1)[6]}
    shifted = domain(1).model_copy(update=near)
    other = Promise(**{**plan.promises[0].model_dump(), "before_in_kpi_unit": 5.0})
    holder = Holder(name="stranger", version="1", package_digest="sha256:" + "0" * 64)
    early = {"wall_time": now().wall_time + timedelta(hours=1)}

    def made(approval: dict[str, Any] | None = None, **changes: Any) -> Activation:
        return make_activation(world, make_plan(certificate, **changes), approval)

    cases: dict[str, Activation] = {
        "activation.expired": make_activation(world, plan, valid_s=-1.0),
        "activation.valid_too_long": make_activation(world, plan, valid_s=1000.0),
        "activation.not_yet_valid": make_activation(
            world,
            plan,
            valid_s=5000.0,
            issued_at=now().model_copy(update=early),
        ),
        "policy.changed": make_activation(world, plan, policy_digest="sha256:" + "9" * 64),
        "activation.other_network": make_activation(
            world, plan, scenario_digest="sha256:" + "9" * 64
        ),
        "approval.denied": made({"decision": "denied"}),
        "approval.other_plan": made({"plan_digest": "sha256:" + "9" * 64}),
        "approval.other_verdict": made({"verdict_digest": "sha256:" + "9" * 64}),
        "approval.other_trace": made({"trace_id": "other"}),
        "approval.person_required": made({"approved_by": "policy:test"}),
        "activation.holder_not_allowed": made(holder=holder),
        "activation.other_watch": made(watch_window_ms=4000),
        "activation.interval_too_short": made(least_interval_ms=100),
        "activation.guard_rail_missing": made(promises=plan.promises[:1]),
        "activation.too_wide": made(envelope=(wide,), max_total_power_mw=40_000),
        "activation.not_at_base": made(envelope=(shifted,)),
        "activation.no_action": made(certificate_id="f" * 32),
        "activation.other_baseline": made(promises=(other, *plan.promises[1:])),
        "activation.other_node": made(node_name="plain-00000000"),
        "conflict.implicit": made(beside=("f" * 32,)),
    }
    codes = {expected: office.refusal(activation) for expected, activation in cases.items()}
    assert codes == {expected: expected for expected in cases}
    forged = sign(made(), ACTIVATION_PAYLOAD_TYPE, load_signer(world.site, "approver"))
    assert office.refusal(made(), forged) == "signature.wrong_role"
    assert world.powers() == LEFT


def test_what_was_used_is_not_used_again(office: Office) -> None:
    activation = make_activation(office.world, make_plan(office.certificate))
    name = office.put(activation)
    office.await_status(name, "live")
    office.put(activation)  # the same again changes nothing
    assert office.move(name, {1: grid(1)[-1]}).code == "move.carried_out"
    office.end(name)
    assert office.refusal(activation) == "activation.used"
    assert office.status(name) == "ended"


def test_a_cell_that_both_set_goes_to_the_higher_priority(office: Office) -> None:
    older = office.live(cells=(1, 2))
    assert office.move(older, {1: grid(1)[-1]}).code == "move.carried_out"
    same = make_activation(office.world, make_plan(office.certificate, cells=(1,)))
    assert office.refusal(same) == "conflict.direct"
    told = contents(office, RecordKind.CONFLICT, same.activation_id)[0]
    assert (told["kind"], told["decision"], told["other"]) == ("direct", "refused", older)
    assert "both set NRSectorCarrier.configuredMaxTxPower of cells 1" in told["explanation"]

    newer = office.live(cells=(1,), priority=60)
    assert office.status(older) == "suspended"
    assert office.world.powers() == LEFT
    assert office.move(older, {2: grid(2)[-1]}).code == "move.suspended"
    assert office.move(newer, {1: grid(1)[0]}).code == "move.carried_out"
    told = contents(office, RecordKind.CONFLICT, newer)[0]
    assert (told["kind"], told["decision"]) == ("direct", "suspended")

    office.end(newer)
    office.await_status(older, "live")
    assert office.move(older, {2: grid(2)[-1]}).code == "move.carried_out"
    office.end(older)
    assert office.world.powers() == LEFT
    audit(office)


def test_side_by_side_only_where_it_was_proven(office: Office) -> None:
    first = office.live(cells=(1,))
    unproven = make_activation(office.world, make_plan(office.certificate, cells=(3,)))
    assert office.refusal(unproven) == "conflict.indirect"
    told = contents(office, RecordKind.CONFLICT, unproven.activation_id)[0]
    assert told["kpi"] == "DRB.UEThpDl.Mean"
    assert "moves mean throughput of cells 1" in told["explanation"]

    second = office.live(cells=(3,), beside=(first,))
    told = contents(office, RecordKind.CONFLICT, second)[0]
    assert (told["kind"], told["decision"]) == ("indirect", "proven")
    assert office.move(first, {1: grid(1)[-1]}).code == "move.carried_out"
    assert office.move(second, {3: grid(3)[0]}).code == "move.carried_out"
    assert office.world.powers() == {1: grid(1)[-1], 2: LEFT[2], 3: grid(3)[0]}
    third = make_activation(
        office.world, make_plan(office.certificate, cells=(2,), beside=(first, second))
    )
    assert office.refusal(third) == "activation.too_many"
    office.end(first)
    assert office.world.powers() == {**LEFT, 3: grid(3)[0]}
    office.end(second)
    assert office.world.powers() == LEFT


def test_the_trace_tells_it_all(office: Office) -> None:
    name = office.live()
    assert office.move(name, {1: grid(1)[-1]}).code == "move.carried_out"
    office.end(name)
    eventually(lambda: contents(office, RecordKind.ACTIVATION_ENDED, name), "its end is told")
    eventually(lambda: contents(office, RecordKind.MOVES, name), "its moves are told")
    site = str(office.world.site.root)
    told = CliRunner().invoke(trace, ["explain", TRACE, "--site", site, "--json"])
    said = {e["kind"]: e["said"] for e in json.loads(told.output) if e["activation_id"] == name}
    assert said["activation_started"].startswith("power may move cells 1 until")
    assert said["moves"].startswith("1 moves sent")
    assert said["activation_ended"].startswith("ended: Deactivated over A1.")
    for command in ("show", "explain", "verify"):
        assert CliRunner().invoke(trace, [command, TRACE, "--site", site]).exit_code == 0


def test_the_action_before_can_be_undone_afterwards(office: Office) -> None:
    params = {"certificate_id": office.certificate.certificate_id}
    name = office.live()
    with pytest.raises(RanwrightError) as caught:
        office.world.call("actuator", "rollback", params)
    assert caught.value.code == "conflict.live_activation"
    office.end(name)
    office.world.call("actuator", "rollback", params)
    assert office.world.powers() == dict.fromkeys(LEFT, 20_000)
    late = make_activation(office.world, make_plan(office.certificate))
    assert office.refusal(late) == "activation.no_action"
