"""Vectors of cards: those of the built-in cards are shipped, so that nobody waits for them.

    python -m knowledge.vectors

writes them again after cards have changed (half a minute of one core).
"""

import hashlib
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from contracts.canonical import canonical_bytes
from contracts.errors import ExitCode, RanwrightError
from knowledge.cards import Card, cards
from knowledge.encoder import load
from knowledge.encoder_pin import bundled_digest, encoder_digest
from knowledge.minilm import DIMENSIONS, Array
from knowledge.plugin import ENCODER

SHIPPED = Path(__file__).parent / "vectors.safetensors"
_FORMAT = 3
_NAME = "vectors"


def content_key(texts: tuple[Card, ...]) -> str:
    """Name of the index of these cards under the encoder that is used."""
    content = [_FORMAT, encoder_digest(), [c.model_dump() for c in texts]]
    return hashlib.sha256(canonical_bytes(content)).hexdigest()[:24]


def shipped(texts: tuple[Card, ...], path: Path = SHIPPED) -> Array | None:
    """Shipped vectors [N, 384] of exactly these cards under the encoder that is used, or none."""
    try:
        with safe_open(path, framework="np") as file:
            if (file.metadata() or {}).get("content") != content_key(texts):
                return None
            found: Array = file.get_tensor(_NAME).astype(np.float32)
    except (FileNotFoundError, SafetensorError):  # they only save time: encoding them helps itself
        return None
    return found if found.shape == (len(texts), DIMENSIONS) else None


def encoded(texts: tuple[Card, ...]) -> Array:
    """Vectors [N, D] of cards, computed, and rounded as the shipped ones are.

    Raises:
        RanwrightError: as :func:`knowledge.encoder.load`.
    """
    found = load().encode([card.text for card in texts])
    return found.astype(np.float16).astype(np.float32)


def main() -> None:
    """Write the vectors of the built-in cards."""
    if encoder_digest() != bundled_digest():
        raise RanwrightError(
            "knowledge.vectors_setting",
            f"{ENCODER} names another encoder than the bundled one, whose vectors are shipped.",
            f"Unset {ENCODER}.",
            ExitCode.USAGE,
        )
    texts = cards()
    halves = encoded(texts).astype(np.float16)
    save_file({_NAME: halves}, SHIPPED, {"content": content_key(texts)})


if __name__ == "__main__":
    main()
