"""What a signed envelope lets through: pure checks of moves, and of what is read back."""

from collections.abc import Mapping

from contracts.action import ParameterChange
from contracts.activation import ActivationPlan
from contracts.errors import RanwrightError
from contracts.problem import PowerVariable


def changes_of(
    plan: ActivationPlan, wanted_mw: Mapping[int, int], present_mw: Mapping[int, int]
) -> tuple[ParameterChange, ...]:
    """What a move changes, when every part of it is inside the envelope.

    Args:
        plan: holds the envelope.
        wanted_mw: the powers asked for, by cell.
        present_mw: the powers in force, of all cells of the envelope at least.

    Returns:
        Only cells whose power changes; none where all is as asked for.

    Raises:
        RanwrightError: ``move.outside_envelope``, ``move.off_grid``, ``move.total_power``.
    """
    domains = {v.cell_id: v for v in plan.envelope}
    for cell, power_mw in wanted_mw.items():
        if (why := _fault(domains.get(cell), power_mw)) is not None:
            code, said = why
            raise refused(f"move.{code}", f"Cell {cell} at {power_mw} mW {said}.")
    after_mw = {c: wanted_mw.get(c, present_mw[c]) for c in domains}
    if (total_mw := sum(after_mw.values())) > plan.max_total_power_mw:
        raise refused(
            "move.total_power",
            f"It sums up to {total_mw} mW, more than {plan.max_total_power_mw} mW.",
        )
    return tuple(
        ParameterChange(cell_id=c, from_mw=present_mw[c], to_mw=mw)
        for c, mw in after_mw.items()
        if mw != present_mw[c]
    )


def why_outside(plan: ActivationPlan, present_mw: Mapping[int, int]) -> str | None:
    """Why powers that were read back are not what moves inside the envelope can have made."""
    for domain in plan.envelope:
        power_mw = present_mw.get(domain.cell_id)
        if power_mw is None:
            return f"cell {domain.cell_id} is gone"
        if (why := _fault(domain, power_mw)) is not None:
            return f"cell {domain.cell_id} at {power_mw} mW {why[1]}"
    total_mw = sum(present_mw[v.cell_id] for v in plan.envelope)
    if total_mw > plan.max_total_power_mw:
        return f"its cells sum up to {total_mw} mW, more than {plan.max_total_power_mw} mW"
    return None


def refused(code: str, message: str) -> RanwrightError:
    """The refusal of a move; the xApp may ask for another."""
    return RanwrightError(code, message, "Ask for powers inside the envelope.")


def _fault(domain: PowerVariable | None, power_mw: int) -> tuple[str, str] | None:
    if domain is None:
        return "outside_envelope", "is no cell of the envelope"
    if not domain.lower_mw <= power_mw <= domain.upper_mw:
        return "outside_envelope", f"leaves {domain.lower_mw} to {domain.upper_mw} mW"
    if not domain.is_settable(power_mw):
        return "off_grid", f"is not on the envelope's {domain.step_db:g} dB grid"
    return None
