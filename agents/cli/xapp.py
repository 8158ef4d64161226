"""Commands about xApps: new, onboard, deploy, list, configure, logs, undeploy."""

import json as json_text
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agents.cli.deployment import Approve, ApproveOption, OnSiteOption, carry_out
from agents.cli.options import JsonOption
from agents.cli.output import console, print_json
from agents.cli.ric import RicOption, ric_at
from contracts.errors import ExitCode, RanwrightError
from contracts.site import Site

_FOLLOW_PERIOD_S = 0.2
_COLOURS = {"ready": "green", "starting": "yellow", "stopped": "dim"}

NameArgument = Annotated[str, typer.Argument(help="Name of the xApp, as its descriptor has it.")]

app = typer.Typer(
    no_args_is_help=True, help="xApps: new, onboard, deploy, list, configure, logs, undeploy."
)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes.")],
    folder: Annotated[Path, typer.Option(help="Where to make it.", show_default="here")] = Path(),
    json: JsonOption = False,
) -> None:
    """Make a folder with a new xApp that runs, and is tested, as it is."""
    from xapps.template.make import make_xapp

    made = make_xapp(name, folder)
    if json:
        print_json({"name": name, "folder": str(made.resolve())})
    else:
        console.print(f"{made} is made; its README.md says what to do with it")


@app.command()
def onboard(
    descriptor: Annotated[Path, typer.Argument(help="The descriptor, config-file.json.")],
    command: Annotated[
        list[str],
        typer.Argument(help="How to start it: SCRIPT or -- -m MODULE, and its arguments."),
    ],
    schema: Annotated[
        Path | None, typer.Option(help="JSON schema of its controls.", show_default=False)
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where it runs.", show_default="here")] = Path(),
    ric: RicOption = None,
    site: OnSiteOption = None,
    json: JsonOption = False,
) -> None:
    """Check an xApp's descriptor, schema and controls, and keep it for deployment."""
    package = _ask(
        _folder(ric, site),
        "onboard",
        descriptor=_text(descriptor),
        schema_text=_text(schema) if schema else "",
        command=command,
        folder=str(folder.resolve()),
    )
    if json:
        print_json(package)
    else:
        console.print(f"{package['name']} {package['version']} is onboarded")
        console.print(f"[dim]digest {package['digest']}[/]")


@app.command()
def deploy(
    name: NameArgument,
    version: Annotated[
        str | None, typer.Option(help="Of those onboarded.", show_default="the last")
    ] = None,
    digest: Annotated[
        str | None, typer.Option(help="That the package must have.", show_default=False)
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(
            min=0, max=87_600, help="With --site: how long, from now.", show_default="no end"
        ),
    ] = None,
    approve: ApproveOption = Approve.auto,
    site: OnSiteOption = None,
    ric: RicOption = None,
    json: JsonOption = False,
) -> None:
    """Start an onboarded xApp, and keep it running; on a site's RIC under a certificate."""
    if site is not None:
        ends_at = None if hours is None else datetime.now(UTC) + timedelta(hours=hours)
        wanted = {"version": version, "digest": digest, "ends_at": ends_at}
        return carry_out(site, "deploy", name, approve, json, **wanted)
    if hours is not None:
        raise RanwrightError(
            "xapp.no_end", "Only a site's RIC ends a deployment.", "Give --site.", ExitCode.USAGE
        )
    report = _ask(ric, "deploy", name=name, version=version, digest=digest)
    if json:
        print_json(report)
    else:
        console.print(f"{name} {report['version']} is deployed at {report['address']}")


@app.command()
def undeploy(
    name: NameArgument,
    approve: ApproveOption = Approve.auto,
    site: OnSiteOption = None,
    ric: RicOption = None,
    json: JsonOption = False,
) -> None:
    """End an xApp, its routes and its subscriptions; it stays onboarded."""
    if site is not None:
        return carry_out(site, "undeploy", name, approve, json)
    _ask(ric, "undeploy", name=name)
    if json:
        print_json({"name": name, "undeployed": True})
    else:
        console.print(f"{name} is undeployed")


@app.command()
def configure(
    name: NameArgument,
    controls: Annotated[Path, typer.Argument(help="JSON file: the controls to come into force.")],
    approve: ApproveOption = Approve.auto,
    site: OnSiteOption = None,
    ric: RicOption = None,
    json: JsonOption = False,
) -> None:
    """Give a running xApp other controls; they are checked against its schema."""
    try:
        wanted = json_text.loads(_text(controls))
    except ValueError as error:
        raise _unreadable(controls, str(error)) from error
    if site is not None:
        return carry_out(site, "configure", name, approve, json, controls=wanted)
    _ask(ric, "configure", name=name, controls=wanted)
    if json:
        print_json({"name": name, "controls": wanted})
    else:
        console.print(f"{name} has other controls")


@app.command(name="list")
def list_xapps(ric: RicOption = None, site: OnSiteOption = None, json: JsonOption = False) -> None:
    """Show which xApps are onboarded, and how those fare that are deployed."""
    folder = _folder(ric, site)
    packages, instances = _ask(folder, "packages"), _ask(folder, "instances")
    if json:
        print_json({"onboarded": packages, "deployed": instances})
        return
    running = {(entry["name"], entry["version"]): entry for entry in instances}
    table = Table()
    for column in ("xApp", "version", "state", "address"):
        table.add_column(column)
    for column in ("process", "restarts"):
        table.add_column(column, justify="right")
    for package in packages:
        entry = running.get((package["name"], package["version"]))
        state = "onboarded" if entry is None else entry["state"]
        colour = _COLOURS.get(state, "dim" if entry is None else "red")
        table.add_row(
            package["name"],
            package["version"],
            f"[{colour}]{state}[/]",
            "" if entry is None else entry["address"],
            "" if entry is None else str(entry["pid"] or "–"),
            "" if entry is None else str(entry["restarts"]),
        )
    console.print(table)


@app.command()
def logs(
    name: NameArgument,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="From the end.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False,
    ric: RicOption = None,
    site: OnSiteOption = None,
) -> None:
    """Print what an xApp wrote."""
    path = Path(_ask(_folder(ric, site), "log", name=name))
    with path.open(errors="replace") as file:
        for line in deque(file, maxlen=lines):
            console.out(line, end="", highlight=False)
        while follow:
            text = file.read()
            if text:
                console.out(text, end="", highlight=False)
            else:
                time.sleep(_FOLLOW_PERIOD_S)


def _folder(ric: Path | None, site: Path | None) -> Path | None:
    return ric if site is None else Site(site).ric


def _ask(ric: Path | None, method: str, **params: Any) -> Any:
    from agents.service.ric import ask

    return ask(ric_at(ric), method, **params)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, cause: str) -> RanwrightError:
    return RanwrightError(
        "xapp.unreadable_file", f"{path} cannot be read: {cause}.", "Check it.", ExitCode.USAGE
    )
