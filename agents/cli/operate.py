"""Commands that move the network: run, approve, deny, resume, undo."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agents.cli.deployment import decide as decide_deployment
from agents.cli.options import (
    DEFAULT_SCENARIO,
    JsonOption,
    PlantOption,
    ScenarioOption,
    SiteOption,
    TraceArgument,
    caller_name,
    site_at,
)
from agents.cli.output import console, print_json, stderr
from agents.service.site_setup import PlantKind, SiteConfig
from contracts.decision import Decision, Outcome
from contracts.errors import ExitCode, RanwrightError
from contracts.site import Site

if TYPE_CHECKING:
    from agents.cli.progress import Events
    from agents.service.service import Service
    from contracts.intent import Intent


_UNDO_EXITS = {"rolled_back": ExitCode.FULFILLED, "fallen_back": ExitCode.FALLEN_BACK}


class Approve(StrEnum):
    """Who approves."""

    auto = "auto"
    ask = "ask"


def register(app: typer.Typer) -> None:
    """Add the commands to the command tree."""
    app.command()(run)
    app.command()(approve)
    app.command()(deny)
    app.command()(resume)
    app.command()(undo)


def run(
    sentence: Annotated[
        str,
        typer.Argument(help="What the network should do; @FILE: an intent in TS 28.312's JSON."),
    ],
    scenario: ScenarioOption = DEFAULT_SCENARIO,
    approve: Annotated[
        Approve, typer.Option(help="auto: the policy decides; ask: a person does.")
    ] = Approve.auto,
    plant: PlantOption = PlantKind.flow,
    seed: Annotated[int, typer.Option(min=0, help="Plant of a new site: its hidden truth.")] = 1,
    pace: Annotated[float, typer.Option(min=0.1, help="Network seconds per wall second.")] = 30.0,
    site: SiteOption = None,
    json: JsonOption = False,
) -> None:
    """Take one intent down the whole road.

    A site that is not up (see ranwright up) is started for this run, its plant as the scenario
    begins, and stopped afterwards.
    """
    from agents.service.site_setup import ensure_site

    wanted = _wanted(sentence)
    place = site_at(site, scenario)
    settings = SiteConfig(scenario=scenario, plant=plant, plant_seed=seed, pace_factor=pace)
    config = ensure_site(place, settings)
    with _service(place, config, json, fresh_plant=True) as (service, events):
        decision = service.run(wanted, approve.value, events)
        if decision.outcome is Outcome.AWAITING_APPROVAL and not json and console.is_terminal:
            events.pause()
            _show(place, decision, json)
            answer = typer.confirm(f"Approve as {caller_name()}?", default=False)
            verdict: Literal["approved", "denied"] = "approved" if answer else "denied"
            decision = service.approve(decision.trace_id, verdict, events)
    _finish(place, decision, json)


def _wanted(sentence: str) -> "str | Intent":
    if not sentence.startswith("@"):
        return sentence
    from contracts.nrm_intent import from_nrm

    try:
        document = Path(sentence[1:]).read_bytes()
    except OSError as error:
        raise RanwrightError(
            "intent.no_file",
            f"{sentence[1:]} cannot be read ({error.strerror}).",
            "Name a file after the @.",
            ExitCode.USAGE,
        ) from error
    return from_nrm(document)


def approve(trace_id: TraceArgument, site: SiteOption = None, json: JsonOption = False) -> None:
    """Approve a waiting plan, activation or deployment, and carry it out."""
    _decide(trace_id, "approved", site, json)


def deny(trace_id: TraceArgument, site: SiteOption = None, json: JsonOption = False) -> None:
    """Deny a waiting plan, activation or deployment."""
    _decide(trace_id, "denied", site, json)


def resume(trace_id: TraceArgument, site: SiteOption = None, json: JsonOption = False) -> None:
    """Go on with a trace whose planner was interrupted."""
    place = site_at(site)
    with _service(place, _config(place), json) as (service, events):
        decision = service.resume(trace_id, events)
    _finish(place, decision, json)


def undo(trace_id: TraceArgument, site: SiteOption = None, json: JsonOption = False) -> None:
    """Take the certified way back of a fulfilled action."""
    from agents.cli.render import receipt_panel

    place = site_at(site)
    with _service(place, _config(place), json) as (service, events):
        receipt = service.undo(trace_id)
        events.pause()
    if json:
        print_json(receipt)
    else:
        console.print(receipt_panel(receipt))
    raise typer.Exit(_UNDO_EXITS.get(receipt.status, ExitCode.REFUSED))


def _decide(
    trace_id: str, decision: Literal["approved", "denied"], folder: Path | None, json: bool
) -> None:
    from agents.cli.activation import finish
    from agents.service.activations import Activations
    from agents.service.service import Caller

    place = site_at(folder)
    if _is_deployment(place, trace_id):
        decide_deployment(place, trace_id, decision, json)
    with _service(place, _config(place), json) as (service, events):
        activations = Activations(place, _config(place), Caller(name=caller_name()))
        if activations.waits(trace_id):
            finish(activations.decide(trace_id, decision, events), json)
        outcome = service.approve(trace_id, decision, events)
    _finish(place, outcome, json)


def _is_deployment(place: Site, trace_id: str) -> bool:
    from agents.service.deployment_report import is_deployment
    from contracts.ledger.reader import LedgerReader

    return place.ledger.exists() and is_deployment(LedgerReader.of(place), trace_id)


def _config(place: Site) -> SiteConfig:
    from agents.service.site_setup import read_config

    return read_config(place)


@contextmanager
def running_site(
    place: Site, quiet: bool, config: SiteConfig | None = None, fresh_plant: bool = False
) -> Iterator[tuple[SiteConfig, "Events"]]:
    """A site's processes, and a display of progress, for the length of a block."""
    from agents.cli.progress import Events
    from agents.service.processes import running

    wanted = config or _config(place)
    with Events(enabled=not quiet and stderr.is_terminal) as events:
        events.begin("start", "starting the site's processes")
        with running(place, wanted, fresh_plant):
            events.end("start")
            yield wanted, events


@contextmanager
def _service(
    place: Site, config: SiteConfig, quiet: bool, fresh_plant: bool = False
) -> Iterator[tuple["Service", "Events"]]:
    from agents.service.reading import reader_from_settings
    from agents.service.service import Caller, Service

    with running_site(place, quiet, config, fresh_plant) as (_, events):
        events("parse", 0.0, "")
        caller = Caller(name=caller_name())
        yield Service(place, config, caller, reader_from_settings()), events


def _finish(place: Site, decision: Decision, json: bool) -> None:
    _show(place, decision, json)
    raise typer.Exit(int(decision.outcome.exit_code))


def _show(place: Site, decision: Decision, json: bool) -> None:
    from agents.cli.render import decision_panel
    from agents.service.figure import save_figure

    shown = decision.model_copy(update={"figure": save_figure(place, decision)})
    if json:
        print_json(shown)
    else:
        console.print(decision_panel(shown))
