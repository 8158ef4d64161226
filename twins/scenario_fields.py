"""Every field a scenario file may hold, with what it must be: read off the model itself.

Error messages and the guide say the same because both come from here:
``python -m twins.scenario_fields docs/guide/scenario.md`` writes the guide's tables anew.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

Location = tuple[str | int, ...]
"""Where a value stands, as pydantic says it; a union's tag stands after the union's field."""

ITEM = 0
"""Stands for every index of a list."""

TABLES_FOLLOW = "<!-- Written by python -m twins.scenario_fields: -->\n\n"

_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_NOUNS = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "null": "nothing",
}


@dataclass(frozen=True)
class FieldRule:
    """One field.

    Attributes:
        location: indices are ``ITEM``.
        must_be: what is accepted, for instance ``a number at least 0 and below 360``.
        meaning: from the model's description; units stand in the field's name.
        keys: keys of the mapping that the field holds; empty otherwise.
    """

    location: Location
    must_be: str
    meaning: str
    keys: tuple[str, ...] = ()


def rules_of(model: type[BaseModel]) -> dict[Location, FieldRule]:
    """Rules of a model's fields by location, in order of the model; the root is at ``()``."""
    schema = model.model_json_schema()
    return {rule.location: rule for rule in _walk(schema, (), schema.get("$defs", {}), "")}


def place(location: Location) -> str:
    """A location as it is written: ``sites[2].sectors[0].azimuth_deg``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".")


def guide_table(model: type[BaseModel]) -> str:
    """The fields as Markdown tables, one for each mapping that holds plain values."""
    rules = rules_of(model)
    parts = []
    for holder in rules.values():
        children = [rules[(*holder.location, key)] for key in holder.keys]
        if not children:
            continue
        title = place(holder.location).replace(f"[{ITEM}]", "[]") or "The file"
        parts.append(
            f"### {title}\n\n{holder.meaning}\n\n| field | must be | meaning |\n|---|---|---|"
        )
        parts[-1] += "".join(
            f"\n| `{rule.location[-1]}` | {rule.must_be} | {rule.meaning} |" for rule in children
        )
    return "\n\n".join(parts) + "\n"


def _walk(
    schema: dict[str, Any], location: Location, definitions: dict[str, Any], meaning: str
) -> Iterator[FieldRule]:
    meaning = meaning or schema.get("description", "").split("\n\n")[0].replace("\n", " ")
    if reference := schema.get("$ref"):
        yield from _walk(definitions[reference.rsplit("/", 1)[1]], location, definitions, meaning)
    elif "discriminator" in schema:
        union = schema["discriminator"]
        tags = " or ".join(union["mapping"])
        must_be = f"a mapping whose {union['propertyName']} is {tags}"
        yield FieldRule(location, must_be, meaning)
        for tag, target in union["mapping"].items():
            yield from _walk({"$ref": target}, (*location, tag), definitions, "")
    elif any("$ref" in choice for choice in schema.get("anyOf", ())):
        names = [choice["$ref"].rsplit("/", 1)[1] for choice in schema["anyOf"]]
        yield FieldRule(location, "a mapping: " + " or ".join(names), meaning)
        for name in names:
            yield from _walk(definitions[name], (*location, name), definitions, "")
    elif schema.get("type") == "object":
        fields = schema["properties"]
        must_be = "a mapping with " + ", ".join(fields)
        yield FieldRule(location, must_be, meaning, tuple(fields))
        for name, field in fields.items():
            yield from _walk(field, (*location, name), definitions, "")
    elif schema.get("type") == "array":
        yield from _walk_list(schema, location, definitions, meaning)
    else:
        optional = "default" in schema and "const" not in schema
        default = f"; {schema['default']} if left out" if optional else ""
        yield FieldRule(location, _value(schema) + default, meaning)


def _walk_list(
    schema: dict[str, Any], location: Location, definitions: dict[str, Any], meaning: str
) -> Iterator[FieldRule]:
    fixed = schema.get("prefixItems")
    size = f"{len(fixed)} numbers" if fixed else f"at least {schema.get('minItems', 0)}"
    yield FieldRule(location, f"a list of {size}", meaning)
    for index, item in enumerate(fixed or [schema["items"]]):
        yield from _walk(item, (*location, index), definitions, "")


def _value(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_value(choice) for choice in schema["anyOf"])
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    bounds = " and ".join(f"{word} {schema[k]:g}" for k, word in _BOUNDS.items() if k in schema)
    pattern = f"matching {schema['pattern']}" if "pattern" in schema else ""
    return " ".join(filter(None, (_NOUNS[schema["type"]], bounds, pattern)))


def main(guide: Path) -> None:
    """Write the tables of a guide anew: of profiles in ``dynamics.md``, else of scenarios."""
    from twins.dynamics.profile import Profile
    from twins.scenario import Scenario

    model = Profile if guide.stem == "dynamics" else Scenario
    prose = guide.read_text(encoding="utf-8").partition(TABLES_FOLLOW)[0]
    guide.write_text(prose + TABLES_FOLLOW + guide_table(model), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
