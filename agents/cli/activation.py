"""Commands that let an xApp move powers inside a proven envelope: activate and deactivate it."""

import re
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agents.cli.operate import Approve, running_site
from agents.cli.options import JsonOption, SiteOption, TraceArgument, caller_name, site_at
from agents.cli.output import console, print_json
from contracts.errors import ExitCode, RanwrightError
from contracts.site import Site

if TYPE_CHECKING:
    from agents.service.activations import ActivationOutcome, Activations
    from agents.service.site_setup import SiteConfig

_DURATION = re.compile(r"(\d{1,5})\s*(s|m|min|h)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600}
_EXITS = {
    "live": ExitCode.FULFILLED,
    "suspended": ExitCode.FULFILLED,
    "awaiting_approval": ExitCode.AWAITING_APPROVAL,
    "not_proven": ExitCode.INFEASIBLE,
}
ActivationArgument = Annotated[
    str, typer.Argument(help="Activation, as ranwright activations shows it.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command tree."""
    app.command()(activate)
    app.command()(deactivate)
    app.command()(activations)


def activate(
    trace_id: TraceArgument,
    half_width_db: Annotated[
        float, typer.Option(min=0.01, help="How far powers may move, at most.")
    ] = 0.5,
    duration: Annotated[str, typer.Option("--for", help="E.g. 90s, 15m or 1h.")] = "15m",
    priority: Annotated[
        int, typer.Option(min=0, max=100, help="Who gives way in a conflict: the smaller.")
    ] = 50,
    approve: Annotated[
        Approve, typer.Option(help="auto: the policy decides; ask: a person does.")
    ] = Approve.auto,
    xapp: Annotated[str, typer.Option(help="Who shall move them.")] = "power-control",
    site: SiteOption = None,
    json: JsonOption = False,
) -> None:
    """Let an xApp move the powers that a fulfilled action left, inside a proven envelope."""
    from agents.service.activations import Wish

    place = site_at(site)
    wish = Wish(xapp, half_width_db, seconds(duration), priority)
    with running_site(place, json) as (config, events):
        service = _service(place, config)
        outcome = service.activate(trace_id, wish, approve.value, events)
        if outcome.status == "awaiting_approval" and not json and console.is_terminal:
            events.pause()
            _show(outcome, json)
            answer = typer.confirm(f"Approve as {caller_name()}?", default=False)
            verdict: Literal["approved", "denied"] = "approved" if answer else "denied"
            outcome = service.decide(trace_id, verdict, events)
    finish(outcome, json)


def deactivate(
    activation_id: ActivationArgument, site: SiteOption = None, json: JsonOption = False
) -> None:
    """End an activation: its cells go back to the powers that they had before."""
    place = site_at(site)
    with running_site(place, json) as (config, _events):
        entry = _service(place, config).deactivate(activation_id)
    if json:
        print_json(entry)
    else:
        console.print(f"{entry['activation_id']} is {entry['status']}: {entry['reason']}")


def activations(site: SiteOption = None, json: JsonOption = False) -> None:
    """List activations and how they fare."""
    from agents.cli.render_activation import activations_table

    place = site_at(site)
    with running_site(place, json) as (config, _events):
        found = _service(place, config).entries()
    if json:
        print_json(found)
    else:
        console.print(activations_table(found))


def finish(outcome: "ActivationOutcome", json: bool) -> None:
    """Show what became of an activation, and exit accordingly."""
    _show(outcome, json)
    raise typer.Exit(int(_EXITS.get(outcome.status, ExitCode.REFUSED)))


def seconds(duration: str) -> int:
    """Seconds of a duration in words.

    >>> seconds("15m")
    900

    Raises:
        RanwrightError: ``activation.bad_duration``.
    """
    match = _DURATION.fullmatch(duration.strip())
    if match is None or int(match[1]) == 0:
        raise RanwrightError(
            "activation.bad_duration",
            f"{duration!r} is no duration.",
            "Say e.g. 90s, 15m or 1h.",
            ExitCode.USAGE,
        )
    return int(match[1]) * _SECONDS[match[2]]


def _service(place: Site, config: "SiteConfig") -> "Activations":
    from agents.service.activations import Activations
    from agents.service.service import Caller

    return Activations(place, config, Caller(name=caller_name()))


def _show(outcome: "ActivationOutcome", json: bool) -> None:
    from agents.cli.render_activation import activation_panel

    if json:
        print_json(outcome)
    else:
        console.print(activation_panel(outcome))
