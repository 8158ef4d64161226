"""From authored templates and words to the frozen sentences of IntentBench.

    python -m benchmarks.intents.expand

Reads ``authored/*.jsonl`` (templates) and ``authored/lexicon*.json`` (words with their gold) and
writes ``items.jsonl``. Every draw follows from :data:`SEED`: which templates and
which words are held out, and which words fill a template.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.intents.gold import KPI_UNITS, Item, Slice
from benchmarks.intents.items import HERE, ITEMS

SEED = 20261124
TUNE_TEMPLATES, TUNE_WORDS = 0.35, 0.5
_TRIES = 60
_CONDITIONS = {
    "AT_LEAST": "IS_EQUAL_TO_OR_GREATER_THAN",
    "AT_MOST": "IS_EQUAL_TO_OR_LESS_THAN",
}


class Slot(BaseModel):
    """How a slot is filled: from a category of the lexicon (``only`` these entries), or a number.

    ``number``: drawn from ``values``, written in a form of ``unit`` (or of the unit of the KPI in
    slot ``of``); its gold is in the benchmark's unit.
    """

    model_config = ConfigDict(extra="forbid")

    category: str | None = None
    only: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    unit: str | None = None
    of: str | None = None


class Template(BaseModel):
    """A sentence with slots in braces; in the gold, ``$slot`` stands for that of a slot."""

    model_config = ConfigDict(extra="forbid")

    template: str
    slice: Slice
    text: str
    language: str = "en"
    network: str = "city"
    slots: dict[str, Slot] = Field(default_factory=dict)
    accepted: list[Any] = Field(min_length=1)
    history: list[Any] = Field(default_factory=list)
    injection: bool = False
    count: int = Field(default=4, ge=1, le=8)


class Lexicon:
    """Words by language, category and entry; ``gold`` is what an entry means.

    A file holds ``{category: {entry: {"gold": ..., "en": [...], "de": [...], "network": ...}}}``.
    Number forms stand under ``unit:NAME``: each entry's gold is the factor to the benchmark's unit.
    """

    def __init__(self, entries: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        self._entries = entries

    @classmethod
    def load(cls) -> "Lexicon":
        """All lexicon files together; a later file may add entries and words, not change gold."""
        merged: dict[str, dict[str, dict[str, Any]]] = {}
        for path in sorted((HERE / "authored").glob("lexicon*.json")):
            for category, entries in json.loads(path.read_text()).items():
                for key, entry in entries.items():
                    known = merged.setdefault(category, {}).setdefault(key, dict(entry))
                    if known["gold"] != entry["gold"]:
                        raise ValueError(f"{category}.{key} has two meanings")
                    for language in ("en", "de"):
                        words = [*known.get(language, []), *entry.get(language, [])]
                        known[language] = list(dict.fromkeys(words))
        return cls(merged)

    def draw(
        self, slot: Slot, template: Template, held_out: bool, dice: random.Random
    ) -> tuple[str, Any, str]:
        """A surface, its gold, and the lexeme's name (``category.entry=surface``)."""
        if slot.category is None:
            raise ValueError("a number is drawn elsewhere")
        entries = self._entries[slot.category]
        names = [
            n
            for n in (slot.only or entries)
            if entries[n].get("network", template.network) == template.network
        ]
        chosen = [
            (surface, entries[n]["gold"], f"{slot.category}.{n}={surface}")
            for n in names
            for surface in entries[n].get(template.language, [])
        ]
        if not chosen:
            raise ValueError(f"{template.template}: no word for {slot}")
        fitting = [c for c in chosen if held_out or not is_held_out(c[2], TUNE_WORDS)]
        by_entry = dice.choice(
            sorted({json.dumps(c[1], sort_keys=True) for c in fitting or chosen})
        )
        return dice.choice(
            [c for c in fitting or chosen if json.dumps(c[1], sort_keys=True) == by_entry]
        )

    def number(
        self, slot: Slot, unit: str, template: Template, held_out: bool, dice: random.Random
    ) -> tuple[str, Any, str]:
        """A number with a unit, its value in the benchmark's unit, and the unit form's name."""
        value = dice.choice(slot.values)
        form = Slot(category=f"unit:{unit}")
        written, factor, name = self.draw(form, template, held_out, dice)
        number = f"{value / factor:.10g}"
        if template.language == "de":
            number = number.replace(".", ",")
        return written.replace("#", number), value, name


def is_held_out(name: str, tune_share: float) -> bool:
    """Whether a template or word is held out: a draw that hangs on its name and the seed alone."""
    return random.Random(f"{SEED}:{name}").random() >= tune_share


