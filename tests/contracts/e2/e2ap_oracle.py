"""Random E2AP messages made by pycrate from the protocol's own definition."""

import random
from collections.abc import Iterator
from typing import Any

import pycrate_asn1dir.E2AP as oracle

_CONTENTS = oracle.E2AP_PDU_Contents
_PDU = oracle.E2AP_PDU_Descriptions.E2AP_PDU
_KINDS = (
    ("InitiatingMessage", "initiatingMessage"),
    ("SuccessfulOutcome", "successfulOutcome"),
    ("UnsuccessfulOutcome", "unsuccessfulOutcome"),
)
_TEXT = "ABCDEFGabcdefg0123456789 '()+,-./:=?"
_LONG = 0.03
SUBSCRIPTION_AUDIT = 17


def messages() -> Iterator[tuple[str, int, str, str]]:
    """Name, procedure code, kind and criticality of every message."""
    table = oracle.E2AP_PDU_Descriptions.E2AP_ELEMENTARY_PROCEDURES._val
    for row in table.root:
        for field, kind in _KINDS:
            if field in row:
                name = row[field]._typeref.called[1]
                yield name, row["procedureCode"], kind, row["criticality"]


def encoded(name: str, code: int, kind: str, criticality: str, seed: int) -> bytes:
    """A random message as pycrate encodes it."""
    chance = random.Random(seed)
    body = getattr(_CONTENTS, name.replace("-", "_"))
    value = {
        "procedureCode": code,
        "criticality": criticality,
        "value": (name, _value(body, chance)),
    }
    _PDU.set_val((kind, value))
    return bytes(_PDU.to_aper())


def decodes(octets: bytes) -> bytes:
    """The octets after pycrate has decoded and encoded them."""
    _PDU.from_aper(octets)
    return bytes(_PDU.to_aper())


def _value(kind: Any, chance: random.Random) -> Any:
    return _MAKERS[kind.TYPE](kind, chance)


def _integer(kind: Any, chance: random.Random) -> int:
    bounds = kind._const_val.root[0]
    low, high = bounds.lb, bounds.ub
    if kind._const_val.ext is not None and chance.random() < 0.2:
        return chance.choice((high + 1, high + 1000, 2**33))
    edge = chance.random()
    if edge < 0.3:
        return chance.choice((low, high, min(low + 1, high)))
    return min(high, low + chance.getrandbits(chance.randint(1, (high - low).bit_length())))


def _enumerated(kind: Any, chance: random.Random) -> str:
    return chance.choice(list(kind._root) + list(kind._ext or ()))


def _size(kind: Any, chance: random.Random, most: int) -> int:
    constraint = kind._const_sz
    if constraint is None:
        return (
            chance.choice((0, 1, 2, 130, 300)) if chance.random() < 0.3 else chance.randint(0, 20)
        )
    root = constraint.root[0]
    low, high = (root, root) if isinstance(root, int) else (root.lb, root.ub)
    if constraint.ext is not None and chance.random() < 0.1:
        return high + chance.randint(1, 20)
    return chance.randint(low, min(high, low + (most if chance.random() > _LONG else 70)))


def _octets(kind: Any, chance: random.Random) -> bytes:
    return chance.randbytes(_size(kind, chance, 40))


def _bits(kind: Any, chance: random.Random) -> tuple[int, int]:
    size = _size(kind, chance, 160)
    return chance.getrandbits(size) if size else 0, size


def _text(kind: Any, chance: random.Random) -> str:
    return "".join(chance.choices(_TEXT, k=_size(kind, chance, 60)))


def _choice(kind: Any, chance: random.Random) -> tuple[str, Any]:
    name = chance.choice(list(kind._cont))
    return name, _value(kind._cont[name], chance)


def _sequence(kind: Any, chance: random.Random) -> dict[str, Any]:
    return {
        name: _value(part, chance)
        for name, part in kind._cont.items()
        if not part._opt or chance.random() < 0.5
    }


def _sequence_of(kind: Any, chance: random.Random) -> list[Any]:
    item = kind._cont
    if item.TYPE == "SEQUENCE" and list(item._cont) == ["id", "criticality", "value"]:
        return _elements(kind, item, chance)
    return [_value(item, chance) for _ in range(_size(kind, chance, 3))]


def _elements(kind: Any, item: Any, chance: random.Random) -> list[Any]:
    """A message's elements, or the items of a list, which have one row each."""
    table = item._cont["id"]._const_tab._val
    rows = list(table.root) + list(table.ext or ())
    if "SingleContainer" in str(item._typeref.called):
        return [_element(rows[0], chance) for _ in range(_size(kind, chance, 3))]
    chosen = [row for row in rows if row["presence"] == "mandatory" or chance.random() < 0.6]
    return [_element(row, chance) for row in chosen]


def _element(row: Any, chance: random.Random) -> dict[str, Any]:
    value = row["Value"]
    return {
        "id": row["id"],
        "criticality": row["criticality"],
        "value": (value._typeref.called[1], _value(value, chance)),
    }


_MAKERS = {
    "INTEGER": _integer,
    "ENUMERATED": _enumerated,
    "OCTET STRING": _octets,
    "BIT STRING": _bits,
    "PrintableString": _text,
    "CHOICE": _choice,
    "SEQUENCE": _sequence,
    "SEQUENCE OF": _sequence_of,
}
