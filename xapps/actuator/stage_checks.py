"""What must hold of a certificate's stages and powers of last resort, one check a function.

The verifier made them; the actuator believes none of it. Raised codes as in
:mod:`xapps.actuator.checks`.
"""

import math
from collections.abc import Mapping
from itertools import pairwise

from contracts.action import ParameterChange
from contracts.certificate import Certificate
from contracts.errors import RanwrightError
from contracts.policy import Policy
from contracts.power_grid import is_on_grid
from contracts.problem import PowerVariable
from contracts.risk import within_step
from contracts.stages import Stage
from xapps.actuator.course import stages_of


def staged(certificate: Certificate, policy: Policy) -> None:
    """Together the plan, in the order and steps, and watched for the time, that the policy says.
    Codes: ``certificate.other_stages``, ``action.step_too_large``, and those of
    :func:`inside_envelope`.
    """
    stages, rules = stages_of(certificate), policy.stages
    _require_whole_plan(certificate)
    _require_canaries(certificate, rules.canary_cells)
    domains = {v.cell_id: v for v in certificate.envelope}
    for change in (c for s in stages for c in s.changes):
        inside_envelope(change, domains)
        if not within_step(change, rules.max_step_db):
            raise step_too_large(change, rules.max_step_db)
    windows_ms = [s.window_ms for s in stages]
    expected_ms = [rules.window_ms] * (len(stages) - 1) + [policy.certificate.watch_window_ms]
    if windows_ms != expected_ms:
        raise _other_stages(f"they are watched for {windows_ms} ms, not {expected_ms} ms")


def foretold(certificate: Certificate, policy: Policy) -> None:
    """Every stage has a finite forecast of every watched KPI, with the policy's rate of false
    alarms. Code: ``certificate.other_stages``.
    """
    rate = certificate.watch.forecast.false_alarm_probability
    if rate != policy.forecast.false_alarm_probability:
        raise _other_stages(f"its rate of false alarms, {rate:g}, is not the policy's")
    watched = {(r.requirement.kpi, r.requirement.cells) for r in certificate.watch.requirements}
    for stage in stages_of(certificate):
        if missing := watched - _forecast_kpis(stage):
            raise _other_stages(f"a stage has no forecast of {sorted(k for k, _ in missing)}")


def fallback_as_policy(certificate: Certificate, policy: Policy) -> None:
    """The powers of last resort are the policy's, for exactly the cells of the plan. Code:
    ``certificate.other_fallback``.
    """
    power_mw = policy.stages.fallback_tx_power_mw
    expected = {(c.cell_id, c.parameter, c.to_mw, power_mw) for c in certificate.plan.changes}
    found = [(c.cell_id, c.parameter, c.from_mw, c.to_mw) for c in certificate.watch.fallback]
    if len(found) != len(expected) or set(found) != expected:
        raise refused(
            "certificate.other_fallback",
            f"Its powers of last resort are not the policy's {power_mw} mW for the plan's cells.",
        )


def inside_envelope(change: ParameterChange, domains: Mapping[int, PowerVariable]) -> None:
    """A change, inside the signed envelope and on its grid. Codes: ``action.no_change``,
    ``action.outside_envelope``, ``action.off_grid``.
    """
    name, domain = described(change), domains.get(change.cell_id)
    if change.from_mw == change.to_mw:
        raise refused("action.no_change", f"{name} changes nothing.")
    if domain is None or not domain.lower_mw <= change.to_mw <= domain.upper_mw:
        raise refused("action.outside_envelope", f"{name} leaves the signed envelope.")
    if not is_on_grid(change.to_mw, domain.top_mw, domain.step_db):
        raise refused(
            "action.off_grid", f"{name} is not on the envelope's {domain.step_db:g} dB grid."
        )


def described(change: ParameterChange) -> str:
    """A change in one line for people."""
    return f"cell {change.cell_id}: {change.from_mw} mW to {change.to_mw} mW"


def step_too_large(change: ParameterChange, max_step_db: float) -> RanwrightError:
    """The refusal of a step beyond a limit of the policy."""
    return refused("action.step_too_large", f"{described(change)} is over {max_step_db:g} dB.")


def refused(code: str, message: str) -> RanwrightError:
    """A refusal after which only a new plan helps."""
    return RanwrightError(code, message, "Take a fresh snapshot and plan again.")


def _require_whole_plan(certificate: Certificate) -> None:
    """Each cell goes from the plan's start straight to the plan's end, and no other cell moves."""
    stages, plan = stages_of(certificate), certificate.plan.changes
    if any(len({c.cell_id for c in s.changes}) < len(s.changes) for s in stages):
        raise _other_stages("a stage sets a cell twice")
    steps = [c for s in stages for c in s.changes]
    if not {(c.cell_id, c.parameter) for c in steps} <= {(c.cell_id, c.parameter) for c in plan}:
        raise _other_stages("they set what the plan does not")
    for change in plan:
        own = [c for c in steps if c.cell_id == change.cell_id]
        values = [change.from_mw, *(c.to_mw for c in own)]
        linked = [c.from_mw for c in own] == values[:-1] and values[-1] == change.to_mw
        up = change.to_mw > change.from_mw
        if not linked or any((b > a) != up or a == b for a, b in pairwise(values)):
            raise _other_stages(f"they do not lead straight along {described(change)}")


def _require_canaries(certificate: Certificate, canary_cells: int) -> None:
    cells = len(certificate.plan.changes)
    first = len(stages_of(certificate)[0].changes)
    expected = canary_cells if 0 < canary_cells < cells else cells
    if first != expected:
        raise _other_stages(f"{first} of {cells} cells begin, not {expected}")


def _forecast_kpis(stage: Stage) -> set[tuple[object, tuple[int, ...]]]:
    return {
        (f.kpi, f.cells)
        for f in stage.forecasts
        if math.isfinite(f.low) and math.isfinite(f.high) and f.low <= f.high
    }


def _other_stages(why: str) -> RanwrightError:
    return refused("certificate.other_stages", f"The stages are not as the policy says: {why}.")