def expand(template: Template, lexicon: Lexicon) -> Iterator[Item]:
    """Distinct items of a template."""
    dice = random.Random(f"{SEED}:draw:{template.template}")
    seen: set[str] = set()
    held_template = is_held_out(template.template, TUNE_TEMPLATES)
    for attempt in range(_TRIES):
        if len(seen) == template.count:
            return
        text, golds, lexemes = _fill(template, lexicon, attempt % 2 == 1, dice)
        if text in seen:
            continue
        seen.add(text)
        held_word = any(is_held_out(name, TUNE_WORDS) for name in lexemes)
        yield Item(
            id=f"{template.template}-{len(seen)}",
            slice=template.slice,
            language="de" if template.language == "de" else "en",
            network=template.network,
            sentence=text,
            history=tuple(_resolve(turn, golds) for turn in template.history),
            accepted=tuple(_resolve(answer, golds) for answer in template.accepted),
            injection=template.injection,
            template=template.template,
            lexemes=lexemes,
            split={
                (False, False): "tune",
                (True, False): "held_out_template",
                (False, True): "held_out_lexeme",
                (True, True): "held_out_both",
            }[held_template, held_word],
        )


def _fill(
    template: Template, lexicon: Lexicon, held_out: bool, dice: random.Random
) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    text, golds, lexemes = template.text, dict[str, Any](), list[str]()
    for name, slot in template.slots.items():
        if slot.values:
            unit = slot.unit or KPI_UNITS[golds[slot.of or "kpi"]["kpi"]]
            surface, gold, lexeme = lexicon.number(slot, unit, template, held_out, dice)
        else:
            surface, gold, lexeme = lexicon.draw(slot, template, held_out, dice)
        if f"{{{name}}}" not in text and not any(name in json.dumps(t) for t in template.history):
            raise ValueError(f"{template.template}: slot {name} is not in the text")
        text = text.replace(f"{{{name}}}", surface)
        golds[name] = gold
        golds[f"{name}.surface"] = surface
        lexemes.append(lexeme)
    if re.search(r"[{}]", text):
        raise ValueError(f"{template.template}: a slot was not filled: {text}")
    return text[0].upper() + text[1:], golds, tuple(lexemes)


def _resolve(value: Any, golds: Mapping[str, Any]) -> Any:
    match value:
        case str() if value in _CONDITIONS:
            return _CONDITIONS[value]
        case str() if value.startswith("-$"):
            return -golds[value[2:]]
        case str() if value.startswith("$"):
            return golds[value[1:]]
        case str():
            return re.sub(r"\{(\w+)\}", lambda m: golds[f"{m[1]}.surface"], value)
        case list():
            return tuple(_resolve(v, golds) for v in value)
        case dict():
            made = {k: _resolve(v, golds) for k, v in value.items()}
            if isinstance(made.get("kpi"), dict):
                return {**made, **made["kpi"]}
            return made
    return value


def load_templates() -> list[Template]:
    """All authored templates; names are unique."""
    found = [
        Template.model_validate_json(line)
        for path in sorted((HERE / "authored").glob("*.jsonl"))
        for line in path.read_text().splitlines()
        if line.strip()
    ]
    names = [t.template for t in found]
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        raise ValueError(f"templates named twice: {sorted(twice)}")
    return found


def made() -> list[Item]:
    """All items, in order."""
    lexicon = Lexicon.load()
    return [item for template in load_templates() for item in expand(template, lexicon)]


def written(items: Iterable[Item]) -> str:
    """The items as the file holds them."""
    return "".join(item.model_dump_json(exclude_none=True) + "\n" for item in items)


def main() -> None:
    """Write the items, and print how many there are of each slice and split."""
    items = made()
    sentences: dict[tuple[str, str], str] = {}
    for item in items:
        key = (item.sentence, json.dumps([t.sentence for t in item.history]))
        if key in sentences:
            raise ValueError(f"{item.id} says the same as {sentences[key]}: {item.sentence}")
        sentences[key] = item.id
    text = written(items)
    ITEMS.write_text(text, encoding="utf-8")
    table: dict[str, dict[str, int]] = {}
    for item in items:
        row = table.setdefault(item.slice, {})
        row[item.split] = row.get(item.split, 0) + 1
    for name, row in sorted(table.items()):
        print(f"{name:14s} {sum(row.values()):5d}  {row}")
    print(len(items), "items", sha256(text.encode()).hexdigest())


if __name__ == "__main__":
    main()
