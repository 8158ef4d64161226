"""Activations as people read them: who may move what, how far, and what is kept at the worst."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agents.service.activations import ActivationOutcome
from contracts.activation import ActivationPlan
from contracts.kpi import CATALOGUE
from contracts.requirement import Condition
from contracts.units import mw_to_dbm
from contracts.verdict import Verdict

_LOOKS = {
    "live": ("green", "LIVE"),
    "suspended": ("yellow", "SUSPENDED"),
    "awaiting_approval": ("cyan", "WAITS FOR APPROVAL"),
    "not_proven": ("yellow", "CANNOT BE PROVEN"),
    "denied": ("red", "DENIED"),
}
_UNITS = {"mbps": "Mbit/s", "w": "W", "percent": "%"}


def activation_panel(outcome: ActivationOutcome) -> Panel:
    """An activation in one panel."""
    colour, title = _LOOKS.get(outcome.status, ("red", outcome.status.upper()))
    return Panel(
        Group(*_parts(outcome)),
        title=f"[bold {colour}]{title}[/]",
        subtitle=f"[dim]trace {outcome.trace_id}[/]",
        border_style=colour,
        padding=(1, 2),
    )


def activations_table(found: Sequence[dict[str, Any]]) -> Table:
    """All activations, one a line."""
    table = Table()
    for column in ("activation", "trace", "status", "moves", "powers", "expires", "reason"):
        table.add_column(column, justify="right" if column == "moves" else "left")
    for entry in found:
        powers = ", ".join(f"{c}: {mw_to_dbm(mw):.1f} dBm" for c, mw in _powers(entry))
        table.add_row(
            entry["activation_id"],
            entry["trace_id"],
            entry["status"],
            str(entry["moves"]),
            powers,
            str(entry["expires_at"]),
            entry["reason"],
        )
    return table


def _powers(entry: dict[str, Any]) -> list[tuple[str, int]]:
    """JSON has no whole numbers as keys."""
    return sorted((entry["powers_mw"] or {}).items(), key=lambda item: int(item[0]))


def _parts(outcome: ActivationOutcome) -> Iterator[RenderableType]:
    yield Text(outcome.reason)
    if outcome.remedy:
        yield Text(f"→ {outcome.remedy}", style="dim")
    plan = outcome.plan
    yield Text(
        f"{plan.holder.name} {plan.holder.version}, {plan.objective.replace('_', ' ')},"
        f" priority {plan.priority}, for {plan.validity_s} s"
    )
    yield Text()
    yield _envelope(plan)
    if outcome.verdict.intervals:
        yield Text()
        yield _promises(plan, outcome.verdict)
    yield Text()
    for check in outcome.verdict.checks:
        mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
        yield Text.from_markup(f"{mark} {check.name}  [dim]{escape(check.reason)}[/]", emoji=False)
    if outcome.activation_id:
        yield Text()
        yield Text(f"End it: ranwright deactivate {outcome.activation_id}", style="bold")


def _envelope(plan: ActivationPlan) -> Table:
    table = Table(title="May move", title_justify="left")
    for column in ("cell", "lower", "base", "upper"):
        table.add_column(column, justify="right")
    for v in plan.envelope:
        ends = (v.lower_mw, v.current_mw, v.upper_mw)
        table.add_row(str(v.cell_id), *(f"{mw_to_dbm(mw):.1f} dBm  {mw} mW" for mw in ends))
    total_mw = plan.max_total_power_mw
    table.caption = f"together at most {mw_to_dbm(total_mw):.1f} dBm, {total_mw} mW"
    return table


def _promises(plan: ActivationPlan, verdict: Verdict) -> Table:
    table = Table(title="Keeps, whatever is set", title_justify="left")
    table.add_column("promise", ratio=1)
    for column in ("worst case (95 %)", "allowed"):
        table.add_column(column, justify="right", no_wrap=True)
    for promise, interval in zip(plan.promises, verdict.intervals, strict=True):
        r = promise.requirement
        at_least = r.condition is Condition.AT_LEAST
        worst = interval.after_low if at_least else interval.after_high
        unit = _UNITS[CATALOGUE[r.kpi].unit]
        allowed = r.threshold(promise.before_in_kpi_unit)
        sign = "≥" if at_least else "≤"
        table.add_row(r.describe(), f"{worst:.2f} {unit}", f"{sign} {allowed:.2f} {unit}")
    return table
