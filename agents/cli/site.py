"""Commands about a site's processes: up, down, status."""

from typing import Annotated

import typer
from rich.table import Table

from agents.cli.options import (
    DEFAULT_SCENARIO,
    JsonOption,
    PlantOption,
    ScenarioOption,
    SiteOption,
    site_at,
)
from agents.cli.output import console, print_json
from agents.service.site_setup import PlantKind


def register(app: typer.Typer) -> None:
    """Add the commands to the command tree."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(
    scenario: ScenarioOption = DEFAULT_SCENARIO,
    plant: PlantOption = PlantKind.flow,
    seed: Annotated[int, typer.Option(min=0, help="Plant of a new site: its hidden truth.")] = 1,
    pace: Annotated[float, typer.Option(min=0.1, help="Network seconds per wall second.")] = 30.0,
    site: SiteOption = None,
    json: JsonOption = False,
) -> None:
    """Start a site's processes and leave them running: one network over many intents."""
    from agents.service.processes import start
    from agents.service.site_setup import SiteConfig, ensure_site

    place = site_at(site, scenario)
    wanted = SiteConfig(scenario=scenario, plant=plant, plant_seed=seed, pace_factor=pace)
    started = start(place, ensure_site(place, wanted))
    if json:
        print_json({"site": str(place.root), "started": list(started)})
    else:
        console.print(f"{place.root} is up; started: {', '.join(started) or 'nothing, it was up'}")


def down(site: SiteOption = None, json: JsonOption = False) -> None:
    """Stop a site's processes; its ledger, keys and plant state stay."""
    from agents.service.processes import stop

    place = site_at(site)
    stopped = stop(place)
    if json:
        print_json({"site": str(place.root), "stopped": list(stopped)})
    else:
        console.print(f"{place.root} is down; stopped: {', '.join(stopped) or 'nothing was up'}")


def status(site: SiteOption = None, json: JsonOption = False) -> None:
    """Show which processes of a site answer."""
    from agents.service.processes import status as of

    place = site_at(site)
    pids = of(place)
    if json:
        print_json({"site": str(place.root), "processes": dict(pids)})
        return
    table = Table(title=str(place.root), title_justify="left")
    table.add_column("role")
    table.add_column("process", justify="right")
    for role, pid in pids.items():
        table.add_row(role, "[dim]down[/]" if pid is None else str(pid))
    console.print(table)
