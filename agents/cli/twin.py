"""Commands about twins: run one, show its map, trace a scene again, fit one to a plant."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agents.cli.options import DEFAULT_SCENARIO, JsonOption, ScenarioOption
from agents.cli.output import console, print_json

app = typer.Typer(no_args_is_help=True, help="Digital twins: run, show, trace, fit.")


@app.command()
def run(
    scenario: ScenarioOption = DEFAULT_SCENARIO,
    seconds: Annotated[float, typer.Option(min=0.1, help="Network time to simulate.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="Drop of the UEs and every random draw.")] = 1,
    slot_level: Annotated[
        bool, typer.Option("--slot-level", help="The slower Sionna SYS reference.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Simulate a scenario as it starts and print its KPIs by cell."""
    from twins.demo import simulate

    kpis = simulate(scenario, seconds, seed, slot_level)
    if json:
        print_json(kpis)
        return
    table = Table(title=f"{scenario}, {seconds:g} s, seed {seed}", title_justify="left")
    for column in ("cell", "UEs", "mean Mbit/s", "5th pct Mbit/s", "PRB %"):
        table.add_column(column, justify="right")
    for c in kpis.cells:
        table.add_row(
            str(c.cell_id),
            str(c.ues),
            "–" if c.mean_mbps is None else f"{c.mean_mbps:.1f}",
            "–" if c.p5_mbps is None else f"{c.p5_mbps:.1f}",
            f"{c.prb_usage_percent:.0f}",
        )
    console.print(table)


@app.command()
def show(
    scenario: ScenarioOption = DEFAULT_SCENARIO,
    out: Annotated[Path, typer.Option(help="PNG to write.")] = Path("twin.png"),
) -> None:
    """Draw a scenario: best server and SINR on its streets."""
    from twins.scenario import load_scenario
    from twins.show import map_figure

    loaded = load_scenario(scenario)
    powers = {s.cell_id: float(s.configured_max_tx_power_mw) for s in loaded.sectors}
    map_figure(loaded, powers, None, out)
    console.print(f"saved to {out}")


@app.command()
def trace(scenario: ScenarioOption = DEFAULT_SCENARIO) -> None:
    """Trace a scene's paths again (needs LLVM >= 19) and store them beside the scenario."""
    from twins.sionna.trace import main as trace_scenario

    trace_scenario(scenario)
    console.print(f"traced {scenario}")


@app.command()
def fit(
    scenario: ScenarioOption = DEFAULT_SCENARIO,
    seed: Annotated[int, typer.Option(min=0, help="The plant that is observed.")] = 1,
    seconds: Annotated[float, typer.Option(min=1.0, help="Network time observed.")] = 60.0,
    truth: Annotated[bool, typer.Option("--truth", help="Show what the plant hides.")] = False,
    json: JsonOption = False,
) -> None:
    """Estimate clutter loss, tilt error and load of each cell from a plant's reports alone."""
    from twins.field import Estimate
    from twins.fit import fit as fit_plant

    fitted = fit_plant(scenario, seed, seconds, truth)
    if json:
        print_json(fitted)
        return

    def cell(estimate: Estimate, digits: int, hidden: float | None) -> str:
        low, high = f"{estimate.low:.{digits}f}", f"{estimate.high:.{digits}f}"
        text = f"{estimate.mean:.{digits}f} [{low}, {high}]"
        return text if hidden is None else f"{text}  {hidden:.{digits}f}"

    title = f"{scenario}, plant {seed}, {fitted.observed_s:g} s: mean [90 % interval]"
    table = Table(title=title + ("  truth" if truth else ""), title_justify="left")
    for column in ("cell", "clutter loss dB", "tilt error °", "activity", "correlation"):
        table.add_column(column, justify="right")
    for i, c in enumerate(fitted.cells):
        hidden = fitted.truth[i] if fitted.truth else None
        table.add_row(
            str(c.cell_id),
            cell(c.clutter_loss_db, 1, hidden.clutter_loss_db if hidden else None),
            cell(c.tilt_error_deg, 1, hidden.tilt_error_deg if hidden else None),
            cell(c.activity, 3, hidden.activity if hidden else None),
            f"{c.correlation:+.2f}",
        )
    console.print(table)
