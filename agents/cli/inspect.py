"""Commands that look things up: JSON Schemas, parameter rules."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from agents.cli import asn1
from agents.cli.options import JsonOption
from agents.cli.output import console, print_json
from agents.cli.render_record import render_record
from contracts.errors import ExitCode, RanwrightError
from contracts.evidence import Evidence

if TYPE_CHECKING:
    from knowledge.asn1.find import Asn1Fact

_NOT_IN_ASN1 = ("knowledge.asn1_unknown", "knowledge.asn1_missing", "knowledge.asn1_module")


def register(app: typer.Typer) -> None:
    """Add the commands to the command tree."""
    app.command()(schema)
    app.command()(lookup)
    app.command()(search)


def schema(
    name: Annotated[str | None, typer.Argument(help="Contract; none lists them.")] = None,
) -> None:
    """Print the JSON Schema of a contract."""
    from contracts.schemas import SCHEMAS, json_schema

    if name is None:
        for known in sorted(SCHEMAS):
            console.print(known)
        return
    print_json(json_schema(name))


def lookup(
    name: Annotated[str, typer.Argument(help="Name, path, id or alias, e.g. a3-Offset.")],
    json: JsonOption = False,
) -> None:
    """Show all that is known of a parameter: range, unit, scale, effects, source, conflicts.

    What the dictionary does not have is looked up in the ASN.1 of the specifications, where pycrate
    is installed.
    """
    from contracts.dictionary import find

    try:
        found = find(name)
    except RanwrightError as unknown:
        asn1.show(_in_asn1(name, unknown), json)
        return
    if json:
        print_json([record.model_dump(mode="json", exclude_none=True) for record in found])
        return
    for record in found:
        console.print(render_record(record))


def _in_asn1(name: str, unknown: RanwrightError) -> "tuple[Asn1Fact, ...]":
    try:
        return asn1.asn1_of(name)
    except RanwrightError as error:
        if error.code not in _NOT_IN_ASN1:
            raise
        raise unknown from error


def search(
    query: Annotated[str, typer.Argument(help="Words, e.g. cell edge coverage.")],
    hits: Annotated[int, typer.Option(min=1, max=50)] = 5,
    json: JsonOption = False,
) -> None:
    """Search the parameter rules by name and meaning."""
    from knowledge.search import search as find

    found = find(query, hits)
    if not found and not json:
        raise RanwrightError(
            "knowledge.no_hit",
            f"Nothing known about {query!r}.",
            "Use other words.",
            ExitCode.USAGE,
        )
    _show(found, json)


def _show(found: list[Evidence], json: bool) -> None:
    if json:
        print_json([e.model_dump(mode="json") for e in found])
        return
    table = Table()
    for column in ("parameter", "range", "unit", "source", "meaning"):
        table.add_column(column)
    for e in found:
        limits = f"{e.hard_range[0]:g}..{e.hard_range[1]:g}" if e.hard_range else "–"
        clause = f" §{e.citation.clause}" if e.citation.clause else ""
        source = e.citation.spec + clause
        table.add_row(e.parameter_id, limits, e.unit or "–", source, e.statement)
    console.print(table)
