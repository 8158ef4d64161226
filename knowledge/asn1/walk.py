"""Walks pycrate's compiled modules: every type and field with a constraint, by its path.

A path is ``Type``, ``Type.field`` or, through types written in place, ``Type.field.inner``;
``[]`` stands for the entries of a list. Fields of named types end the path: those have their own.
"""

import importlib
from collections.abc import Iterator
from typing import Any

from contracts.errors import ExitCode, RanwrightError
from knowledge.asn1.facts import Fact, without_spares

SPECIFICATIONS = {
    "RRCNR": "TS 38.331",
    "NGAP": "TS 38.413",
    "XnAP": "TS 38.423",
    "F1AP": "TS 38.473",
    "E1AP": "TS 37.483",
    "NRPPa": "TS 38.455",
    "E2AP": "O-RAN.WG3.E2AP",
}
"""The modules that are read, and what they are compiled from."""

SIZED = frozenset(
    {
        *("BIT STRING", "OCTET STRING", "SEQUENCE OF", "SET OF"),
        *("IA5String", "PrintableString", "UTF8String", "VisibleString"),
    }
)
"""Kinds whose constraint is a number of bits, octets, entries or characters."""

MAX_DEPTH = 12
"""Types written in place inside each other; no specification goes deeper."""


def walk(module: str) -> Iterator[tuple[str, Fact]]:
    """Paths and facts of one compiled module, in the order of its specification.

    Raises:
        RanwrightError: ``knowledge.asn1_missing``, pycrate is not installed, or
            ``knowledge.asn1_module``, the module is none of :data:`SPECIFICATIONS`.
    """
    for _, name, found in objects(module):
        yield from _walk(name, found, 0)


def objects(module: str) -> Iterator[tuple[str, str, Any]]:
    """ASN.1 module, name and compiled object of every type, in the order of the specification.

    Raises:
        RanwrightError: as :func:`walk`.
    """
    for block in blocks(module):
        for name in block._obj_:
            found = getattr(block, name.replace("-", "_").replace(" ", "_"), None)
            # Values and classes (MODE_VALUE, MODE_SET) constrain no field.
            if found is not None and getattr(found, "_mode", None) == "TYPE":
                yield block._name_, name, found


def blocks(module: str) -> list[Any]:
    """The compiled ASN.1 modules of one specification.

    Raises:
        RanwrightError: as :func:`walk`.
    """
    return [block for block in vars(_load(module)).values() if hasattr(block, "_obj_")]


def _walk(path: str, node: Any, depth: int) -> Iterator[tuple[str, Fact]]:
    fact = _fact(node)
    if fact is not None:
        yield path, fact
    if depth >= MAX_DEPTH or (depth and named(node)):
        return
    if node.TYPE in ("SEQUENCE", "SET", "CHOICE") and node._cont:
        for name, member in node._cont.items():
            yield from _walk(f"{path}.{name}", member, depth + 1)
    elif node.TYPE in ("SEQUENCE OF", "SET OF") and node._cont is not None:
        yield from _walk(f"{path}[]", node._cont, depth + 1)


def named(node: Any) -> bool:
    """Whether a field is of a type that has a name of its own."""
    reference = getattr(node, "_typeref", None)
    return reference is not None and bool(getattr(reference, "called", None))


def _fact(node: Any) -> Fact | None:
    if node.TYPE == "BOOLEAN":
        return Fact("BOOLEAN")
    if node.TYPE == "INTEGER":
        bounds = node._const_val
        if bounds is None:
            return Fact("INTEGER")
        return Fact("INTEGER", bounds.lb, bounds.ub, extensible=_open(bounds))
    if node.TYPE == "ENUMERATED":
        literals = without_spares(tuple(node._cont))
        return Fact("ENUMERATED", literals=literals, extensible=node._ext is not None)
    if node.TYPE in SIZED:
        bounds = node._const_sz
        if bounds is None or bounds.lb is None or bounds.ub is None:
            return Fact(node.TYPE)
        return Fact(node.TYPE, size=(bounds.lb, bounds.ub), extensible=_open(bounds))
    return None


def _open(bounds: Any) -> bool:
    # None: closed; a list, even an empty one: behind the extension marker.
    return getattr(bounds, "ext", None) is not None


def _load(module: str) -> Any:
    if module not in SPECIFICATIONS:
        raise RanwrightError(
            "knowledge.asn1_module",
            f"No module {module[:100]!r} is read.",
            f"Name one of {', '.join(SPECIFICATIONS)}.",
            ExitCode.USAGE,
        )
    try:
        return importlib.import_module(f"pycrate_asn1dir.{module}")
    except ModuleNotFoundError as error:
        raise missing() from error


def missing() -> RanwrightError:
    """What is said where pycrate is not installed."""
    return RanwrightError(
        "knowledge.asn1_missing",
        "The package pycrate, which holds the compiled ASN.1, is not installed.",
        "Install it with pip install 'ranwright[asn1]'.",
        ExitCode.USAGE,
    )
