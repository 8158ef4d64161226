"""Options that commands share, and how they name a site."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_data_path

from agents.service.site_setup import PlantKind
from contracts.site import Site

DEFAULT_SCENARIO = "munich"

SiteOption = Annotated[
    Path | None,
    typer.Option("--site", envvar="RANWRIGHT_SITE", help="Folder of the site.", show_default=False),
]
ScenarioOption = Annotated[
    str, typer.Option("--scenario", help="Built-in scenario, or the path of a YAML file.")
]
PlantOption = Annotated[
    PlantKind,
    typer.Option(help="Plant of a new site: flow level, or LTE in ns-3 (docs/guide/ns3.md)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
TraceArgument = Annotated[str, typer.Argument(help="Trace, as ranwright trace list shows it.")]


def site_at(folder: Path | None, scenario: str = DEFAULT_SCENARIO) -> Site:
    """The site in a folder; by default one folder a scenario in the user's data directory."""
    return Site(folder or user_data_path("ranwright") / Path(scenario).stem)


def caller_name() -> str:
    """The login name of who calls."""
    return getpass.getuser()
