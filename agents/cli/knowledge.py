"""Commands about the specifications behind the parameter dictionary."""

from collections import Counter
from collections.abc import Sequence

import typer
from rich.table import Table

from agents.cli import retrieval, specifications
from agents.cli.asn1 import asn1
from agents.cli.options import JsonOption
from agents.cli.output import console, print_json, stderr
from contracts.errors import ExitCode
from knowledge.asn1.check import CardCheck, Finding

app = typer.Typer(
    no_args_is_help=True, help="Specifications, and the dictionary that is checked against them."
)
specifications.register(app)
app.command()(asn1)
retrieval.register(app)


@app.command()
def check(json: JsonOption = False) -> None:
    """Compare every parameter of the dictionary with the ASN.1 of its specification."""
    from contracts.dictionary import records
    from knowledge.asn1.cache import load_facts
    from knowledge.asn1.check import FAILURES, check_cards

    cards = records()
    modules = dict.fromkeys(card.asn1.split(":")[0] for card in cards if card.asn1)
    facts = load_facts(modules, progress=lambda name: stderr.print(f"[dim]reading {name}[/]"))
    checks = check_cards(cards, facts)
    failed = [one for one in checks if one.finding in FAILURES]
    if json:
        print_json([one.model_dump(mode="json") for one in checks])
    else:
        _show(checks, failed)
    if failed:
        raise typer.Exit(ExitCode.REFUSED)


@app.command()
def mcp(store: specifications.StoreOption = None) -> None:
    """Serve look-up, ASN.1, search, clauses and differences to other agents over stdio (MCP)."""
    from knowledge.ingest.store import default_path
    from knowledge.server import make_server

    make_server(store or default_path()).run("stdio")


def _show(checks: Sequence[CardCheck], failed: Sequence[CardCheck]) -> None:
    if failed:
        table = Table("parameter", "ASN.1", "finding", "differences")
        for one in failed:
            table.add_row(one.parameter_id, one.asn1, one.finding, "\n".join(one.differences))
        console.print(table)
    counts = Counter(one.finding for one in checks)
    summary = Table("finding", "parameters")
    for finding in Finding:
        summary.add_row(finding, str(counts[finding]))
    console.print(summary)
