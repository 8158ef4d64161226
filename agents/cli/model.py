"""Commands about learned models: train one, adapt one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agents.cli.options import JsonOption
from agents.cli.output import console, print_json, stderr

app = typer.Typer(no_args_is_help=True, help="Learned models: train, adapt, card.")
train_app = typer.Typer(no_args_is_help=True, help="Train a model from a seed.")
adapt_app = typer.Typer(no_args_is_help=True, help="Adapt a trained model.")
app.add_typer(train_app, name="train")
app.add_typer(adapt_app, name="adapt")
_COLUMNS = (
    TextColumn("{task.description:<24}"),
    BarColumn(bar_width=32),
    MofNCompleteColumn(),
    TimeRemainingColumn(),
)


@train_app.callback()
def train() -> None:
    """Train a model from a seed; a run that was cut off goes on where it stopped."""


@train_app.command()
def power(
    folder: Annotated[Path, typer.Argument(help="Folder of the run: log, state and model.")],
    recipe: Annotated[
        str, typer.Option(help="cpu (an hour of one core), gpu, or trial (minutes).")
    ] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Of weights and graphs.")] = 0,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps in all; default: the recipe's.")
    ] = None,
    pretraining: Annotated[
        str, typer.Option(help="both, masked_edges, agreement or none.")
    ] = "both",
    json: JsonOption = False,
) -> None:
    """Train the graph foundation model of power control."""
    from tools.power.foundation.checkpoint import describe
    from tools.power.foundation.recipe import recipe as named
    from tools.power.foundation.training import train as run

    chosen = named(recipe, seed, steps, pretraining)
    with _progress(chosen.steps, json) as told:
        path = run(chosen, folder, told)
    _show(path, describe(path), ".4f", "of the best of 20 WMMSE starts", json)


@train_app.command()
def channel(
    folder: Annotated[Path, typer.Argument(help="Folder of the run: log, state and model.")],
    recipe: Annotated[
        str, typer.Option(help="cpu (minutes of one core), gpu, or trial (minutes).")
    ] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Of weights, noise and order.")] = 0,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps in all; default: the recipe's.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train the model that predicts channel state information."""
    from tools.channel.wifo.checkpoint import describe
    from tools.channel.wifo.recipe import recipe as named
    from tools.channel.wifo.training import train as run

    chosen = named(recipe, seed, steps)
    with _progress(chosen.steps, json) as told:
        path = run(chosen, folder, told)
    _show(path, describe(path), ".2f", "dB NMSE", json)


