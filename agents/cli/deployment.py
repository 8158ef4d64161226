"""What ``ranwright xapp`` does on a site's RIC: asks, shows what is asked, lets a person decide."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agents.cli.options import caller_name
from agents.cli.output import console, print_json
from contracts.decision import Outcome
from contracts.deployment import Operation
from contracts.site import Site

if TYPE_CHECKING:
    from agents.service.deployment_report import DeploymentReport
    from agents.service.deployments import Deployments

OnSiteOption = Annotated[
    Path | None,
    typer.Option("--site", help="Site whose RIC it is; certified there.", show_default=False),
]


class Approve(StrEnum):
    """Who approves."""

    auto = "auto"
    ask = "ask"


ApproveOption = Annotated[
    Approve, typer.Option(help="With --site; auto: as the policy says; ask: a person does.")
]


def carry_out(
    folder: Path, operation: Operation, name: str, approve: Approve, json: bool, **wanted: Any
) -> None:
    """Ask for something certified, and end with how it went."""
    desk = _desk(Site(folder))
    report = desk.request(operation, name, approve.value, **wanted)
    if report.outcome is Outcome.AWAITING_APPROVAL and not json and console.is_terminal:
        console.print(deployment_panel(report))
        answer = typer.confirm(f"Approve as {caller_name()}?", default=False)
        report = desk.decide(report.trace_id, "approved" if answer else "denied")
    _finish(report, json)


def decide(place: Site, trace_id: str, decision: Literal["approved", "denied"], json: bool) -> None:
    """Decide a waiting request, and end with how it went."""
    _finish(_desk(place).decide(trace_id, decision), json)


def deployment_panel(report: "DeploymentReport") -> Panel:
    """A request: what it is about, every check, how it stands."""
    plan = report.plan
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    rows = {
        "Asked": f"{plan} by {report.requested_by}",
        "Digest": plan.package_digest,
        "Receives": _numbers(plan.received_types),
        "Sends": _numbers(plan.sent_types),
        "A1 policies": _numbers(plan.policy_types),
        "Controls": "the descriptor's" if plan.controls is None else str(plan.controls),
        "Until": "retired by hand" if plan.ends_at is None else plan.ends_at.isoformat(),
    }
    for check in report.checks:
        mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
        rows[f"{mark} {check.name.removeprefix('deployment.')}"] = check.reason
    rows["Approved by"] = report.approved_by or "nobody yet"
    rows["Outcome"] = f"{report.reason} ({report.code})"
    if report.remedy:
        rows["Next"] = report.remedy
    for label, text in rows.items():
        table.add_row(label, Text(text))  # controls and names hold brackets
    good = report.outcome is Outcome.FULFILLED
    waiting = report.outcome is Outcome.AWAITING_APPROVAL
    style = "green" if good else "cyan" if waiting else "red"
    return Panel(
        table,
        title=f"[bold {style}]{report.outcome.replace('_', ' ').upper()}[/]",
        subtitle=f"[dim]trace {report.trace_id}[/]",
        border_style=style,
    )


def _desk(place: Site) -> "Deployments":
    from agents.service.deployments import Deployments

    return Deployments(place, caller_name())


def _finish(report: "DeploymentReport", json: bool) -> None:
    if json:
        print_json(report)
    else:
        console.print(deployment_panel(report))
    raise typer.Exit(int(report.outcome.exit_code))


def _numbers(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers)) or "none"
