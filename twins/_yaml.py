"""A YAML file read into a model; each mistake is named with its line, its place and the remedy."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts.errors import ExitCode, RanwrightError
from twins.scenario_fields import ITEM, FieldRule, Location, place, rules_of

_SHOWN = 8
_LONGEST_VALUE = 40

_Model = TypeVar("_Model", bound=BaseModel)


def read_yaml(
    path: Path, model: type[_Model], code: str, guide: str = "docs/guide/scenario.md"
) -> _Model:
    """Read and check a file.

    Args:
        path: the file.
        model: what it must hold.
        code: of the error.
        guide: the page that lists the fields, for the remedy.

    Raises:
        RanwrightError: ``code`` with one line a mistake, a usage error.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, yaml.SafeLoader)
        mistakes = list(_repeated_keys(tree))
        value = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        raise _malformed(code, guide, path, [(1, f"is not UTF-8 text: {error.reason}")]) from error
    except yaml.YAMLError as error:
        raise _malformed(code, guide, path, [_syntax(error)]) from error
    if mistakes:
        raise _malformed(code, guide, path, mistakes)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _malformed(code, guide, path, list(_explained(error, model, tree))) from error


def _malformed(
    code: str, guide: str, path: Path, mistakes: list[tuple[int, str]]
) -> RanwrightError:
    lines = [
        f"{path.name}:{line}: {what}." if line else f"{path.name}: {what}."
        for line, what in sorted(mistakes)[:_SHOWN]
    ]
    if len(mistakes) > _SHOWN:
        lines.append(f"and {len(mistakes) - _SHOWN} more.")
    return RanwrightError(
        code,
        "\n".join(lines),
        f"Correct the file; {guide} lists every field.",
        ExitCode.USAGE,
    )


def _syntax(error: yaml.YAMLError) -> tuple[int, str]:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return 1, f"is not YAML: {error}"
    mark = error.problem_mark
    return mark.line + 1, f"is not YAML: {error.problem} at column {mark.column + 1}"


def _repeated_keys(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """YAML readers keep the last of two equal keys and say nothing."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, f"{key.value} stands here a second time"
            seen.add(key.value)
            yield from _repeated_keys(child)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _repeated_keys(child)


def _explained(
    error: ValidationError, model: type[BaseModel], tree: yaml.Node | None
) -> Iterator[tuple[int, str]]:
    rules = rules_of(model)
    errors = error.errors(include_url=False)
    for detail in errors:
        location = detail["loc"]
        # a list whose item is wrong is also reported as too short
        inner = any(e["loc"][: len(location)] == location != e["loc"] for e in errors)
        if not inner:
            line, written = _found(tree, location)
            yield line, _sentence(detail, place(written), rules)


def _found(tree: yaml.Node | None, location: Location) -> tuple[int, Location]:
    """Line of the value or of what should hold it (0: the whole file); its place in the file."""
    node, line, written = tree, 0, list[str | int]()
    for i, part in enumerate(location):
        child = _child(node, part)
        if child is not None:
            line, node = child
        elif i < len(location) - 1:
            continue  # the tag of a union: not a key of the file
        written.append(part)
    return line, tuple(written)


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    return None


def _sentence(detail: ErrorDetails, where: str, rules: dict[Location, FieldRule]) -> str:
    location = detail["loc"]
    rule = _rule(rules, location)
    if detail["type"] == "value_error":
        return f"{where}: {detail['ctx']['error']}".removeprefix(": ")
    if detail["type"] == "extra_forbidden":
        return f"{where} is unknown; {_known(str(location[-1]), _rule(rules, location[:-1]))}"
    if detail["type"] == "union_tag_invalid":
        where += f".{detail['ctx']['discriminator'].strip(chr(39))}"
        return f"{where} is {detail['ctx']['tag']!r}; known are {detail['ctx']['expected_tags']}"
    must_be = f"; it must be {rule.must_be}" if rule else f": {detail['msg']}"
    if detail["type"] == "missing":
        return f"{where} is missing{must_be}"
    return f"{where or 'the file'} is {_shown(detail['input'])}{must_be}"


def _rule(rules: dict[Location, FieldRule], location: Location) -> FieldRule | None:
    """The rule of a location; that of the first item holds for every item of a list of mappings."""
    every = tuple(ITEM if isinstance(part, int) else part for part in location)
    return rules.get(location) or rules.get(every)


def _known(key: str, holder: FieldRule | None) -> str:
    keys = holder.keys if holder else ()
    near = get_close_matches(key, keys, n=1)
    return f"{near[0]} is meant, perhaps" if near else f"known are {', '.join(keys)}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping" if value else "empty"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None:
        return "empty"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
