"""Commands for auditors: list, show, verify, replay and explain traces."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from agents.cli.deployment import deployment_panel
from agents.cli.options import JsonOption, SiteOption, TraceArgument, site_at
from agents.cli.output import console, print_json
from contracts.errors import ExitCode, RanwrightError

if TYPE_CHECKING:
    from agents.service.activation_trace import ActivationEvent

app = typer.Typer(no_args_is_help=True, help="Traces in the ledger: list, show, verify, replay.")


@app.command("list")
def list_traces(site: SiteOption = None, json: JsonOption = False) -> None:
    """List all traces with their outcome."""
    from agents.service.traces import summaries

    found = summaries(site_at(site))
    if json:
        print_json([s.model_dump(mode="json") for s in found])
        return
    table = Table()
    for column in ("trace", "when", "outcome", "sentence"):
        table.add_column(column)
    for s in found:
        table.add_row(
            s.trace_id,
            f"{s.began_at:%Y-%m-%d %H:%M:%S}",
            s.outcome or "open",
            escape(s.sentence),
        )
    console.print(table)


@app.command()
def show(trace_id: TraceArgument, site: SiteOption = None, json: JsonOption = False) -> None:
    """Show every record of a trace."""
    from agents.service.traces import records

    found = records(site_at(site), trace_id)
    if json:
        print_json([{"seq": e.seq, **e.record.model_dump(mode="json")} for e in found])
        return
    table = Table()
    for column in ("leaf", "wall time", "KPM ms", "actor", "kind", "what"):
        table.add_column(column)
    for e in found:
        content = {k: v for k, v in e.record.content.items() if k not in ("inputs", "runtime")}
        what = ", ".join(f"{k}={_short(v)}" for k, v in content.items())
        at = e.record.at
        kpm = "–" if at.kpm_time_ms is None else str(at.kpm_time_ms)
        time = f"{at.wall_time:%H:%M:%S.%f}"[:-3]
        table.add_row(str(e.seq), time, kpm, e.record.actor, e.record.kind, escape(what))
    console.print(table)


@app.command()
def verify(
    trace_id: Annotated[str | None, typer.Argument(help="Trace; none: the whole log.")] = None,
    site: SiteOption = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint kept elsewhere (trace checkpoint).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check the ledger offline with the public keys, and say how far it vouches."""
    from agents.cli.render import verification_panel
    from agents.service.traces import verify_trace

    found = verify_trace(site_at(site), trace_id, checkpoint)
    if json:
        print_json(found)
    else:
        console.print(verification_panel(found))
    raise typer.Exit(0 if found.passed else int(ExitCode.REFUSED))


@app.command()
def checkpoint(
    path: Annotated[Path, typer.Argument(help="File to write the newest checkpoint to.")],
    site: SiteOption = None,
) -> None:
    """Save the newest signed checkpoint, to be kept away from the site."""
    from agents.service.traces import save_checkpoint

    save_checkpoint(site_at(site), path)
    console.print(f"saved to {path}")


@app.command()
def replay(trace_id: TraceArgument, site: SiteOption = None, json: JsonOption = False) -> None:
    """Run the deterministic steps of a trace again and compare."""
    from agents.service.replay import replay as run_again
    from contracts.ledger.reader import LedgerReader

    report = run_again(LedgerReader.of(site_at(site)), trace_id)
    if json:
        print_json(report)
    else:
        same = "the recorded runtime" if report.same_runtime else "another runtime"
        table = Table(title=f"Replayed on {same}", title_justify="left")
        for column in ("step", "attempt", "result", "difference"):
            table.add_column(column)
        for s in report.steps:
            colour = {"equal": "green", "within_tolerance": "yellow", "different": "red"}[s.result]
            result = f"[{colour}]{s.result.replace('_', ' ')}[/]"
            table.add_row(s.step, str(s.attempt), result, s.difference or "")
        console.print(table)
    raise typer.Exit(0 if report.passed else int(ExitCode.REFUSED))


@app.command()
def intent(trace_id: TraceArgument, site: SiteOption = None) -> None:
    """Print the intent that a trace began with, in the JSON of TS 28.312."""
    from agents.service.traces import intent_of
    from contracts.nrm_intent import to_nrm

    print_json(to_nrm(intent_of(site_at(site), trace_id)))


@app.command()
def explain(trace_id: TraceArgument, site: SiteOption = None, json: JsonOption = False) -> None:
    """Tell what was asked, what was done and why it was allowed."""
    from agents.cli.render import decision_panel
    from agents.service.activation_trace import activation_events
    from agents.service.deployment_report import DeploymentReport
    from agents.service.traces import explained

    place = site_at(site)
    events = activation_events(place, trace_id)
    try:
        found = explained(place, trace_id)
    except RanwrightError as error:
        if error.code != "trace.open" or not events:
            raise
        found = None
    if json:
        print_json(found if found is not None else [e.model_dump(mode="json") for e in events])
        return
    if isinstance(found, DeploymentReport):
        console.print(deployment_panel(found))
    elif found is not None:
        console.print(decision_panel(found))
    if events:
        console.print(_activations(events))


def _activations(events: Sequence["ActivationEvent"]) -> Table:
    table = Table(title="Activations", title_justify="left")
    for column in ("leaf", "wall time", "activation", "what"):
        table.add_column(column)
    for e in events:
        name = "–" if e.activation_id is None else e.activation_id[:8]
        table.add_row(str(e.leaf), f"{e.at:%H:%M:%S}", name, Text(e.said))
    return table


def _short(value: object) -> Text:
    text = str(value)
    return Text(text if len(text) <= 24 else f"{text[:22]}…")
