"""Work in pieces that are kept in a folder, so that a long benchmark goes on where it stopped."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Values = dict[str, Any]


class OutOfTimeError(Exception):
    """The time of this run is used up; the next run goes on."""


class Pieces:
    """Results by name, made once.

    Args:
        folder: one JSON file a piece.
        about: what all pieces follow from; a folder that was begun with something else is refused.
        minutes: no piece is begun after these.
    """

    def __init__(self, folder: Path, about: Values, minutes: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._until_s = time.monotonic() + 60.0 * minutes
        own = folder / "about.json"
        text = json.dumps(about, sort_keys=True)
        if not own.exists():
            own.write_text(text)
        elif own.read_text() != text:
            raise SystemExit(f"{folder} was begun with another model or other settings")

    def get(self, name: str, make: Callable[[], Values]) -> Values:
        """A piece, made now if it is not there.

        Raises:
            OutOfTimeError: it is not there, and the time is used up.
        """
        path = self._folder / f"{name}.json"
        if path.exists():
            found: Values = json.loads(path.read_text())
            return found
        if time.monotonic() > self._until_s:
            raise OutOfTimeError(name)
        made = make()
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(made))
        partial.replace(path)
        print(f"made {name}", flush=True)
        return made
