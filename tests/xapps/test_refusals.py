"""Everything that must be refused, against real processes: the code, the record, an idle plant."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml

from contracts import keys
from contracts.action import ParameterChange
from contracts.certificate import CERTIFICATE_PAYLOAD_TYPE
from contracts.dsse import SignedEnvelope, sign, verify
from contracts.errors import RanwrightError
from contracts.ledger.reader import LedgerReader
from contracts.network import NetworkSnapshot
from contracts.plant_link import SNAPSHOT_PAYLOAD_TYPE, Observation
from contracts.record import RecordKind
from contracts.stages import Stage
from tests.contracts_support import mutations
from tests.xapps.world import (
    POLICY,
    World,
    eventually,
    make_certificate,
    make_plan,
    make_requirements,
    make_stages,
    now,
    sign_certificate,
)

Changes = Callable[[World, NetworkSnapshot], dict[str, Any]]
OTHER = "sha256:" + "e" * 64


def refusal(world: World, envelope: SignedEnvelope) -> str:
    """The code of the refusal; the plant is untouched and the ledger heard of it."""
    before = world.powers(), world.node().resource_version
    with pytest.raises(RanwrightError) as caught:
        world.execute(envelope)
    assert (world.powers(), world.node().resource_version) == before
    key = f"refused:{envelope.digest}:{caught.value.code}"
    entry = eventually(lambda: LedgerReader.of(world.site).find(key), "the refusal is recorded")
    assert entry.record.kind is RecordKind.ACTION_REFUSED
    return caught.value.code


CASES: list[tuple[str, Changes]] = [
    ("certificate.expired", lambda w, s: {"expires_at": now().wall_time - timedelta(seconds=1)}),
    (
        "certificate.not_yet_valid",
        lambda w, s: {
            "issued_at": now().model_copy(
                update={"wall_time": now().wall_time + timedelta(seconds=200)}
            )
        },
    ),
    (
        "certificate.valid_too_long",
        lambda w, s: {"expires_at": now().wall_time + timedelta(seconds=3000)},
    ),
    ("policy.changed", lambda w, s: {"policy_digest": OTHER}),
    ("approval.other_verdict", lambda w, s: {"verdict_digest": OTHER}),
    ("approval.other_trace", lambda w, s: {"trace_id": "trace-2"}),
    ("approval.other_plan", lambda w, s: {"approval": {"plan_digest": OTHER}}),
    ("approval.denied", lambda w, s: {"approval": {"decision": "denied"}}),
    ("approval.person_required", lambda w, s: {"plan": make_plan(s, {1: 38_000})}),
    (
        "certificate.inconsistent",
        lambda w, s: {"baseline": s.model_copy(update={"window_ms": 999})},
    ),
    (
        "certificate.guard_rail_missing",
        lambda w, s: {"requirements": make_requirements()[:1]},
    ),
    (
        "action.unknown_cell",
        lambda w, s: {"plan": make_plan(s, {9: 21_000})},
    ),
    (
        "action.unknown_parameter",
        lambda w, s: {"plan": other_parameter(s, "NRSectorCarrier.arfcnDL")},
    ),
    (
        "action.too_many_cells",
        lambda w, s: {
            "plan": make_plan(s, {1: 25_000, 2: 18_000, 3: 19_000}),
            "approval": {"approved_by": "ada"},
        },
    ),
    ("action.outside_envelope", lambda w, s: {"envelope": ()}),
    (
        "action.outside_envelope",
        lambda w, s: {
            "envelope": tuple(
                v.model_copy(update={"upper_mw": 29_999}) for v in make_certificate(w, s).envelope
            )
        },
    ),
    ("action.off_grid", lambda w, s: {"envelope": coarse(w, s)}),
    ("action.unknown_parameter", lambda w, s: {"plan": other_parameter(s, "NRSectorCarrier.x")}),
    (
        "action.step_too_large",
        lambda w, s: {"plan": make_plan(s, {1: 40_000}), "approval": {"approved_by": "ada"}},
    ),
    ("action.no_change", lambda w, s: {"plan": make_plan(s, {1: 20_000})}),
    ("action.other_node", lambda w, s: {"node_name": "plain-00000000"}),
    ("action.other_network", lambda w, s: other_network(s)),
    ("plan.stale", lambda w, s: stale(s)),
    ("plan.stale_value", lambda w, s: other_value(s)),
    ("certificate.other_watch", lambda w, s: {"watch": unwatched(w, s)}),
    ("certificate.other_stages", lambda w, s: staged(w, s, lambda a, b: (b,))),
    ("certificate.other_stages", lambda w, s: staged(w, s, lambda a, b: (a,))),
    ("certificate.other_stages", lambda w, s: staged(w, s, lambda a, b: (b, a))),
    ("certificate.other_stages", lambda w, s: staged(w, s, lambda a, b: (a, a, b))),
    ("certificate.other_stages", lambda w, s: {"stages": at_once(w, s)}),
    ("certificate.other_stages", lambda w, s: staged(w, s, another_cell)),
    ("certificate.other_stages", lambda w, s: staged(w, s, a_detour)),
    ("certificate.other_stages", lambda w, s: staged(w, s, a_short_look)),
    ("certificate.other_stages", lambda w, s: staged(w, s, without_forecast)),
    ("certificate.other_stages", lambda w, s: staged(w, s, impossible)),
    ("certificate.other_stages", lambda w, s: {"watch": more_false_alarms(w, s)}),
    ("certificate.other_fallback", lambda w, s: {"watch": other_fallback(w, s, 40_999)}),
    ("certificate.other_fallback", lambda w, s: {"watch": other_fallback(w, s, None)}),
    ("action.off_grid", lambda w, s: {"envelope": coarse_for_halfway(w, s)}),
    ("precondition.drift", lambda w, s: slower(s)),
    ("precondition.ue_lost", lambda w, s: extra_ue(s)),
]


def coarse(w: World, s: NetworkSnapshot) -> Any:
    return tuple(v.model_copy(update={"step_db": 1.0}) for v in make_certificate(w, s).envelope)


def other_parameter(s: NetworkSnapshot, name: str) -> Any:
    plan = make_plan(s)
    changes = tuple(c.model_copy(update={"parameter": name}) for c in plan.changes)
    return plan.model_copy(update={"changes": changes})


def rebased(snapshot: NetworkSnapshot) -> dict[str, Any]:
    return {"baseline": snapshot, "plan": make_plan(snapshot)}


def other_network(s: NetworkSnapshot) -> dict[str, Any]:
    other = s.model_copy(update={"scenario_digest": OTHER})
    return {**rebased(other), "scenario_digest": OTHER}


def stale(s: NetworkSnapshot) -> dict[str, Any]:
    return rebased(s.model_copy(update={"resource_version": s.resource_version - 1}))


def other_value(s: NetworkSnapshot) -> dict[str, Any]:
    first = s.cells[0]
    configuration = first.configuration.model_copy(update={"configured_max_tx_power_mw": 21_000})
    cells = (first.model_copy(update={"configuration": configuration}), *s.cells[1:])
    return rebased(s.model_copy(update={"cells": cells}))


def unwatched(w: World, s: NetworkSnapshot) -> Any:
    watch = make_certificate(w, s).watch
    return watch.model_copy(
        update={"timing": watch.timing.model_copy(update={"effect_deadline_ms": 10**9})}
    )


def staged(w: World, s: NetworkSnapshot, change: Callable[[Stage, Stage], Any]) -> dict[str, Any]:
    canary, rest = make_stages(make_plan(s), make_requirements(), w.policy())
    return {"stages": change(canary, rest)}


def at_once(w: World, s: NetworkSnapshot) -> tuple[Stage, ...]:
    """The whole plan without canaries."""
    rest = make_stages(make_plan(s), make_requirements(), w.policy())[-1]
    return (rest.model_copy(update={"changes": make_plan(s).changes}),)


def another_cell(canary: Stage, rest: Stage) -> tuple[Stage, ...]:
    third = ParameterChange(cell_id=3, from_mw=20_000, to_mw=21_000)
    return canary, rest.model_copy(update={"changes": (*rest.changes, third)})


def a_detour(canary: Stage, rest: Stage) -> tuple[Stage, ...]:
    """Cell 1 to 32 W before it comes to 30 W."""
    there = canary.changes[0].model_copy(update={"to_mw": 32_000})
    back = rest.changes[0].model_copy(update={"from_mw": 32_000})
    return (
        canary.model_copy(update={"changes": (there,)}),
        rest.model_copy(update={"changes": (back, *rest.changes[1:])}),
    )


def a_short_look(canary: Stage, rest: Stage) -> tuple[Stage, ...]:
    return canary.model_copy(update={"window_ms": 200}), rest


def without_forecast(canary: Stage, rest: Stage) -> tuple[Stage, ...]:
    return canary.model_copy(update={"forecasts": canary.forecasts[:1]}), rest


def impossible(canary: Stage, rest: Stage) -> tuple[Stage, ...]:
    turned = tuple(f.model_copy(update={"low": 2e9}) for f in canary.forecasts)
    return canary.model_copy(update={"forecasts": turned}), rest


def more_false_alarms(w: World, s: NetworkSnapshot) -> Any:
    watch = make_certificate(w, s).watch
    forecast = watch.forecast.model_copy(update={"false_alarm_probability": 0.05})
    return watch.model_copy(update={"forecast": forecast})


def other_fallback(w: World, s: NetworkSnapshot, power_mw: int | None) -> Any:
    """Another power, or ``None`` for one cell only."""
    watch = make_certificate(w, s).watch
    first = watch.fallback[0]
    other = first if power_mw is None else first.model_copy(update={"to_mw": power_mw})
    rest = watch.fallback[1:] if power_mw is not None else ()
    return watch.model_copy(update={"fallback": (other, *rest)})


def coarse_for_halfway(w: World, s: NetworkSnapshot) -> Any:
    """A grid of 1.7609 dB, on which 20 W and 30 W lie and 25 W does not."""
    variables = make_certificate(w, s).envelope
    return tuple(
        v.model_copy(update={"upper_mw": 30_000, "step_db": 1.760913}) if v.cell_id == 1 else v
        for v in variables
    )


def slower(s: NetworkSnapshot) -> dict[str, Any]:
    ues = tuple(u.model_copy(update={"throughput_mbps": u.throughput_mbps * 2}) for u in s.ues)
    return rebased(s.model_copy(update={"ues": ues}))


def extra_ue(s: NetworkSnapshot) -> dict[str, Any]:
    return rebased(
        s.model_copy(update={"ues": (*s.ues, s.ues[0].model_copy(update={"ue_id": 99}))})
    )


@pytest.mark.parametrize(("code", "changes"), CASES, ids=[c for c, _ in CASES])
def test_a_wrong_certificate_is_refused(shared_world: World, code: str, changes: Changes) -> None:
    snapshot = shared_world.snapshot()
    values = changes(shared_world, snapshot)
    certificate = make_certificate(shared_world, snapshot, **values)
    assert refusal(shared_world, sign_certificate(shared_world, certificate)) == code


def test_a_certificate_signed_by_another_role_is_refused(shared_world: World) -> None:
    certificate = make_certificate(shared_world, shared_world.snapshot())
    for role in ("approver", "actuator", "ledger", "plant"):
        signer = keys.load_signer(shared_world.site, role)
        envelope = sign(certificate, CERTIFICATE_PAYLOAD_TYPE, signer)
        assert refusal(shared_world, envelope) == "signature.wrong_role"


def test_a_forged_certificate_is_refused(shared_world: World, world: World) -> None:
    """Signed by the verifier of another site: right in everything but unknown here."""
    certificate = make_certificate(shared_world, shared_world.snapshot())
    signer = keys.load_signer(world.site, "verifier")
    envelope = sign(certificate, CERTIFICATE_PAYLOAD_TYPE, signer)
    assert refusal(shared_world, envelope) == "key.unknown"


def test_an_approval_by_another_role_is_refused(shared_world: World) -> None:
    certificate = make_certificate(shared_world, shared_world.snapshot())
    mixed = certificate.model_copy(update={"approval": sign_certificate(shared_world, certificate)})
    envelope = sign_certificate(shared_world, mixed)
    assert refusal(shared_world, envelope) == "signature.wrong_type"


def test_every_edit_of_a_signed_certificate_is_refused(shared_world: World) -> None:
    certificate = make_certificate(shared_world, shared_world.snapshot())
    envelope = sign_certificate(shared_world, certificate)
    content = json.loads(base64.b64decode(envelope.payload))
    edits = [
        envelope.model_copy(
            update={"payload": base64.b64encode(json.dumps(edited).encode()).decode()}
        )
        for _, edited in mutations(content)
    ]
    outer = [m for _, m in mutations(envelope.model_dump(mode="json"))]
    edits += [SignedEnvelope.model_validate(m) for m in outer]
    assert len(edits) > 150
    before = shared_world.node()
    for edit in edits:
        with pytest.raises(RanwrightError) as caught:
            shared_world.execute(edit)
        assert caught.value.code.split(".")[0] in ("signature", "key"), caught.value.code
    assert shared_world.node().resource_version == before.resource_version


@pytest.mark.parametrize("nonsense", [None, 7, "x", [], {}, {"payload": "e30="}])
def test_nonsense_is_refused(shared_world: World, nonsense: Any) -> None:
    for _ in range(2):  # a refusal is final
        with pytest.raises(RanwrightError) as caught:
            shared_world.deliver(nonsense)
        assert caught.value.code == "signature.malformed"


def test_observing_needs_sensible_numbers(shared_world: World) -> None:
    seen = shared_world.call("actuator", "observe", {"reports": 3, "period_ms": 100})
    node = shared_world.node()
    payload = verify(
        SignedEnvelope.model_validate(seen["snapshot"]),
        SNAPSHOT_PAYLOAD_TYPE,
        "actuator",
        keys.load_trust(shared_world.site),
        now().wall_time,
    )
    observation = Observation.parse(payload)
    assert observation.node_name == node.node_name
    assert (observation.snapshot.window_ms, observation.snapshot.reports) == (300, 3)
    assert observation.snapshot.resource_version == node.resource_version
    for reports in (0, -1, 10**9, True, "3", None):
        with pytest.raises(RanwrightError) as caught:
            shared_world.call("actuator", "observe", {"reports": reports, "period_ms": 100})
        assert caught.value.code == "rpc.bad_params"


def test_a_used_certificate_is_answered_and_its_plan_refused(world: World) -> None:
    world.start_all()
    snapshot = world.snapshot()
    certificate = make_certificate(world, snapshot)
    envelope = sign_certificate(world, certificate)
    receipt = world.execute(envelope)
    assert receipt.status == "fulfilled"
    sent = world.changes()
    assert world.execute(envelope) == receipt
    again = sign_certificate(world, make_certificate(world, snapshot))
    assert refusal(world, again) == "plan.used"
    edited = sign_certificate(world, certificate.model_copy(update={"trace_id": "trace-2"}))
    assert refusal(world, edited) == "certificate.used"
    world.stop("actuator", kill=True)
    world.start_actuator()
    assert world.execute(envelope) == receipt
    assert world.changes() == sent
    refused = f"refused:{envelope.digest}:certificate.used"
    assert LedgerReader.of(world.site).find(refused) is None


def test_nothing_of_an_earlier_life_of_the_node_acts(world: World) -> None:
    """The plant begins anew, at the same version and values: certificate and way back are void."""
    world.start_all()
    begun = world.node()
    late = sign_certificate(world, make_certificate(world, world.snapshot()))
    fresh_start(world)
    assert world.node().resource_version == begun.resource_version
    assert refusal(world, late) == "action.other_node"

    certificate = make_certificate(world, world.snapshot())
    assert world.execute(sign_certificate(world, certificate)).status == "fulfilled"
    fresh_start(world)
    with pytest.raises(RanwrightError) as caught:
        world.call("actuator", "rollback", {"certificate_id": certificate.certificate_id})
    assert caught.value.code == "rollback.other_node"
    assert set(world.powers().values()) == {20_000}


def fresh_start(world: World) -> None:
    world.stop("plant")
    world.site.plant_state.unlink()
    world.start_plant()


def test_a_second_action_meanwhile_is_refused(world: World) -> None:
    world.start_all()
    snapshot = world.snapshot()
    first = sign_certificate(world, make_certificate(world, snapshot))
    second = sign_certificate(world, make_certificate(world, snapshot))
    codes = []

    def interfere(progress: dict[str, Any]) -> None:
        if progress["stage"] == "acknowledged":
            with pytest.raises(RanwrightError) as caught:
                world.execute(second)
            codes.append(caught.value.code)

    assert world.execute(first, interfere).status == "fulfilled"
    assert codes == 2 * ["action.overlapping"]


def test_revoked_and_retired_keys_are_refused(world: World) -> None:
    world.start_all()
    snapshot = world.snapshot()
    old = sign_certificate(world, make_certificate(world, snapshot))
    keys.rotate(world.site, "verifier")
    assert refusal(world, old) == "key.retired"
    new = sign_certificate(world, make_certificate(world, snapshot))
    keys.revoke(world.site, "verifier", "lost")
    assert refusal(world, new) == "key.revoked"
    keys.rotate(world.site, "verifier")
    approved = sign_certificate(world, make_certificate(world, snapshot))
    keys.revoke(world.site, "approver", "lost")
    assert refusal(world, approved) == "key.revoked"


def test_an_older_trust_store_is_refused(world: World) -> None:
    world.start_all()
    old = world.site.trust.read_bytes()
    snapshot = world.snapshot()
    first, second, third, fourth = (
        sign_certificate(world, make_certificate(world, snapshot)) for _ in range(4)
    )
    keys.revoke(world.site, "verifier", "lost")
    assert refusal(world, first) == "key.revoked"
    world.site.trust.write_bytes(old)
    assert refusal(world, second) == "trust.rolled_back"
    world.site.trust.write_bytes(old.replace(b"a", b"b", 1))
    assert refusal(world, third) == "trust.tampered"
    world.site.trust.unlink()
    assert refusal(world, fourth) == "trust.missing"


def test_without_a_valid_policy_nothing_acts(world: World) -> None:
    world.start_all()
    snapshot = world.snapshot()
    first, second, third = (
        sign_certificate(world, make_certificate(world, snapshot)) for _ in range(3)
    )
    good = world.site.policy.read_bytes()
    changed = {**POLICY, "action": {**POLICY["action"], "max_changed_cells": 3}}
    world.site.policy.write_text(yaml.safe_dump(changed))
    assert refusal(world, first) == "policy.changed"
    world.site.policy.write_text("guard_rails: none")
    assert refusal(world, second) == "policy.malformed"
    world.site.policy.unlink()
    assert refusal(world, third) == "policy.missing"
    world.site.policy.write_bytes(good)
    assert refusal(world, first) == "policy.changed", "a refusal is final"


def test_a_silent_plant_is_not_acted_on(world: World) -> None:
    world.start_all()
    envelope = sign_certificate(world, make_certificate(world, world.snapshot()))
    world.fault(reports="silent")
    assert refusal(world, envelope) == "precondition.silence"
