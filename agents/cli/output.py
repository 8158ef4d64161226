"""What every command prints with: one console for people, one JSON document for machines."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.json import JSON
from rich.markup import escape

from contracts.errors import RanwrightError

_WIDTH_WITHOUT_TERMINAL = 110

console = Console(highlight=False, emoji=False)
if not console.is_terminal:
    console = Console(highlight=False, emoji=False, width=_WIDTH_WITHOUT_TERMINAL)
stderr = Console(stderr=True, highlight=False, emoji=False)


def print_json(value: BaseModel | Mapping[str, Any] | Sequence[Any]) -> None:
    """Print exactly one JSON document on standard output."""
    if isinstance(value, BaseModel):
        text = value.model_dump_json(indent=2)
    else:
        text = JSON.from_data(value, indent=2).text.plain
    sys.stdout.write(text + "\n")


def print_error(error: RanwrightError, as_json: bool) -> None:
    """Print an error with its code and remedy."""
    if as_json:
        print_json({"error": error.to_json()})
        return
    stderr.print(f"[bold red]{error.code}[/]  {escape(error.message)}")
    stderr.print(f"[dim]→ {escape(error.remedy)}[/]")
