"""Commands about ingested specifications: ingest, list, show, diff, remove."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from agents.cli.options import JsonOption
from agents.cli.output import console, print_json, stderr
from contracts.errors import ExitCode, RanwrightError
from contracts.passage import Passage

if TYPE_CHECKING:
    from knowledge.ingest.model import Clause, Piece
    from knowledge.ingest.run import FileReport
    from knowledge.ingest.store import Store

StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store",
        envvar="RANWRIGHT_SPECIFICATIONS",
        help="SQLite file of the specifications.",
        show_default=False,
    ),
]
SpecArgument = Annotated[str, typer.Argument(help="Specification, e.g. 38.331.")]


def register(app: typer.Typer) -> None:
    """Add the commands to a group."""
    for command in (ingest, show, diff, remove):
        app.command()(command)
    app.command("list")(list_documents)


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Read specifications into the store; what is there already is skipped.

    The exit code is 3 when a file was refused; the others are ingested all the same.
    """
    from knowledge.ingest import run

    files = run.files_of(paths)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=stderr,
        disable=json,
    )
    with _store(store) as place, progress:
        task = progress.add_task("ingesting", total=len(files))
        reports = run.ingest(files, place, told=lambda _: progress.advance(task))
    if json:
        print_json({"files": [report.model_dump(mode="json") for report in reports]})
    else:
        _print_reports(reports)
    if any(report.outcome == "refused" for report in reports):
        raise typer.Exit(ExitCode.REFUSED)


def list_documents(store: StoreOption = None, json: JsonOption = False) -> None:
    """Show what was ingested."""
    with _store(store) as place:
        entries = place.entries()
    if json:
        print_json({"documents": [entry.model_dump(mode="json") for entry in entries]})
        return
    table = Table(title="Specifications", title_justify="left")
    for column in ("specification", "part", "version", "release", "tier", "clauses", "findings"):
        table.add_column(column)
    for entry in entries:
        names = map(escape, (entry.spec, entry.part, entry.version, entry.release))
        findings = ", ".join(f"{found.code} ×{found.count}" for found in entry.findings)
        table.add_row(*names, entry.tier, str(entry.clauses), escape(findings))
    console.print(table)


def show(
    spec: SpecArgument,
    clause: Annotated[str, typer.Argument(help="Number or title, e.g. 5.3.5.13a or p-Max.")],
    version: Annotated[str, typer.Option(help="Default: the newest.")] = "",
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Print a clause with its digests."""
    with _store(store) as place:
        found = [
            (entry, one)
            for entry in place.versions(spec, version)
            for one in place.document(entry).clauses
            if clause in (one.number, one.title)
        ]
    if not found:
        raise RanwrightError(
            "knowledge.unknown_clause",
            f"{spec} has no clause {clause!r}.",
            "Name its number or its whole title.",
            ExitCode.USAGE,
        )
    from knowledge.retrieve import whole
    from knowledge.screen import screen

    if json:
        print_json(
            {
                "clauses": [
                    {
                        "spec": entry.spec,
                        "part": entry.part,
                        "version": entry.version,
                        "tier": entry.tier,
                        **one.model_dump(mode="json"),
                        "flags": [f.model_dump(mode="json") for f in screen(whole(entry, one))],
                    }
                    for entry, one in found
                ]
            }
        )
        return
    for entry, one in found:
        name = " ".join(filter(None, (entry.spec, entry.part, entry.version)))
        console.print(f"[bold]{escape(name)}[/]  {escape(' › '.join(one.path))}", soft_wrap=True)
        print_flags(whole(entry, one))
        _print_clause(one)


def diff(
    spec: SpecArgument,
    old: Annotated[str, typer.Argument(help="Version, e.g. 18.5.0.")],
    new: Annotated[str, typer.Argument(help="Version, e.g. 18.6.0.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show which clauses changed between two versions, and how."""
    from knowledge.ingest.diff import diff as compare

    with _store(store) as place:
        before = {e.part: place.document(e) for e in place.versions(spec, old)}
        after = {e.part: place.document(e) for e in place.versions(spec, new)}
    changes = [
        (part, change)
        for part, document in after.items()
        if part in before
        for change in compare(before[part], document)
    ]
    if json:
        parts = {
            "parts_added": sorted(after.keys() - before.keys()),
            "parts_removed": sorted(before.keys() - after.keys()),
        }
        listed = [{"part": part, **change.model_dump(mode="json")} for part, change in changes]
        print_json({**parts, "changes": listed})
        return
    for part in sorted(before.keys() ^ after.keys()):
        console.print(f"[bold]{'added' if part in after else 'removed'}[/] part {escape(part)}")
    for part, change in changes:
        name = " ".join(filter(None, (part, change.number, change.title)))
        console.print(f"[bold]{change.change}[/] {escape(name)}", soft_wrap=True)
        for line in change.removed:
            console.print(f"  [red]- {escape(line)}[/]", soft_wrap=True)
        for line in change.added:
            console.print(f"  [green]+ {escape(line)}[/]", soft_wrap=True)


def remove(
    spec: SpecArgument,
    version: Annotated[str, typer.Argument(help="Default: all versions.")] = "",
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Take a specification, or one version of it, out of the store."""
    with _store(store) as place:
        removed = place.remove(spec, version)
    names = [entry.name for entry in removed]
    if json:
        print_json({"removed": names})
        return
    for name in names:
        console.print(f"removed {escape(name)}", soft_wrap=True)


def print_flags(passage: Passage) -> None:
    """Print what the screen says of a passage."""
    from knowledge.screen import screen

    for flag in screen(passage):
        console.print(f"  [yellow]{escape(f'{flag.code}: {flag.detail}')}[/]", soft_wrap=True)


def _store(path: Path | None) -> "Store":
    from knowledge.ingest.store import Store, default_path

    return Store(path or default_path())


def _print_reports(reports: "list[FileReport]") -> None:
    for report in reports:
        console.print(f"{report.outcome:<10} {escape(report.path)}", soft_wrap=True)
        if report.error is not None:
            said = f"{report.error['code']}  {report.error['message']}"
            console.print(f"           [red]{escape(said)}[/]", soft_wrap=True)
            console.print(f"           [dim]→ {escape(str(report.error['remedy']))}[/]")
        for taken in report.documents:
            counts = f"{taken.clauses} clauses, {taken.terms} terms, {taken.links} links"
            console.print(f"           {escape(taken.name)}  [dim]{taken.tier}; {counts}[/]")
            for found in taken.findings:
                text = f"{found.code} ×{found.count}: {found.detail}"
                console.print(f"           [yellow]{escape(text)}[/]", soft_wrap=True)


def _print_clause(clause: "Clause") -> None:
    for piece in clause.pieces:
        console.print(f"[dim]{piece.text_digest[7:19]}[/]", end=" ")
        if piece.rows:
            console.print(_table(piece))
        else:
            console.print(escape(piece.text), soft_wrap=True)


def _table(piece: "Piece") -> Table:
    table = Table(title=escape(piece.caption), title_justify="left", show_header=False)
    for _ in range(max(map(len, piece.rows))):
        table.add_column()
    for row in piece.rows:
        table.add_row(*map(escape, row))
    return table
