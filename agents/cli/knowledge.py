"""Commands about the specifications behind the parameter dictionary."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Table

from agents.cli import retrieval, specifications
from agents.cli.asn1 import asn1
from agents.cli.options import JsonOption
from agents.cli.output import console, print_json, stderr
from contracts.errors import ExitCode

if TYPE_CHECKING:
    from knowledge.asn1.check import CardCheck
    from knowledge.nrm_check import NrmCheck
    from knowledge.nrm_fields import NrmFields

app = typer.Typer(
    no_args_is_help=True, help="Specifications, and the dictionary that is checked against them."
)
specifications.register(app)
app.command()(asn1)
retrieval.register(app)


@app.command()
def check(store: specifications.StoreOption = None, json: JsonOption = False) -> None:
    """Compare the dictionary with ASN.1, and with the YANG and OpenAPI that were ingested."""
    from contracts.dictionary import records
    from knowledge.asn1.cache import load_facts
    from knowledge.asn1.check import FAILURES, check_cards
    from knowledge.nrm_check import NrmFinding, check_nrm

    cards = records()
    modules = dict.fromkeys(card.asn1.split(":")[0] for card in cards if card.asn1)
    facts = load_facts(modules, progress=lambda name: stderr.print(f"[dim]reading {name}[/]"))
    checks = check_cards(cards, facts)
    fields = _ingested(store)
    nrm = check_nrm(cards, fields) if fields else None
    if json:
        print_json([_with_nrm(one, nrm) for one in checks])
    else:
        _show(checks, nrm or ())
    if any(one.finding in FAILURES for one in checks) or any(
        one.finding is NrmFinding.DIFFERS for one in nrm or ()
    ):
        raise typer.Exit(ExitCode.REFUSED)


def _ingested(store: Path | None) -> "NrmFields | None":
    """Attributes of the store; None, and a line that says so, where there are none."""
    from knowledge.ingest.store import Store, default_path
    from knowledge.nrm_fields import read_fields

    path = store or default_path()
    if path.exists():
        with Store(path) as opened:
            fields = read_fields(opened)
        if fields:
            return fields
    message = f"No YANG and no OpenAPI was ingested ({path}): ASN.1 alone was compared."
    stderr.print(escape(message), soft_wrap=True)
    return None


def _with_nrm(one: "CardCheck", nrm: "Sequence[NrmCheck] | None") -> dict[str, Any]:
    """A card's findings; ``nrm`` is null where nothing was ingested."""
    own = None
    if nrm is not None:
        own = [c.model_dump(mode="json") for c in nrm if c.parameter_id == one.parameter_id]
    return {**one.model_dump(mode="json"), "nrm": own}


@app.command()
def mcp(store: specifications.StoreOption = None) -> None:
    """Serve look-up, ASN.1, search, clauses and differences to other agents over stdio (MCP)."""
    from knowledge.ingest.store import default_path
    from knowledge.server import make_server

    make_server(store or default_path()).run("stdio")


def _show(checks: "Sequence[CardCheck]", nrm: "Sequence[NrmCheck]") -> None:
    from knowledge.asn1.check import FAILURES, Finding
    from knowledge.nrm_check import NrmFinding

    rows = [
        (one.parameter_id, "asn1", str(one.finding), str(one.asn1), one.differences)
        for one in checks
        if one.finding in FAILURES
    ]
    rows += [
        (
            one.parameter_id,
            one.solution_set,
            str(one.finding),
            "\n".join(one.places),
            one.differences,
        )
        for one in nrm
        if one.differences
    ]
    if rows:
        table = Table("parameter", "source", "finding", "place", "differences")
        for parameter, source, finding, place, differences in rows:
            told = (parameter, source, finding, place, "\n".join(differences))
            table.add_row(*map(escape, told))
        console.print(table)
    sources = ("asn1", *dict.fromkeys(one.solution_set for one in nrm))
    counts = Counter(
        [("asn1", str(one.finding)) for one in checks]
        + [(one.solution_set, str(one.finding)) for one in nrm]
    )
    summary = Table("finding", *sources)
    for name in dict.fromkeys(map(str, (*Finding, *(NrmFinding if nrm else ())))):
        summary.add_row(name, *(str(counts[source, name]) for source in sources))
    console.print(summary)
