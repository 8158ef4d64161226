"""What a problem may say about cells: nothing that the verifier would not say itself."""

import math

from contracts.action import ActionPlan
from contracts.dictionary.profile import EquipmentProfile
from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.policy import Policy
from contracts.problem import PowerVariable, Problem

_NEED_NO_UES = (Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER)


def require_measurable(problem: Problem, snapshot: NetworkSnapshot) -> None:
    """Every requirement speaks of known cells, and UE KPIs of cells that serve a UE.

    Raises:
        RanwrightError: ``verify.unknown_cell`` or ``verify.cell_without_ues``.
    """
    for requirement in (s.requirement for s in problem.requirements):
        if unknown := sorted(set(requirement.cells) - set(snapshot.cell_ids)):
            raise RanwrightError(
                "verify.unknown_cell",
                f"{requirement.describe()}: the snapshot has no cells {unknown}.",
                "Name cells of the snapshot.",
            )
        if requirement.kpi not in _NEED_NO_UES and not snapshot.cohort(requirement.cells):
            raise RanwrightError(
                "verify.cell_without_ues",
                f"{requirement.describe()}: these cells serve no UE.",
                "Name cells that carry traffic.",
            )


def certified_domains(
    problem: Problem,
    plan: ActionPlan,
    snapshot: NetworkSnapshot,
    equipment: EquipmentProfile,
    policy: Policy,
) -> tuple[PowerVariable, ...]:
    """The domains of the cells that change: they become the certificate's envelope.

    Raises:
        RanwrightError: ``certify.other_domain`` where one is wider than equipment, policy and
            snapshot allow, or is missing, or stands twice.
    """
    changed = {c.cell_id for c in plan.changes}
    domains = tuple(v for v in problem.variables if v.cell_id in changed)
    wrong = [v.cell_id for v in domains if not _allowed(v, snapshot, equipment, policy)]
    if wrong or sorted(v.cell_id for v in domains) != sorted(changed):
        raise RanwrightError(
            "certify.other_domain",
            f"The domains of cells {wrong or sorted(changed)} are not those of equipment and"
            " policy.",
            "Formulate the problem again.",
        )
    return domains


def _allowed(
    variable: PowerVariable,
    snapshot: NetworkSnapshot,
    equipment: EquipmentProfile,
    policy: Policy,
) -> bool:
    grid, power = equipment.grid_mw(), equipment.configured_max_tx_power
    ends_mw = (variable.lower_mw, variable.upper_mw)
    # grid values are whole milliwatts, which moves a step by up to 0.01 dB
    furthest_db = max(abs(10.0 * math.log10(mw / variable.current_mw)) for mw in ends_mw)
    return (
        snapshot.tx_power_mw.get(variable.cell_id) == variable.current_mw
        and all(mw in grid for mw in ends_mw)
        and (variable.step_db, variable.top_mw) == (power.step_db, power.max_mw)
        and furthest_db <= policy.action.max_step_db + 0.01
    )
