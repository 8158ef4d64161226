"""Entry point: the command tree, and errors turned into exit codes."""

import sys

import typer

from agents.cli import inspect, keys, operate, site, trace, twin
from agents.cli.output import print_error
from contracts.errors import RanwrightError

app = typer.Typer(
    name="ranwright",
    help="Say what the network should do. It is planned, proven on a twin, signed, done, measured.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
operate.register(app)
site.register(app)
inspect.register(app)
app.add_typer(trace.app, name="trace")
app.add_typer(twin.app, name="twin")
app.add_typer(keys.app, name="keys")


def main() -> None:
    """Run the command line; exit codes are those of :class:`contracts.errors.ExitCode`."""
    try:
        app()
    except RanwrightError as error:
        print_error(error, as_json="--json" in sys.argv)
        raise SystemExit(int(error.exit_code)) from error


if __name__ == "__main__":
    main()
