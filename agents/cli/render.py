"""Decisions as people read them: asked, done, predicted against measured, why, how to undo."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agents.service.traces import TraceVerification
from contracts.certificate import Receipt
from contracts.decision import Decision, KpiComparison, Outcome
from contracts.kpi import CATALOGUE
from contracts.units import mw_to_dbm, mw_to_w

_LOOKS = {
    Outcome.FULFILLED: ("bold green", "FULFILLED"),
    Outcome.ALREADY_FULFILLED: ("bold green", "ALREADY FULFILLED"),
    Outcome.REFUSED: ("bold red", "REFUSED"),
    Outcome.INFEASIBLE: ("bold yellow", "CANNOT BE DONE"),
    Outcome.CLARIFICATION_NEEDED: ("bold cyan", "A QUESTION BACK"),
    Outcome.AWAITING_APPROVAL: ("bold cyan", "WAITS FOR APPROVAL"),
    Outcome.DENIED: ("bold red", "DENIED"),
    Outcome.ROLLED_BACK: ("bold yellow", "ACTED AND ROLLED BACK"),
    Outcome.NOT_APPLIED: ("bold yellow", "NOT APPLIED"),
    Outcome.FALLEN_BACK: ("bold red", "FELL BACK TO POWERS OF LAST RESORT: NEEDS A PERSON"),
    Outcome.FAILED: ("bold red", "FAILED: NEEDS A PERSON NOW"),
}
_UNITS = {"mbps": "Mbit/s", "w": "W", "percent": "%"}


def decision_panel(decision: Decision) -> Panel:
    """A decision in one panel."""
    style, title = _LOOKS[decision.outcome]
    return Panel(
        Group(*_parts(decision)),
        title=f"[{style}]{title}[/]",
        subtitle=f"[dim]trace {decision.trace_id}[/]",
        border_style=style.removeprefix("bold "),
        padding=(1, 2),
    )


def receipt_panel(receipt: Receipt) -> Panel:
    """The receipt of an undo."""
    style = "green" if receipt.status == "rolled_back" else "red"
    return Panel(
        f"{escape(receipt.reason)}\n[dim]{receipt.code}[/]",
        title=f"[bold {style}]{receipt.status.replace('_', ' ').upper()}[/]",
        subtitle=f"[dim]trace {receipt.trace_id}[/]",
        border_style=style,
        padding=(1, 2),
    )


def verification_panel(found: TraceVerification) -> Panel:
    """An audit: how far it vouches, and every problem."""
    audit = found.audit
    lines = [
        f"{audit.leaves} leaves, {audit.checkpoints} checkpoints, {audit.objects} objects and "
        f"{audit.signatures} signatures checked"
    ]
    if audit.vouches_up_to is not None:
        upto = audit.vouches_up_to
        lines.append(f"vouches for the first {upto.tree_size} leaves, root {upto.root_hash[:24]}…")
    if found.trace_id is not None:
        covered = "[green]covered[/]" if found.trace_covered else "[red]not covered[/]"
        lines.append(f"trace {found.trace_id}: {found.leaves_of_trace} leaves, {covered}")
    lines += [
        f"[red]✗ {escape(p.where)}: {escape(p.message)}[/] [dim]{p.code}[/]" for p in audit.problems
    ]
    lines += [f"[dim]{note}[/]" for note in (*audit.notes, *audit.not_covered)]
    style, title = ("green", "HOLDS") if found.passed else ("red", "DOES NOT HOLD")
    return Panel("\n".join(lines), title=f"[bold {style}]{title}[/]", border_style=style)


def _parts(decision: Decision) -> Iterator[RenderableType]:
    yield _line("Asked", f"“{escape(decision.sentence)}”")
    yield _line("Outcome", f"{escape(decision.reason)}  [dim]{decision.code}[/]")
    if decision.remedy:
        yield _line("Next", escape(decision.remedy))
    if decision.changes:
        yield Text()
        yield _changes(decision)
    if decision.comparisons:
        yield Text()
        yield _comparisons(decision.comparisons)
    if decision.checks:
        yield Text()
        yield from _why(decision)
    if decision.evidence:
        yield Text()
        yield from _rules(decision)
    for note in decision.notes:
        yield _line("Note", escape(note))
    if decision.undo_command:
        yield Text()
        yield _line("Undo", f"[bold]{decision.undo_command}[/]  [dim]the way back is certified[/]")
    if decision.figure:
        yield _line("Figure", escape(decision.figure))
    yield _line("Trace", f"ranwright trace explain {decision.trace_id}")


def _line(label: str, text: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=9, style="bold")
    grid.add_column(ratio=1)
    grid.add_row(label, Text.from_markup(text, emoji=False))
    return grid


def _changes(decision: Decision) -> Table:
    table = Table(title="Done" if decision.certificate_id else "Proposed", title_justify="left")
    for column in ("cell", "from", "to", "change"):
        table.add_column(column, justify="right")
    for change in decision.changes:
        before_dbm, after_dbm = mw_to_dbm(change.from_mw), mw_to_dbm(change.to_mw)
        table.add_row(
            str(change.cell_id),
            f"{mw_to_w(change.from_mw):.2f} W  {before_dbm:.1f} dBm",
            f"{mw_to_w(change.to_mw):.2f} W  {after_dbm:.1f} dBm",
            f"{after_dbm - before_dbm:+.1f} dB",
        )
    return table


def _comparisons(comparisons: tuple[KpiComparison, ...]) -> Table:
    table = Table(title="Predicted against measured", title_justify="left")
    table.add_column("requirement", ratio=1)
    for column in ("now", "required", "predicted (90 %)", "measured", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for c in comparisons:
        unit = _UNITS[CATALOGUE[c.kpi].unit]
        mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}[c.met]
        predicted = "–"
        if c.predicted_median is not None:
            predicted = f"{c.predicted_median:.2f} ({c.predicted_low:.2f}–{c.predicted_high:.2f})"
        asked = c.requirement.origin == "intent"
        table.add_row(
            c.requirement.requirement.describe(),
            f"{c.before:.2f} {unit}",
            f"{c.threshold:.2f}",
            predicted,
            "–" if c.measured is None else f"{c.measured:.2f}",
            mark,
            style="bold" if asked else "dim",
        )
    return table


def _why(decision: Decision) -> Iterator[RenderableType]:
    yield Text("Why it was allowed" if decision.certificate_id else "What was checked", "bold")
    for check in decision.checks:
        mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
        yield Text.from_markup(
            f"  {mark} {check.name}  [dim]{escape(check.reason)}[/]", emoji=False
        )
    if decision.bound:
        yield Text.from_markup(
            f"    [dim]conditional on {escape(decision.bound.conditional_on)}[/]"
        )
    if forecast := decision.forecast:
        yield Text.from_markup(
            f"  [green]✓[/] {len(forecast.stages)} stages; a KPI over {forecast.half_widths:.2f}"
            " half-widths from its forecast takes the action back [dim](falsely in at most"
            f" {forecast.false_alarm_probability:.0%} of sound actions, conditional on"
            f" {forecast.conditional_on})[/]"
        )
    if decision.approved_by:
        yield Text.from_markup(
            f"  [green]✓[/] approved by {escape(decision.approved_by)}", emoji=False
        )


def _rules(decision: Decision) -> Iterator[RenderableType]:
    yield Text("Rules relied on", "bold")
    for e in decision.evidence:
        clause = f" §{e.citation.clause}" if e.citation.clause else ""
        limits = (
            f", {e.hard_range[0]:g}..{e.hard_range[1]:g} {e.unit or ''}" if e.hard_range else ""
        )
        yield Text.from_markup(
            f"  {escape(e.parameter_id + limits)}  [dim]{escape(e.citation.spec)}{clause}[/]",
            emoji=False,
        )
