"""Formulae of Office documents (OMML, ISO/IEC 29500-1 clause 22.1) as one line of text."""

from xml.etree.ElementTree import Element

from knowledge.ingest.limits import too_deep
from knowledge.ingest.readers.ooxml import M, W

_PROPERTIES = ("Pr",)
_DELETED = frozenset({W + "del", W + "moveFrom"})
_NARY_DEFAULT = "\u222b"


def linear(formula: Element, room: int) -> str:
    """``a/b`` as ``(a)/(b)``, scripts as ``x_{i}^{2}``, roots as ``sqrt(x)``, matrices by rows.

    Args:
        formula: ``m:oMath`` or anything inside one.
        room: levels that may still be nested.

    Raises:
        RanwrightError: ``ingest.nested_too_deep``.
    """
    if room <= 0:
        raise too_deep("formulae")
    tag = formula.tag
    if tag == M + "t":
        return formula.text or ""
    if tag in _DELETED or tag.endswith(_PROPERTIES):
        return ""
    shape = _SHAPES.get(tag.removeprefix(M)) if tag.startswith(M) else None
    if shape is not None:
        return shape(formula, room - 1)
    return "".join(linear(child, room - 1) for child in formula)


def _part(formula: Element, name: str, room: int) -> str:
    found = formula.find(M + name)
    return "" if found is None else linear(found, room)


def _character(formula: Element, kind: str, name: str, default: str) -> str:
    found = formula.find(f"{M}{kind}/{M}{name}")
    return default if found is None else found.get(M + "val", "")


def _scripted(base: str, low: str, high: str) -> str:
    return base + (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")


def _fraction(formula: Element, room: int) -> str:
    return f"({_part(formula, 'num', room)})/({_part(formula, 'den', room)})"


def _scripts(formula: Element, room: int) -> str:
    base = _part(formula, "e", room)
    return _scripted(base, _part(formula, "sub", room), _part(formula, "sup", room))


def _scripts_before(formula: Element, room: int) -> str:
    scripts = _scripted("", _part(formula, "sub", room), _part(formula, "sup", room))
    return scripts + _part(formula, "e", room)


def _limit_below(formula: Element, room: int) -> str:
    return _scripted(_part(formula, "e", room), _part(formula, "lim", room), "")


def _limit_above(formula: Element, room: int) -> str:
    return _scripted(_part(formula, "e", room), "", _part(formula, "lim", room))


def _root(formula: Element, room: int) -> str:
    degree = _part(formula, "deg", room)
    return f"sqrt{f'[{degree}]' if degree else ''}({_part(formula, 'e', room)})"


def _nary(formula: Element, room: int) -> str:
    sign = _character(formula, "naryPr", "chr", _NARY_DEFAULT)
    sign = _scripted(sign, _part(formula, "sub", room), _part(formula, "sup", room))
    return f"{sign} {_part(formula, 'e', room)}"


def _delimited(formula: Element, room: int) -> str:
    inner = _character(formula, "dPr", "sepChr", "|").join(
        linear(part, room) for part in formula.findall(M + "e")
    )
    begin = _character(formula, "dPr", "begChr", "(")
    return f"{begin}{inner}{_character(formula, 'dPr', 'endChr', ')')}"


def _function(formula: Element, room: int) -> str:
    return f"{_part(formula, 'fName', room)} {_part(formula, 'e', room)}"


def _matrix(formula: Element, room: int) -> str:
    rows = (
        ", ".join(linear(cell, room) for cell in row.findall(M + "e"))
        for row in formula.findall(M + "mr")
    )
    return f"[{'; '.join(rows)}]"


def _equations(formula: Element, room: int) -> str:
    return "; ".join(linear(line, room) for line in formula.findall(M + "e"))


_SHAPES = {
    "f": _fraction,
    "sSub": _scripts,
    "sSup": _scripts,
    "sSubSup": _scripts,
    "sPre": _scripts_before,
    "limLow": _limit_below,
    "limUpp": _limit_above,
    "rad": _root,
    "nary": _nary,
    "d": _delimited,
    "func": _function,
    "m": _matrix,
    "eqArr": _equations,
}
