"""Commands about the E2 interface: show what is in a PDU."""

import sys
from string import hexdigits
from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from agents.cli.options import JsonOption
from agents.cli.output import console, print_json
from contracts.e2.ap import E2apVersion, decode_pdu
from contracts.e2.known import SERVICE_MODELS
from contracts.e2.models import ServiceModel
from contracts.e2.tree import document
from contracts.errors import ExitCode, RanwrightError

app = typer.Typer(no_args_is_help=True, help="The E2 interface.")
_SHOWN_OCTETS = 48


@app.callback()
def e2() -> None:
    """The E2 interface."""


@app.command()
def decode(
    octets: Annotated[
        str, typer.Argument(metavar="HEX", help="An E2AP PDU; - reads standard input.")
    ] = "-",
    version: Annotated[int, typer.Option(min=1, max=3, help="Of E2AP.")] = 3,
    model: Annotated[
        str | None,
        typer.Option(help="Service model whose payloads these are, e.g. 'E2SM-KPM v3'."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Decode an E2AP PDU, and the service models' payloads in it."""
    pdu = decode_pdu(_octets(octets), E2apVersion(version))
    told = document(pdu, _models(model))
    if json:
        print_json(told)
    else:
        console.print(_tree(told))


def _octets(text: str) -> bytes:
    text = sys.stdin.read() if text == "-" else text
    digits = "".join(text.split()).replace(":", "").removeprefix("0x")
    wrong = next((one for one in digits if one not in hexdigits), None)
    if wrong is not None:
        raise _not_hex(f"{wrong!r} is no hexadecimal digit.")
    if not digits or len(digits) % 2:
        raise _not_hex(f"{len(digits)} digits are not a whole number of octets.")
    return bytes.fromhex(digits)


def _not_hex(message: str) -> RanwrightError:
    remedy = "Give pairs of the digits 0 to 9 and a to f; spaces and colons may stand between."
    return RanwrightError("e2.not_hex", message, remedy, ExitCode.USAGE)


def _models(wanted: str | None) -> tuple[ServiceModel, ...]:
    if wanted is None:
        return SERVICE_MODELS
    chosen = tuple(one for one in SERVICE_MODELS if one.name.casefold() == wanted.casefold())
    if chosen:
        return chosen
    raise RanwrightError(
        "e2.unknown_model",
        f"There is no service model {wanted!r}.",
        f"Known are: {', '.join(one.name for one in SERVICE_MODELS) or 'none'}.",
        ExitCode.USAGE,
    )


def _tree(told: dict[str, Any]) -> Tree:
    title = Text.assemble(
        (told["procedure"], "bold"), " ", told["kind"].lower(), (f" ({told['criticality']})", "dim")
    )
    root = Tree(title)
    for name in ("not_understood", "message"):
        if name in told:
            _grow(root, name, told[name])
    return root


def _grow(branch: Tree, name: str, value: Any) -> None:
    if isinstance(value, dict):
        title = Text.assemble((name, "cyan"), " ", (str(value.get("$", "")), "dim"))
        twig = branch.add(title)
        for key, inner in value.items():
            if key != "$":
                _grow(twig, key, inner)
    elif isinstance(value, list):
        twig = branch.add(Text.assemble((name, "cyan"), (f" [{len(value)}]", "dim")))
        for index, inner in enumerate(value):
            _grow(twig, str(index), inner)
    else:
        branch.add(Text.assemble((name, "cyan"), " ", _short(str(value))))


def _short(text: str) -> str:
    if len(text) <= 2 * _SHOWN_OCTETS:
        return text
    return f"{text[: 2 * _SHOWN_OCTETS]}… ({len(text)} characters)"