@train_app.command()
def beams(
    folder: Annotated[Path, typer.Argument(help="Folder of the run: log, state and model.")],
    recipe: Annotated[
        str, typer.Option(help="cpu (minutes on one core), or trial (half a minute).")
    ] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Of weights and windows.")] = 0,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps in all; default: the recipe's.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train the model that predicts beams, on made windows."""
    from tools.beams.checkpoint import describe
    from tools.beams.recipe import recipe as named
    from tools.beams.training import train as run

    chosen = named(recipe, seed, steps)
    with _progress(chosen.steps, json) as told:
        path = run(chosen, folder, told)
    _show(path, describe(path), ".4f", "within 1 dB", json)


@train_app.command()
def intent(
    folder: Annotated[Path, typer.Argument(help="Folder of the run: log, state and model.")],
    recipe: Annotated[
        str, typer.Option(help="cpu (hours of one core), or trial (minutes).")
    ] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Of weights and sentences.")] = 0,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps in all; default: the recipe's.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train the model that marks operators' sentences, on made sentences."""
    from tools.language.checkpoint import describe
    from tools.language.recipe import recipe as named
    from tools.language.training import train as run

    chosen = named(recipe, seed, steps)
    with _progress(chosen.steps, json) as told:
        path = run(chosen, folder, told)
    _show(path, describe(path), ".3f", "of other made sentences", json)


@app.command()
def card(
    model: Annotated[Path, typer.Argument(help="File of the trained model.")],
    out: Annotated[
        Path | None, typer.Option(help="File for the card; default: beside it, ending in .md.")
    ] = None,
) -> None:
    """Write a model's card, which names its digest."""
    from tools.beams import card as of_beams
    from tools.beams.checkpoint import FORMAT as BEAMS
    from tools.channel.wifo import card as of_channel
    from tools.channel.wifo.checkpoint import FORMAT as CHANNEL
    from tools.language import card as of_language
    from tools.language.tagger import FORMAT as INTENT
    from tools.learning.checkpoint import header
    from tools.power.foundation import card as of_power

    kinds = {CHANNEL: of_channel.card_of, BEAMS: of_beams.card_of, INTENT: of_language.card_of}
    card_of = kinds.get(header(model)["format"], of_power.card_of)
    path = out or model.with_suffix(".md")
    path.write_text(card_of(model), encoding="utf-8")
    console.print(f"[green]✓[/] {path}")


@adapt_app.callback()
def adapt() -> None:
    """Adapt a trained model to another objective with few graphs."""


@adapt_app.command("power")
def adapt_power(
    model: Annotated[Path, typer.Argument(help="File of the trained model.")],
    out: Annotated[Path, typer.Argument(help="File for the adapted one.")],
    objective: Annotated[str, typer.Option(help="sum_rate, proportional_fair, max_min, ...")],
    graphs: Annotated[int, typer.Option(min=1, help="Graphs to adapt on.")] = 64,
    family: Annotated[str, typer.Option(help="mix, cui, adhoc, pcgnn or gaussian.")] = "mix",
    links: Annotated[int, typer.Option(min=2, max=200, help="Links of a graph.")] = 20,
    scope: Annotated[str, typer.Option(help="full, lora or heads: what changes.")] = "full",
    steps: Annotated[int, typer.Option(min=1, help="Steps of the fit.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of the graphs and their order.")] = 0,
    json: JsonOption = False,
) -> None:
    """Adapt the power model, and compare before and after on other graphs."""
    from tools.power.foundation.adaptation import Adaptation, scope_called
    from tools.power.foundation.checkpoint import describe, load_model, save_model
    from tools.power.graphs.families import family_called
    from tools.power.graphs.objectives import objective as objective_called
    from tools.power.graphs.stream import graphs as drawn
    from tools.power.runtime import numerics

    goal, chosen = objective_called(objective), family_called(family)
    adaptation = Adaptation(scope_called(scope), steps, seed=seed)
    before = load_model(model)
    with numerics():
        after = adaptation.of(before, drawn(chosen, links, seed, graphs), goal)
        others = drawn(chosen, links, seed + 1, 64)
        values = [float(m.answer(others, goal).value.mean()) for m in (before, after)]
    result = {
        "objective": objective,
        "family": family,
        "links": links,
        "graphs": graphs,
        "scope": scope,
        "steps": steps,
        "seed": seed,
        "value_before": values[0],
        "value_after": values[1],
    }
    save_model(after, out, {**describe(model), "adapted": result})
    if json:
        print_json({"model": str(out), **result})
        return
    console.print(f"[green]✓[/] {out}: {objective} {values[0]:.4g} → {values[1]:.4g}")


@contextmanager
def _progress(steps: int, quiet: bool) -> Iterator[Callable[[int, str], None]]:
    """A bar on the terminal, and what moves it: steps done, and words about them."""
    from tools.power.runtime import numerics

    with numerics(), Progress(*_COLUMNS, console=stderr, disable=quiet) as progress:
        task = progress.add_task("training", total=steps)
        yield lambda done, words: progress.update(task, completed=done, description=words)


def _show(path: Path, about: dict[str, Any], form: str, words: str, json: bool) -> None:
    if json:
        print_json({"model": str(path), **about})
        return
    console.print(f"[green]✓[/] {path}")
    for name, value in about["validation"].items():
        console.print(f"  {name:<12} {value:{form}} {words}")
