"""YAML with every scalar as it is written: ``NO`` stays ``NO``, 010 stays 010.

YAML 1.1 reads NO, YES, ON and OFF as booleans; enumerations of 3GPP files hold such literals. No
object is ever built from a tag, and aliases are refused: a few of them expand without bound.
"""

from typing import Any

import yaml

from contracts.errors import RanwrightError
from knowledge.ingest.characters import Screen
from knowledge.ingest.limits import Limits, damaged, too_deep

Yaml = dict[str, "Yaml"] | list["Yaml"] | str
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str, limits: Limits, screen: Screen, repeated: list[str]) -> Yaml:
    """The first document of the text.

    Args:
        text: YAML or JSON.
        limits: on nesting.
        screen: cleans scalars, whose escapes may stand for characters that nobody sees.
        repeated: receives keys that stand twice in one map; the first one counts.

    Raises:
        RanwrightError: ``ingest.damaged``, ``ingest.nested_too_deep`` or ``ingest.alias``.
    """
    builder = _Builder(limits, screen, repeated)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            builder.take(event)
    except (yaml.YAMLError, ValueError) as error:
        raise damaged(f"YAML: {' '.join(str(error).split())[:200]}") from error
    return builder.root


class _Builder:
    def __init__(self, limits: Limits, screen: Screen, repeated: list[str]) -> None:
        self._limits = limits
        self._screen = screen
        self._repeated = repeated
        self._open: list[dict[str, Yaml] | list[Yaml]] = []
        self._keys: list[str | None] = []
        self.root: Yaml = ""

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise RanwrightError(
                "ingest.alias", "The file repeats a node by an alias.", "Write the node out."
            )
        if isinstance(event, yaml.ScalarEvent):
            self._place(self._screen.clean(str(event.value)))
        elif isinstance(event, yaml.CollectionStartEvent):
            made: dict[str, Yaml] | list[Yaml] = {}
            if isinstance(event, yaml.SequenceStartEvent):
                made = []
            self._place(made)
            self._open.append(made)
            self._keys.append(None)
            if len(self._open) > self._limits.nesting:
                raise too_deep("maps and lists")
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()

    def _place(self, value: Yaml) -> None:
        if not self._open:
            self.root = value
            return
        around = self._open[-1]
        if isinstance(around, list):
            around.append(value)
            return
        key = self._keys[-1]
        if key is None:
            if not isinstance(value, str):
                raise damaged("a key of a YAML map is no scalar")
            self._keys[-1] = value
            return
        if key in around:
            self._repeated.append(key)
        else:
            around[key] = value
        self._keys[-1] = None
