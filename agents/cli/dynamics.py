"""Commands about networks in motion: simulate one, and print what its knobs move."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from agents.cli.options import DEFAULT_SCENARIO, JsonOption
from agents.cli.output import console, print_json, stderr

ScenarioArgument = Annotated[
    str, typer.Argument(help="Built-in scenario, or the path of a YAML file.")
]


def simulate(
    scenario: ScenarioArgument = DEFAULT_SCENARIO,
    profile: Annotated[
        str, typer.Option(help="What moves and what it carries: built-in, or a YAML file.")
    ] = "urban",
    seconds: Annotated[float, typer.Option(min=0.1, help="Network time to simulate.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="Of every random draw.")] = 1,
    slot_level: Annotated[
        bool, typer.Option("--slot-level", help="Schedulers and link adaptation slot by slot.")
    ] = False,
    turns: Annotated[
        list[str] | None,
        typer.Option("--set", help="KNOB=VALUE or KNOB@TARGET=VALUE; may be repeated."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="PNG to write: ways, serving cells, handovers.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Let UEs move and carry traffic through a scenario; print KPIs."""
    from twins.dynamics.run import simulate_profile

    with Progress(console=stderr, disable=json, transient=True) as progress:
        task = progress.add_task("simulating", total=None)
        result = simulate_profile(
            scenario,
            profile,
            seconds,
            seed,
            tuple(turns or ()),
            slot_level,
            lambda done, of: progress.update(task, completed=done, total=of),
            picture,
        )
    if json:
        print_json(result)
        return
    scopes = list(dict.fromkeys(m.scope for m in result.measurements))
    for kind in ("network", "group", "slice", "cell"):
        chosen = [s for s in scopes if s.split()[0] == kind]
        title = f"{result.scenario}, {result.profile}, {seconds:g} s, seed {seed}, {result.level}"
        table = Table(title=title if kind == "network" else None, title_justify="left")
        table.add_column("measurement")
        for scope in chosen:
            table.add_column(scope, justify="right")
        figures = {(m.name, m.scope): m.value for m in result.measurements}
        units = {m.name: m.unit for m in result.measurements if m.scope in chosen}
        for name, unit in units.items():
            values = (figures.get((name, scope)) for scope in chosen)
            shown = ("–" if value is None else f"{value:.2f}" for value in values)
            table.add_row(f"{name} [dim]{unit}[/]", *shown)
        console.print(table)


def sensitivity(
    scenario: ScenarioArgument = DEFAULT_SCENARIO,
    seeds: Annotated[int, typer.Option(min=2, help="Pairs of runs for each knob.")] = 8,
    json: JsonOption = False,
) -> None:
    """Turn each knob alone and test what it moves; exit code 1 where a claim does not hold."""
    from twins.dynamics.sensitivity import sensitivity as turn_knobs
    from twins.scenario import load_scenario

    loaded = load_scenario(scenario)
    with Progress(console=stderr, disable=json, transient=True) as progress:
        task = progress.add_task("turning knobs", total=None)
        rows = turn_knobs(
            loaded,
            seeds=seeds,
            on_progress=lambda done, of: progress.update(task, completed=done, total=of),
        )
    if json:
        print_json([row.model_dump() for row in rows])
    else:
        table = Table(title=f"{loaded.name}, {seeds} seeds, flow level", title_justify="left")
        for column in ("knob", "measurement", "must"):
            table.add_column(column, overflow="fold")
        for column in ("before", "after", "p", ""):
            table.add_column(column, justify="right")
        for row in rows:
            table.add_row(
                row.turn.partition(".")[2],
                row.name if row.scope == "network" else f"{row.name}, {row.scope}",
                row.expected.removesuffix("s"),
                f"{row.before:.2f}",
                f"{row.after:.2f}",
                f"{row.p_value:.1e}",
                "[green]✓[/]" if row.shown else "[red]✗[/]",
            )
        console.print(table)
    if not all(row.shown for row in rows):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the commands to the application of twins."""
    app.command()(simulate)
    app.command()(sensitivity)
