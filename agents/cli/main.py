"""Entry point: the command tree, and errors turned into exit codes."""

import sys
from importlib import metadata
from typing import Annotated

import typer

from agents.cli import (
    activation,
    e2,
    inspect,
    keys,
    knowledge,
    model,
    operate,
    ric,
    site,
    trace,
    twin,
    xapp,
)
from agents.cli.output import console, print_error
from contracts.errors import RanwrightError


def _print_version(wanted: bool) -> None:
    if wanted:
        console.print(f"ranwright {metadata.version('ranwright')}")
        raise typer.Exit


app = typer.Typer(
    name="ranwright",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
operate.register(app)
activation.register(app)
site.register(app)
inspect.register(app)
app.add_typer(trace.app, name="trace")
app.add_typer(twin.app, name="twin")
app.add_typer(keys.app, name="keys")
app.add_typer(knowledge.app, name="knowledge")
app.add_typer(model.app, name="model")
app.add_typer(ric.app, name="ric")
app.add_typer(xapp.app, name="xapp")
app.add_typer(e2.app, name="e2")


@app.callback()
def ranwright(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="And exit.")
    ] = False,
) -> None:
    """Say what the network should do: planned, proven on a twin, signed, done, measured."""


def main() -> None:
    """Run the command line; exit codes are those of :class:`contracts.errors.ExitCode`."""
    try:
        app()
    except RanwrightError as error:
        print_error(error, as_json="--json" in sys.argv)
        raise SystemExit(int(error.exit_code)) from error


if __name__ == "__main__":
    main()
