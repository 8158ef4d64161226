"""Helpers shared by the tests of the trusted core."""

from collections.abc import Iterator
from typing import Any


def mutations(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Copies of JSON data in which exactly one scalar differs."""
    if isinstance(value, dict):
        for key, held in value.items():
            for where, changed in mutations(held, f"{path}.{key}"):
                yield where, {**value, key: changed}
    elif isinstance(value, list):
        for index, held in enumerate(value):
            for where, changed in mutations(held, f"{path}[{index}]"):
                yield where, [*value[:index], changed, *value[index + 1 :]]
    else:
        yield path, _other(value)


def _other(value: Any) -> Any:
    if value is None:
        return 0
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    middle = len(value) // 2
    replacement = "0" if value[middle : middle + 1] != "0" else "1"
    return value[:middle] + replacement + value[middle + 1 :]
