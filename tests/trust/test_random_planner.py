"""A planner gone mad, in small: nothing outside the policy reaches the plant, or it would show."""

import pytest

from benchmarks.random_planner import SCENARIO, Siege, besieged, breach_of
from contracts.action import ActionPlan, ParameterChange
from contracts.e2.ccc.control import CELL_STYLE, ControlHeader
from contracts.e2.credential import seal
from contracts.e2.node_configuration import powers_message
from contracts.keys import load_signer, load_trust
from contracts.ledger.audit import verify_ledger
from contracts.site import Site
from tests.xapps.platform.waits import wait_until
from twins.scenario import load_scenario

PLANS = 300


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_no_out_of_policy_action_reaches_the_plant(tmp_path):
    with besieged(Site(tmp_path), seed=2) as siege:
        siege.batch(PLANS)
        audit = siege.audit()
        assert audit.out_of_policy == ()
        assert audit.in_policy == audit.controls >= 2, "lawful plans do move the plant"
        assert siege.findings.let_through == []
        assert siege.findings.defects == []
        assert siege.findings.plans >= PLANS
        doors = {"verify", "certify", "approve", "execute", "rollback", "plant", "lawful"}
        assert set(siege.findings.codes) == doors
        verify_ledger(siege.site.ledger, siege.site.objects, load_trust(siege.site)).require_ok()

        control_the_plant_without_a_certificate(siege)
        found = siege.audit().out_of_policy
        assert len(found) == 2
        assert "no certificate" in found[0]
        assert "certificates lead to" in found[1]


def control_the_plant_without_a_certificate(siege: Siege) -> None:
    """What only a thief of the actuator's key could do."""
    node = siege.doors.node()
    grid = siege.scenario.equipment.grid_mw()
    present = node.cells[0].configured_max_tx_power_mw
    change = ParameterChange(
        cell_id=node.cells[0].cell_id,
        from_mw=present,
        to_mw=grid[0] if present != grid[0] else grid[1],
    )
    header = ControlHeader.of(CELL_STYLE).encode()
    message = powers_message(node, node.resource_version, (change,)).encode()
    signer = load_signer(siege.site, "actuator")
    credential = seal(node.node_name, "0" * 32, header, message, signer)
    stranger = siege.doors.stranger
    controls = siege.audit().controls
    stranger.send_as_actuator(stranger.control(header, message, credential))
    wait_until(lambda: siege.doors.node().resource_version > node.resource_version)
    wait_until(lambda: siege.audit().controls > controls)  # the plant logs what it took just after


def test_the_judge_of_plans_knows_every_limit(policy):
    scenario = load_scenario(SCENARIO)
    grid = scenario.equipment.grid_mw()
    top = grid[-1]
    powers = dict.fromkeys(scenario.cell_ids, top)

    def breach(*changes: ParameterChange) -> str | None:
        plan = ActionPlan(
            problem_digest="p", snapshot_digest="s", resource_version=0, changes=changes
        )
        return breach_of(plan, policy, scenario, powers)

    def change(cell: int = 1, to_mw: int = grid[-2], **more: str) -> ParameterChange:
        return ParameterChange(cell_id=cell, from_mw=top, to_mw=to_mw, **more)

    assert breach(change()) is None
    for wrong, why in (
        ((change(cell=9),), "may not be changed"),
        ((change(to_mw=grid[-2] - 1),), "not on the grid"),
        ((change(to_mw=grid[0]),), "too large a step"),
        ((change(parameter="NRCellDU.nRPCI"),), "may not be set"),
        (tuple(change(cell=c) for c in (1, 2, 3, 4)), "too many cells"),
    ):
        found = breach(*wrong)
        assert found is not None
        assert why in found
