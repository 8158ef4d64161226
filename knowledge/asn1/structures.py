"""What a type or message is made of: fields of structures, information elements of messages.

A message of an application protocol (NGAP, XnAP, F1AP, E1AP, NRPPa, E2AP) is a sequence with one
field ``protocolIEs``, a container whose table constraint names the set of its information elements
with criticality and presence (e.g. TS 38.413 clause 9.4.4 on 9.4.8). RRC states presence by
OPTIONAL alone; its conditions stand in comments, which compiled modules do not keep.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.asn1.walk import MAX_DEPTH, blocks, named, objects

_CONTAINERS = ("protocolIEs", "privateIEs")


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a structure, or an information element of a message.

    Attributes:
        name: as the specification writes it; of an element that of its ``id-`` constant.
        type: the named type it is of, else the ASN.1 kind.
        presence: ``mandatory``, ``optional``, ``conditional``, or ``default``; of a choice all are
            ``alternative``.
        number: the element's ProtocolIE-ID; None for fields.
        criticality: ``reject``, ``ignore`` or ``notify``; None for fields.
    """

    name: str
    type: str
    presence: str
    number: int | None = None
    criticality: str | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """A type of one ASN.1 module of a specification, with what it is made of.

    Attributes:
        block: the ASN.1 module as the specification names it, e.g. ``NGAP-PDU-Contents``.
        kind: ASN.1 type, or ``message`` where ``members`` are information elements.
        members: in the order of the specification; none for types that hold no others.
    """

    block: str
    kind: str
    members: tuple[Member, ...] = ()


def structures(module: str) -> Iterator[tuple[str, Structure]]:
    """Paths and structures of one compiled module, in the order of its specification.

    Raises:
        RanwrightError: as :func:`knowledge.asn1.walk.walk`.
    """
    names = _element_names(module)
    for block, name, found in objects(module):
        elements = _elements(found)
        if elements is None:
            yield from _walk(block, name, found, MAX_DEPTH)
        else:
            yield name, Structure(block, "message", tuple(_rows(elements, names)))


def _walk(block: str, path: str, node: Any, room: int) -> Iterator[tuple[str, Structure]]:
    """A type and, where they hold fields, those written in place inside it."""
    yield path, Structure(block, node.TYPE, tuple(_fields(node)))
    inner = {f"{path}.{name}": field for name, field in _members(node)}
    if node.TYPE in ("SEQUENCE OF", "SET OF") and node._cont is not None:
        inner = {f"{path}[]": node._cont}
    for place, field in inner.items():
        if room and not named(field) and (_members(field) or field.TYPE.endswith(" OF")):
            yield from _walk(block, place, field, room - 1)


def _members(node: Any) -> list[tuple[str, Any]]:
    if node.TYPE not in ("SEQUENCE", "SET", "CHOICE") or not node._cont:
        return []
    return list(node._cont.items())


def _element_names(module: str) -> Mapping[int, str]:
    """Names of the information elements by number, from the ``id-`` constants."""
    found: dict[int, str] = {}
    for block in blocks(module):
        for name in block._obj_:
            one: Any = getattr(block, name.replace("-", "_").replace(" ", "_"), None)
            if getattr(one, "_mode", None) == "VALUE" and _type_name(one) == "ProtocolIE-ID":
                found.setdefault(one._val, name.removeprefix("id-"))
    return found


def _elements(node: Any) -> Any | None:
    """The set behind the container of a message, None where it is none."""
    if node.TYPE != "SEQUENCE" or not node._cont:
        return None
    container: Any = next((node._cont[n] for n in _CONTAINERS if n in node._cont), None)
    inner = getattr(container, "_cont", None)
    if inner is None or inner.TYPE != "SEQUENCE" or "id" not in inner._cont:
        return None
    table: Any = inner._cont["id"]._const_tab
    return getattr(table, "_val", None)


def _rows(elements: Any, names: Mapping[int, str]) -> Iterator[Member]:
    # Behind the extension marker of a set stand elements that count like the others.
    for row in (*elements.root, *(elements.ext or ())):
        if "Value" in row and isinstance(row["id"], int):
            number = row["id"]
            yield Member(
                name=names.get(number, str(number)),
                type=_type_name(row["Value"]) or row["Value"].TYPE,
                presence=row["presence"],
                number=number,
                criticality=row["criticality"],
            )


def _fields(node: Any) -> Iterator[Member]:
    for name, field in _members(node):
        presence = "optional" if field._opt else "mandatory"
        if field._def is not None:
            presence = "default"
        if node.TYPE == "CHOICE":
            presence = "alternative"
        yield Member(name=name, type=_type_name(field) or field.TYPE, presence=presence)


def _type_name(node: Any) -> str | None:
    called = getattr(getattr(node, "_typeref", None), "called", None)
    return str(called[1]) if called and isinstance(called[1], str) else None
