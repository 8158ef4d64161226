"""Commands about twins: run one, show its map, trace a scene again, fit one to a plant."""

import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.progress import Progress
from rich.table import Table

from agents.cli import dynamics
from agents.cli.calibration import calibration_tables
from agents.cli.comparison import compare
from agents.cli.options import (
    DEFAULT_SCENARIO,
    JsonOption,
    ScenarioOption,
    SiteOption,
    site_at,
)
from agents.cli.output import console, print_json, stderr
from contracts.errors import RanwrightError

app = typer.Typer(
    no_args_is_help=True, help="Digital twins: run, show, fit, sweep, calibrate, compare."
)
app.command()(compare)


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
def calibrate(
    site: SiteOption = None,
    drops: Annotated[
        int | None,
        typer.Option(min=2, help="Drops of a deployment; fewer than the default are a trial."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the certificate; default: the site's.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="PNG of the curves to write.")] = None,
    json: JsonOption = False,
) -> None:
    """Hold the statistical twin against 3GPP's phase-1 calibration, and plant faults in it."""
    from twins.calibration.calibrate import calibrate as run_calibration
    from twins.calibration.certificate import DROPS, require_valid

    path = out or site_at(site).calibration
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.touch()
    with Progress(console=stderr, disable=json) as progress:
        task = progress.add_task("calibrating", total=None)
        certificate = run_calibration(
            drops or DROPS,
            on_progress=lambda part, done, of: progress.update(
                task, description=part, completed=done, total=of
            ),
        )
    fresh.write_bytes(certificate.canonical() + b"\n")
    if picture is not None:
        from twins.curves import calibration_figure

        calibration_figure(picture, drops or DROPS)
    if json:
        print_json(certificate)
    else:
        console.print(*calibration_tables(certificate))
    try:
        require_valid(certificate)
    except RanwrightError:
        stderr.print(f"[dim]kept as {fresh}; {path.name} is as it was[/]")
        raise
    fresh.replace(path)
    if not json:
        console.print(f"saved to {path}")


@app.command()
def sweep(
    out: Annotated[Path, typer.Argument(help="Parquet file to write.")],
    scenario: ScenarioOption = DEFAULT_SCENARIO,
    seeds: Annotated[str, typer.Option(help="Plants, e.g. 1-20 or 1,5,9.")] = "1-10",
    power_db: Annotated[str, typer.Option(help="Offsets to all start powers.")] = "0,-3,-6",
    seconds: Annotated[float, typer.Option(min=0.1, help="Network time of each point.")] = 10.0,
) -> None:
    """Simulate a scenario over seeds and power offsets; cut off, the same command goes on."""
    from twins.scenario import load_scenario
    from twins.sweep import SweepPlan
    from twins.sweep import sweep as run_sweep

    loaded = load_scenario(scenario)
    try:
        plan = SweepPlan.model_validate(
            {
                "scenario_digest": loaded.digest,
                "seeds": _numbers(seeds),
                "power_offsets_db": _numbers(power_db),
                "seconds": seconds,
            }
        )
    except ValidationError as error:
        raise typer.BadParameter(str(error.errors()[0]["msg"])) from error
    with Progress(console=stderr) as progress:
        task = progress.add_task(f"sweeping {loaded.name}", total=len(plan.points))
        before = run_sweep(
            loaded,
            plan,
            out,
            on_progress=lambda done, _of: progress.update(task, completed=done),
        )
    resumed = f", {before} of them from before" if before else ""
    console.print(f"{len(plan.points)} points{resumed}, saved to {out}")


def _numbers(text: str) -> tuple[float, ...]:
    """Numbers between commas; ``a-b`` is all whole numbers from a to b."""
    numbers: list[float] = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d+)-(\d+)\s*", part)
        try:
            numbers += range(int(ends[1]), int(ends[2]) + 1) if ends else [float(part)]
        except ValueError as error:
            raise typer.BadParameter(f"{part!r} is neither a number nor a range") from error
    return tuple(numbers)


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


dynamics.register(app)
