"""Commands about the embedded near-RT RIC: up, node, status, down."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from platformdirs import user_data_path
from rich.table import Table

from agents.cli.options import DEFAULT_SCENARIO, JsonOption, ScenarioOption
from agents.cli.output import console, print_json

if TYPE_CHECKING:
    from xapps.platform.home import RicHome

RicOption = Annotated[
    Path | None,
    typer.Option("--ric", envvar="RANWRIGHT_RIC", help="Folder of the RIC.", show_default=False),
]

app = typer.Typer(no_args_is_help=True, help="The embedded near-RT RIC: up, node, status, down.")


class A1Dialect(StrEnum):
    """How A1 policies are written to xApps."""

    go = "go"
    python = "python"


def ric_at(folder: Path | None) -> "RicHome":
    """The RIC in a folder; by default in the user's data directory."""
    from xapps.platform.home import RicHome

    return RicHome(folder or user_data_path("ranwright") / "ric")


@app.command()
def up(
    a1_dialect: Annotated[
        A1Dialect, typer.Option(help="Policy messages as the Go or the Python A1 mediator.")
    ] = A1Dialect.go,
    controllers: Annotated[
        list[str] | None,
        typer.Option(
            "--controller", help="xApp with a way to E2 control.", show_default="actuator"
        ),
    ] = None,
    ric: RicOption = None,
    json: JsonOption = False,
) -> None:
    """Start the RIC and its deployed xApps, and leave them running."""
    from agents.service.ric import start

    home = ric_at(ric)
    started = start(home, a1_dialect.value, controllers or [])
    if json:
        print_json({"ric": str(home.root), "started": started})
    else:
        console.print(f"{home.root} is up{'' if started else ' (it was)'}")


@app.command()
def node(
    scenario: ScenarioOption = DEFAULT_SCENARIO,
    seed: Annotated[int, typer.Option(min=0, help="Of everything hidden in the network.")] = 1,
    pace: Annotated[float, typer.Option(min=0.1, help="Network seconds per wall second.")] = 1.0,
    open_control: Annotated[
        bool, typer.Option("--open-control", help="It obeys every xApp's E2 control: laboratory.")
    ] = False,
    profile: Annotated[
        str | None,
        typer.Option(help="Moving UEs under cells with beams, e.g. sweeping; E2SM-LLC is offered."),
    ] = None,
    ric: RicOption = None,
    json: JsonOption = False,
) -> None:
    """Put a twin's gNB on the RIC, and leave it there; ranwright ric down stops it."""
    from agents.service.ric_nodes import connect_node

    name, started = connect_node(ric_at(ric), scenario, seed, pace, open_control, profile)
    if json:
        print_json({"node": name, "scenario": scenario, "started": started})
    else:
        console.print(f"{name} is connected{'' if started else ' (it was)'}")


@app.command()
def down(ric: RicOption = None, json: JsonOption = False) -> None:
    """Stop the RIC, its xApps and the twins' nodes on it; what is deployed starts again with it."""
    from agents.service.ric import stop
    from agents.service.ric_nodes import disconnect_nodes

    home = ric_at(ric)
    disconnect_nodes(home)
    stopped = stop(home)
    if json:
        print_json({"ric": str(home.root), "stopped": stopped})
    else:
        console.print(f"{home.root} is down{'' if stopped else ' (it was)'}")


@app.command()
def status(ric: RicOption = None, json: JsonOption = False) -> None:
    """Show where the services are, which E2 nodes are connected, and the figures."""
    from agents.service.ric import ask

    home = ric_at(ric)
    found = ask(home, "status")
    if json:
        print_json({"ric": str(home.root), **found})
        return
    for titles, rows in (
        (("service", "address"), found["services"]),
        (("E2 node", "connection"), found["nodes"]),
        (("figure", "value"), found["figures"]),
    ):
        if not rows:
            continue
        table = Table(*titles)
        for name, value in rows.items():
            table.add_row(name, str(value))
        console.print(table)
