"""Seeded chance: picks, digests, lines of junk, and documents with places overwritten."""

import copy
import json
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

STRANGE: tuple[Any, ...] = (None, True, -1, 0, 10**9, 1.5, 1e300, "", "x" * 5000, [], {}, [None])

_T = TypeVar("_T")


class Chance:
    """Draws from one generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def scramble(self, document: dict[str, Any]) -> dict[str, Any]:
        """A copy in which one to three places hold something else, or nothing."""
        changed = json.loads(json.dumps(document))
        while changed == document:
            for _ in range(int(self.rng.integers(1, 4))):
                self._scramble_once(changed)
        return dict(changed)

    def _scramble_once(self, document: dict[str, Any]) -> None:
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                return
            key = self.pick(keys)
            held = place[key]
            if isinstance(held, dict | list) and held and self.rng.random() < 0.9:
                place = held
                continue
            if self.rng.random() < 0.2:
                del place[key]
            else:
                place[key] = copy.deepcopy(self.pick((*STRANGE, self.hexadecimal(64))))
            return

    def junk_line(self) -> bytes:
        """One line that is no request."""
        drawn = self.rng.bytes(int(self.rng.integers(1, 300))).replace(b"\n", b"")
        odd = (b"{}", b"[]", b"null", b'{"method": "control", "params": 1}', b"[" * 2000, b'{"a":')
        return self.pick((drawn, drawn, *odd))

    def pick(self, options: Sequence[_T]) -> _T:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def hexadecimal(self, digits: int) -> str:
        """So many random digits."""
        return self.rng.bytes(digits).hex()[:digits]

    def digest(self) -> str:
        """A digest of nothing."""
        return f"sha256:{self.hexadecimal(64)}"
