"""Commands about learned models: train one."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agents.cli.options import JsonOption
from agents.cli.output import console, print_json, stderr

app = typer.Typer(no_args_is_help=True, help="Learned models: train them.")
train_app = typer.Typer(no_args_is_help=True, help="Train a model from a seed.")
app.add_typer(train_app, name="train")


@train_app.callback()
def train() -> None:
    """Train a model from a seed; a run that was cut off goes on where it stopped."""


@train_app.command()
def power(
    folder: Annotated[Path, typer.Argument(help="Folder of the run: log, state and model.")],
    recipe: Annotated[
        str, typer.Option(help="cpu (under 3 h on two cores), gpu, or trial (minutes).")
    ] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Of weights and graphs.")] = 0,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps in all; default: the recipe's.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train the graph foundation model of power control."""
    from tools.power.foundation.checkpoint import describe
    from tools.power.foundation.recipe import recipe as named
    from tools.power.foundation.training import train as run
    from tools.power.runtime import numerics

    chosen = named(recipe, seed, steps)
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with numerics(), Progress(*columns, console=stderr, disable=json) as progress:
        task = progress.add_task("training", total=chosen.steps)
        path = run(
            chosen,
            folder,
            lambda done, words: progress.update(task, completed=done, description=words),
        )
    if json:
        print_json({"model": str(path), **describe(path)})
        return
    console.print(f"[green]✓[/] {path}")
    for name, ratio in describe(path)["validation"].items():
        console.print(f"  {name:<12} {ratio:.4f} of the best of 20 WMMSE starts")
