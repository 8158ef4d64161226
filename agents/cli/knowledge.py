"""Commands about knowledge: the specifications that the user brings."""

import typer

from agents.cli import specifications

app = typer.Typer(no_args_is_help=True, help="Specifications: ingest, list, show, diff.")
specifications.register(app)
