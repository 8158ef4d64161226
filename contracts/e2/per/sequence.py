"""SEQUENCE as a frozen dataclass (X.691 19).

For each type two straight functions are written and compiled once, as ``dataclasses`` does for
``__init__``: a loop over fields would cost more than the fields. A generated pair looks like ::

    def decode(reader):
        mask = take_bits(reader, 1)
        at = 'action_id'
        try:
            v0 = decode0(reader)
            at = 'definition'
            v1 = decode1(reader) if mask & 1 else default1
        except PerError as fault:
            fault.path.append(at)
            raise
        new = Draft()
        new.action_id = v0
        new.definition = v1
        new.__class__ = Class
        return new

    def encode(value, out, free):
        v0 = value.action_id
        v1 = value.definition
        mask = 0
        if v1 != default1: mask |= 1
        free = put_bits(out, free, mask, 1)
        at = 'action_id'
        try:
            free = encode0(v0, out, free)
            at = 'definition'
            if mask & 1: free = encode1(v1, out, free)
        except PerError as fault:
            fault.path.append(at)
            raise
        return free

``Draft`` has the slots of ``Class`` and is not frozen: filling it and then changing its class
takes a quarter of the time of the frozen ``__init__``.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from contracts.e2.per._additions import Additions
from contracts.e2.per._bits import PerError, put_bits, take_bits
from contracts.e2.per.codec import Codec
from contracts.e2.per.fields import Field, Group

T = TypeVar("T")


def sequence(
    cls: type[T], *root: Field, additions: tuple[Field | Group, ...] | None = None
) -> Codec[T]:
    """SEQUENCE whose value is the frozen dataclass ``cls`` with slots.

    Fields of ``cls`` that are not declared here belong to other versions: they are their default
    when decoded, and refused with another value when encoded.

    Args:
        cls: the dataclass; its fields may stand in another order.
        root: the components before the extension marker.
        additions: those behind it; None where there is no marker. Unknown ones are skipped.
    """
    extra = None if additions is None else Additions(cls, additions)
    names = [one.name for one in root] + (extra.names if extra else [])
    elsewhere = _elsewhere(cls, names)
    scope: dict[str, Any] = {
        "Class": cls,
        "Draft": _draft(cls),
        "PerError": PerError,
        "put_bits": put_bits,
        "take_bits": take_bits,
        "extra": extra,
        "not_in_version": _not_in_version,
    }
    for number, one in enumerate(root):
        scope[f"decode{number}"] = one.codec.decode
        scope[f"encode{number}"] = one.codec.encode
        scope[f"default{number}"] = one.default
    for number, (_, value) in enumerate(elsewhere):
        scope[f"elsewhere{number}"] = value
    source = "\n".join(
        _decoder(root, extra, elsewhere, _plain(cls)) + _encoder(root, extra, elsewhere)
    )
    exec(compile(source, f"<aligned PER of {cls.__name__}>", "exec"), scope)  # noqa: S102
    return Codec(cls.__name__, scope["decode"], scope["encode"], _width(root, extra))


def _masks(root: tuple[Field, ...], extra: Additions | None) -> tuple[int, dict[int, int]]:
    """Width of the preamble, and the bit of each optional component by its number."""
    optionals = [number for number, one in enumerate(root) if one.optional]
    bits = {number: 1 << place for place, number in enumerate(reversed(optionals))}
    return len(optionals) + (extra is not None), bits


def _decoder(
    root: tuple[Field, ...],
    extra: Additions | None,
    elsewhere: list[tuple[str, Any]],
    plain: bool,
) -> list[str]:
    width, bits = _masks(root, extra)
    lines = ["def decode(reader):", *_take_mask(width), "    try:", "        at = ''"]
    for run in _runs(root, bits):
        together = sum(bits[number] for number in run) if len(run) > 1 else 0
        indent = "            " if together else "        "
        if together:
            lines.append(f"        {''.join(f'v{number} = ' for number in run)}None")
            lines.append(f"        if mask & {together}:")
        for number in run:
            absent = f" if mask & {bits[number]} else default{number}" if number in bits else ""
            lines.append(f"{indent}at = {root[number].name!r}")
            lines.append(f"{indent}v{number} = decode{number}(reader){absent}")
    lines += ["    except PerError as fault:", "        fault.path.append(at)", "        raise"]
    values = [(one.name, f"v{number}") for number, one in enumerate(root)]
    if extra is not None:
        taken = [f"x{number}" for number in range(len(extra.names))]
        call = f"extra.take(reader) if mask & {1 << (width - 1)} else extra.absent"
        lines.append(f"    {', '.join(taken)}{',' if taken else '_'} = {call}")
        values += list(zip(extra.names, taken, strict=True))
    values += [(name, f"elsewhere{number}") for number, (name, _) in enumerate(elsewhere)]
    if plain:
        lines.append("    new = Draft()")
        lines += [f"    new.{name} = {value}" for name, value in values]
        return [*lines, "    new.__class__ = Class", "    return new"]
    arguments = ", ".join(f"{name}={value}" for name, value in values)
    return [*lines, f"    return Class({arguments})"]


def _runs(root: tuple[Field, ...], bits: dict[int, int]) -> list[list[int]]:
    """Neighbours that are all OPTIONAL, four at most: tested together, as most are missing."""
    runs: list[list[int]] = []
    before = False
    for number, one in enumerate(root):
        alike = number in bits and one.default is None
        if alike and before and len(runs[-1]) < 4:
            runs[-1].append(number)
        else:
            runs.append([number])
        before = alike
    return runs


def _take_mask(width: int) -> list[str]:
    if width == 0:
        return []
    if width > 8:
        return [f"    mask = take_bits(reader, {width})"]
    return [
        "    pos = reader.pos",
        f"    after = pos + {width}",
        f"    if after > reader.end: raise reader.short({width})",
        "    reader.pos = after",
        "    data = reader.data",
        "    pair = (data[pos >> 3] << 8) | data[(pos >> 3) + 1]",
        f"    mask = pair >> ({16 - width} - (pos & 7)) & {(1 << width) - 1}",
    ]


def _encoder(
    root: tuple[Field, ...], extra: Additions | None, elsewhere: list[tuple[str, Any]]
) -> list[str]:
    width, bits = _masks(root, extra)
    lines = ["def encode(value, out, free):"]
    lines += [f"    v{number} = value.{one.name}" for number, one in enumerate(root)]
    for number, (name, _) in enumerate(elsewhere):
        lines.append(f"    if value.{name} != elsewhere{number}: not_in_version({name!r})")
    lines.append("    mask = 0")
    for number, bit in bits.items():
        test = "is not None" if root[number].default is None else f"!= default{number}"
        lines.append(f"    if v{number} {test}: mask |= {bit}")
    if extra is not None:
        lines.append("    present = extra.present(value)")
        lines.append(f"    if present: mask |= {1 << (width - 1)}")
    if width:
        lines.append(f"    free = put_bits(out, free, mask, {width})")
    lines += ["    try:", "        at = ''"]
    for number, one in enumerate(root):
        lines.append(f"        at = {one.name!r}")
        test = f"if mask & {bits[number]}: " if number in bits else ""
        lines.append(f"        {test}free = encode{number}(v{number}, out, free)")
    lines += ["    except PerError as fault:", "        fault.path.append(at)", "        raise"]
    if extra is not None:
        lines.append("    if present: free = extra.put(value, present, out, free)")
    return [*lines, "    return free"]


def _elsewhere(cls: type, names: list[str]) -> list[tuple[str, Any]]:
    """Fields that this version does not have, and their defaults."""
    known = {one.name: one for one in dataclasses.fields(cls)}
    if unknown := set(names) - set(known):
        raise TypeError(f"{cls.__name__} has no fields {sorted(unknown)}")
    rest = [one for name, one in known.items() if name not in names]
    if bare := [one.name for one in rest if one.default is dataclasses.MISSING]:
        raise TypeError(f"{cls.__name__} needs defaults for {bare}")
    return [(one.name, one.default) for one in rest]


def _plain(cls: type) -> bool:
    """Whether instances may be filled slot by slot: nothing checks them at construction."""
    return "__slots__" in vars(cls) and not hasattr(cls, "__post_init__") and cls.__base__ is object


def _draft(cls: type) -> Callable[[], Any]:
    return type(f"{cls.__name__}Draft", (), {"__slots__": vars(cls).get("__slots__", ())})


def _width(root: tuple[Field, ...], extra: Additions | None) -> int | None:
    """Zero for a SEQUENCE that takes no bits, else not fixed."""
    empty = extra is None and all(one.codec.width == 0 and not one.optional for one in root)
    return 0 if empty else None


def _not_in_version(name: str) -> None:
    fault = PerError("this version does not have it")
    fault.path.append(name)
    raise fault
