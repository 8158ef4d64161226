"""Exact look-up in the ASN.1 of the specifications."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from agents.cli.options import JsonOption
from agents.cli.output import console, print_json, stderr

if TYPE_CHECKING:
    from knowledge.asn1.find import Asn1Fact


def asn1(
    name: Annotated[str, typer.Argument(help="Type, field or message, e.g. InitialUEMessage.")],
    json: JsonOption = False,
) -> None:
    """Show what ASN.1 says of a name: range, values, size, fields, elements of a message.

    `NGAP:PagingDRX` looks in one module alone: RRCNR, NGAP, XnAP, F1AP, E1AP, NRPPa or E2AP.
    """
    show(asn1_of(name), json)


def asn1_of(name: str) -> tuple["Asn1Fact", ...]:
    """What ASN.1 says of a name; modules that are read for the first time are told.

    Raises:
        RanwrightError: as :func:`knowledge.asn1.find.find_asn1`.
    """
    from knowledge.asn1.find import find_asn1

    return find_asn1(name, progress=lambda module: stderr.print(f"[dim]reading {module}[/]"))


def show(found: Sequence["Asn1Fact"], json: bool) -> None:
    """Print facts of ASN.1."""
    if json:
        print_json([f.model_dump(mode="json") | {"source": f.source} for f in found])
        return
    for fact in found:
        name, constraint = escape(fact.name), escape(_constraint(fact))
        console.print(f"[bold]{name}[/]  {constraint}", soft_wrap=True)
        console.print(f"  [dim]{escape(fact.source)}[/]", soft_wrap=True)
        if fact.members:
            console.print(_members(fact))


def _constraint(fact: "Asn1Fact") -> str:
    parts = [fact.kind]
    if fact.low is not None or fact.high is not None:
        low, high = ("" if end is None else end for end in (fact.low, fact.high))
        parts.append(f"{low}..{high}")
    if fact.literals is not None:
        parts.append(f"{{{', '.join(fact.literals)}}}")
    if fact.size is not None:
        parts.append(f"size {fact.size[0]}..{fact.size[1]}")
    if fact.extensible:
        parts.append("extensible")
    if fact.presence is not None:
        parts.append(fact.presence)
    return " ".join(parts)


def _members(fact: "Asn1Fact") -> Table:
    table = Table()
    message = fact.kind == "message"
    columns = ("name", "type", "presence", *(("id", "criticality") if message else ()))
    for column in columns:
        table.add_column(column)
    for m in fact.members:
        more = (str(m.number), str(m.criticality)) if message else ()
        table.add_row(*map(escape, (m.name, m.type, m.presence, *more)))
    return table
