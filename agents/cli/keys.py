"""Commands about keys: list, rotate, revoke."""

from typing import Annotated

import typer
from rich.table import Table

from agents.cli.options import JsonOption, SiteOption, caller_name, site_at
from agents.cli.output import console, print_json, stderr
from contracts.site import Role, Site
from contracts.trust import TrustStore

app = typer.Typer(no_args_is_help=True, help="Keys of a site's roles: list, rotate, revoke.")


@app.command("list")
def list_keys(site: SiteOption = None, json: JsonOption = False) -> None:
    """Show every key that ever spoke for a role."""
    from contracts.keys import load_trust

    _show(load_trust(site_at(site)), json)


@app.command()
def rotate(
    role: Annotated[str, typer.Argument(help="ledger, verifier, approver, actuator or plant.")],
    site: SiteOption = None,
    json: JsonOption = False,
) -> None:
    """Give a role a new key; what the old one signed stays valid for audit."""
    from contracts import keys

    place, of = site_at(site), _role(role)
    trust = keys.rotate(place, of)
    key = trust.active_key(of)
    _tell_ledger(place, trust, {"event": "rotated", "role": of, "keyid": key.keyid})
    _show(trust, json)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="A role, or the identifier of a key.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the trust store.")],
    site: SiteOption = None,
    json: JsonOption = False,
) -> None:
    """Stop believing a key: nothing signed by it is acted on again."""
    from contracts import keys

    place = site_at(site)
    trust = keys.revoke(place, key, reason)
    _tell_ledger(place, trust, {"event": "revoked", "key": key, "reason": reason})
    _show(trust, json)


def _tell_ledger(place: Site, trust: TrustStore, event: dict[str, str]) -> None:
    """Record the change where the ledger is up and has a key to sign with; say so where not."""
    from contracts.clock import Clock
    from contracts.errors import RanwrightError
    from contracts.ledger.client import LedgerClient
    from contracts.record import Record, RecordKind

    record = Record(
        key=f"key_event:{trust.version}",
        trace_id="keys",
        kind=RecordKind.KEY_EVENT,
        actor="operator",
        at=Clock().now(),
        content={"by": caller_name(), "trust_version": trust.version, **event},
    )
    try:
        trust.active_key("ledger")
        with LedgerClient(place) as ledger:
            ledger.append(record)
    except RanwrightError as error:
        stderr.print(f"Not in the ledger ({error.code}); the trust store itself holds the change.")


def _role(name: str) -> Role:
    from pydantic import TypeAdapter, ValidationError

    from contracts.errors import ExitCode, RanwrightError

    try:
        return TypeAdapter[Role](Role).validate_python(name)
    except ValidationError as error:
        raise RanwrightError(
            "key.unknown_role",
            f"There is no role {name!r}.",
            "Use ledger, verifier, approver, actuator or plant.",
            ExitCode.USAGE,
        ) from error


def _show(trust: TrustStore, json: bool) -> None:
    if json:
        print_json(trust)
        return
    table = Table(title=f"Trust store, version {trust.version}", title_justify="left")
    for column in ("role", "key", "from", "state"):
        table.add_column(column)
    for key in trust.keys:
        state = "[green]active[/]"
        if key.revoked_at is not None:
            state = f"[red]revoked[/] {key.revoked_at:%Y-%m-%d %H:%M} {key.reason}"
        elif key.retired_at is not None:
            state = f"[dim]rotated out {key.retired_at:%Y-%m-%d %H:%M}[/]"
        table.add_row(key.role, key.keyid[:16], f"{key.valid_from:%Y-%m-%d %H:%M}", state)
    console.print(table)
