"""The command that searches parameters and ingested clauses together."""

from typing import Annotated

import typer
from rich.markup import escape

from agents.cli.options import JsonOption
from agents.cli.output import console, print_json, stderr
from agents.cli.specifications import StoreOption, print_flags
from contracts.errors import ExitCode, RanwrightError
from contracts.evidence import Evidence
from contracts.passage import Passage

_SHOWN_CHARS = 240


def register(app: typer.Typer) -> None:
    """Add the command to a group."""
    app.command()(search)


def search(
    query: Annotated[str, typer.Argument(help="Words, e.g. cell edge coverage.")],
    hits: Annotated[int, typer.Option("-k", "--hits", min=1, max=50)] = 5,
    spec: Annotated[str, typer.Option(help="This specification alone.")] = "",
    version: Annotated[str, typer.Option(help="This version alone.")] = "",
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Search parameter rules and ingested clauses.

    The exit code is 2 when nothing known comes near enough to answer.
    """
    from knowledge.find import find
    from knowledge.ingest.store import default_path

    rules, found = find(query, hits, store or default_path(), spec, version, _told)
    if json:
        from knowledge.screen import shown

        print_json(
            {
                "abstained": not rules and not found,
                "parameters": [rule.model_dump(mode="json") for rule in rules],
                "passages": [shown(passage) for passage in found],
            }
        )
        if not rules and not found:
            raise typer.Exit(ExitCode.USAGE)
        return
    if not rules and not found:
        raise RanwrightError(
            "knowledge.no_hit",
            f"Nothing known comes near enough to {query[:100]!r}.",
            "Use other words, or ingest the specification that answers it.",
            ExitCode.USAGE,
        )
    _print(rules, found)


def _told(name: str, done: int, total: int) -> None:
    stderr.print(f"[dim]indexing {escape(name)}: {done} of {total}[/]")


def _print(rules: tuple[Evidence, ...], found: tuple[Passage, ...]) -> None:
    for rule in rules:
        clause = f" §{rule.citation.clause}" if rule.citation.clause else ""
        source = escape(rule.citation.spec + clause)
        console.print(f"[bold]{escape(rule.parameter_id)}[/]  [dim]{source}[/]", soft_wrap=True)
        console.print(f"  {escape(rule.statement)}", soft_wrap=True)
    for passage in found:
        name = " ".join(filter(None, (passage.spec, passage.part, passage.version)))
        heading = " › ".join(passage.path)
        console.print(f"[bold]{escape(name)}[/]  {escape(heading)}", soft_wrap=True)
        console.print(f"  [dim]{passage.id} {passage.tier}[/]", soft_wrap=True)
        print_flags(passage)
        console.print(f"  {escape(passage.text[:_SHOWN_CHARS])}", soft_wrap=True)
