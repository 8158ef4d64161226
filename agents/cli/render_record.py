"""One parameter of the dictionary, as the terminal shows it."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from contracts.dictionary import ParameterRecord, literal_value, real_value

_MAX_LITERALS = 40


def render_record(record: ParameterRecord) -> Table:
    """A table of two columns: what, and the dictionary's word on it."""
    table = Table(title=record.id, title_justify="left", show_header=False)
    table.add_column("what", style="bold", no_wrap=True)
    table.add_column("value")
    for name, value in _rows(record):
        if value:
            table.add_row(name, Text(value))
    return table


def _rows(record: ParameterRecord) -> Iterator[tuple[str, str]]:
    yield "meaning", record.meaning
    yield "value", record.value_type or ""
    yield "range", _range(record)
    yield "literals", _literals(record)
    for spelling in record.solution_sets:
        yield f"in {spelling.solution_set}", ", ".join(spelling.literals)
    if record.size is not None:
        yield "size", f"{record.size[0]}..{record.size[1]}"
    if record.multiple_of is not None:
        yield "step", f"multiples of {record.multiple_of}"
    yield "unit", record.unit or ""
    yield "real value", _scale(record)
    yield "default", "" if record.default is None else str(record.default)
    yield "object", record.managed_object or record.object_name
    yield (
        "moves",
        "\n".join(f"{i.kpi} ({i.reach.replace('_', ' ')}; {i.source})" for i in record.moves),
    )
    yield "higher", "\n".join(f"{t.higher} {t.kpi}" for t in record.tendencies)
    yield "also called", ", ".join(record.aliases)
    yield "source", _source(record)
    yield "verified by", "\n".join(record.verified_by) if record.verified else "nothing: unverified"
    yield "conflicts", "\n".join(record.conflicts)
    yield "note", record.note or ""
    yield "confidence", record.confidence


def _range(record: ParameterRecord) -> str:
    if record.hard_range is None:
        return ""
    low, high = record.hard_range
    field = f"{low:g}..{high:g}"
    if not record.verified:
        return f"{field} (unverified: no limit)"
    if record.scale is None:
        return field
    ends = (real_value(record, low), real_value(record, high))
    return f"{field}, that is {ends[0]:g}..{ends[1]:g} {record.real_unit}"


def _literals(record: ParameterRecord) -> str:
    literals = record.literals or ()
    shown = [_literal(record, literal) for literal in literals[:_MAX_LITERALS]]
    more = len(literals) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _literal(record: ParameterRecord, literal: int | str) -> str:
    if not isinstance(literal, str) or record.unit is None:
        return str(literal)
    value = literal_value(record, literal)
    return literal if value is None else f"{literal} ({value:g})"


def _scale(record: ParameterRecord) -> str:
    if record.scale is None:
        return ""
    offset = (
        "" if not record.offset else f" {'+' if record.offset > 0 else '-'} {abs(record.offset):g}"
    )
    return f"field x {record.scale:g}{offset} {record.real_unit}"


def _source(record: ParameterRecord) -> str:
    clause = f" §{record.clause}" if record.clause else ""
    version = f" ({record.version})" if record.version else ""
    return f"{record.spec}{clause}{version}"
