"""``ranwright twin compare``: actions foretold on the twin, and what plants made of them."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from agents.cli.options import DEFAULT_SCENARIO, JsonOption, ScenarioOption, SiteOption, site_at
from agents.cli.output import console, print_json, stderr

FIRST_SEED = 1_000_001
"""Far from the seeds that anybody would try a plant with."""


def compare(
    site: SiteOption = None,
    scenario: ScenarioOption = DEFAULT_SCENARIO,
    plants: Annotated[int, typer.Option(min=1, help="Plants, with one action each.")] = 99,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first plant.")] = FIRST_SEED,
    out: Annotated[
        Path | None, typer.Option(help="File for the record; default: the site's.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Foretell actions on the twin, carry them out on plants, and record how far it was off."""
    from agents.service.site_setup import policy_of
    from agents.verifier.compare import compare as run
    from twins.scenario import load_scenario

    place, loaded = site_at(site, scenario), load_scenario(scenario)
    path = out or place.gap
    path.parent.mkdir(parents=True, exist_ok=True)
    with Progress(console=stderr, disable=json) as progress:
        task = progress.add_task(f"comparing {loaded.name}", total=plants)
        record = run(
            loaded,
            policy_of(place, loaded.name),
            range(first_seed, first_seed + plants),
            path.with_name(path.name + ".partial"),
            os.cpu_count() or 1,
            lambda done, _of: progress.update(task, completed=done),
        )
    path.write_bytes(record.canonical() + b"\n")
    if json:
        print_json(record)
        return
    residuals = sorted(o.worst_residual for o in record.outcomes)
    table = Table(title=f"{loaded.name}: largest residual of an action", title_justify="left")
    for column in ("plants", "median", "90 %", "98 %", "largest"):
        table.add_column(column, justify="right")
    ranks = (0.5, 0.9, 0.98, 1.0)
    at = [residuals[max(0, round(r * len(residuals)) - 1)] for r in ranks]
    table.add_row(str(len(residuals)), *(f"{value:.2f}" for value in at))
    console.print(table)
    console.print(f"[dim]in half-widths of the 90 % interval[/]\nsaved to {path}")
