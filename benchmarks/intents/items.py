"""The frozen items of IntentBench."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.intents.gold import Item

HERE = Path(__file__).parent
ITEMS = HERE / "items.jsonl"
DIGEST = "sha256:0e059d0df6ca8c80ca6d5a37340fb324be4a000eff2d9ace1c534089156989d4"
"""Of ``items.jsonl``, since it was frozen. Another digest is another benchmark."""


def digest() -> str:
    """Of the items as they stand."""
    return f"sha256:{sha256(ITEMS.read_bytes()).hexdigest()}"


@cache
def items() -> tuple[Item, ...]:
    """All items, in order."""
    lines = ITEMS.read_text(encoding="utf-8").splitlines()
    return tuple(Item.model_validate_json(line) for line in lines)


@cache
def networks() -> dict[str, Any]:
    """What exists in each network."""
    found: dict[str, Any] = json.loads((HERE / "networks.json").read_text(encoding="utf-8"))
    return found
