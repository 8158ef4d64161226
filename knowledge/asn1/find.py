"""Exact look-up in the ASN.1 of the specifications: constraint, structure, citation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

from pydantic import Field

from contracts.canonical import Contract
from contracts.errors import ExitCode, RanwrightError
from contracts.evidence import Citation
from knowledge.asn1.cache import Facts, Progress, Structures, load_facts, load_structures, wheel_key
from knowledge.asn1.facts import without_release
from knowledge.asn1.structures import Member
from knowledge.asn1.walk import SPECIFICATIONS

_CLAUSES = {
    "NGAP-IEs": "9.4.5",
    "XnAP-IEs": "9.3.5",
    "F1AP-IEs": "9.4.5",
    "E1AP-IEs": "9.4.5",
}
"""Clauses of the ASN.1 modules that were read in the specifications; others are not guessed."""

_MAX_NAME_CHARS = 200
_SPELT: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    str.casefold,
    lambda text: without_release(text.casefold()),
)


class MemberFact(Contract):
    """A field or information element; as :class:`knowledge.asn1.structures.Member`."""

    name: str
    type: str
    presence: str
    number: int | None = None
    criticality: str | None = None


class Asn1Fact(Contract):
    """What the ASN.1 of a specification says of one name; ranges are of the field as sent."""

    name: str = Field(description="`Type`, or `Type.field`, `[]` for the entries of a list")
    citation: Citation
    asn1_module: str = Field(description="ASN.1 module that holds it, e.g. NGAP-PDU-Contents")
    kind: str = Field(description="ASN.1 type, or `message`, or a field's named type")
    type: str | None = Field(default=None, description="of a field: its named type, else the kind")
    presence: str | None = Field(default=None, description="of a field: whether it may be absent")
    low: int | None = None
    high: int | None = None
    literals: tuple[str, ...] | None = None
    size: tuple[int, int] | None = Field(default=None, description="bits, octets or entries")
    extensible: bool = False
    members: tuple[MemberFact, ...] = ()

    @property
    def source(self) -> str:
        """Where it stands, in one line."""
        clause = f" clause {self.citation.clause}" if self.citation.clause else ""
        return f"from ASN.1 of {self.citation.spec}{clause}, module {self.asn1_module}"


def find_asn1(
    name: str,
    modules: Iterable[str] = SPECIFICATIONS,
    progress: Progress = lambda module: None,
) -> tuple[Asn1Fact, ...]:
    """Everything of exactly this name: types, messages, fields; several modules may have one.

    Case counts, unless nothing is spelt so. A field's name alone finds every field of that name;
    a release ending (``-r16``) may be left out.

    Args:
        name: ``AMF-UE-NGAP-ID``, ``DRX-Config.drx-onDurationTimer``, ``InitialUEMessage``, or with
            the module before it, ``NGAP:PagingDRX``.
        modules: compiled modules to look in.
        progress: told the name of each module that is walked, which takes seconds at first use.

    Raises:
        RanwrightError: ``knowledge.asn1_unknown``, or as
            :func:`knowledge.asn1.cache.load_facts`.
    """
    wanted = name[:_MAX_NAME_CHARS].strip()
    named, colon, path = wanted.partition(":")
    if colon:
        wanted, modules = path, (named,)
    read = _read(tuple(modules), progress)
    for spelt in _SPELT:
        paths = {key: spelt(key.partition(":")[2]) for key in read.keys}
        same = [key for key, path in paths.items() if path == spelt(wanted)]
        found = same or [key for key, path in paths.items() if path.endswith(f".{spelt(wanted)}")]
        if found:
            return tuple(_answer(key, read) for key in found)
    raise RanwrightError(
        "knowledge.asn1_unknown",
        f"No type, message or field of {', '.join(read.modules)} is called {wanted!r}.",
        "Spell it as the specification does, or search for it.",
        ExitCode.USAGE,
    )


@dataclass(frozen=True)
class _Read:
    modules: tuple[str, ...]
    facts: Facts
    structures: Structures
    fields: Mapping[str, Member]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.structures, *self.facts, *self.fields)))


_kept: dict[tuple[str, tuple[str, ...]], _Read] = {}


def _read(modules: tuple[str, ...], progress: Progress) -> _Read:
    key = (wheel_key(), modules)
    if key not in _kept:
        facts = load_facts(modules, progress=progress)
        structures = load_structures(modules, progress=progress)
        fields = {
            f"{path}.{member.name}": member
            for path, structure in structures.items()
            if structure.kind != "message"
            for member in structure.members
        }
        _kept[key] = _Read(modules, facts, structures, fields)
    return _kept[key]


def _answer(key: str, read: _Read) -> Asn1Fact:
    module, _, path = key.partition(":")
    top = read.structures[f"{module}:{path.partition('.')[0].partition('[')[0]}"]
    own, fact, field = read.structures.get(key), read.facts.get(key), read.fields.get(key)
    kinds = (fact and fact.kind, own and own.kind, field and field.type)
    said = Asn1Fact(
        name=path,
        citation=Citation(
            spec=SPECIFICATIONS[module],
            clause=_CLAUSES.get(top.block),
            verified_by=(f"pycrate {version('pycrate')}",),
        ),
        asn1_module=top.block,
        kind=next(kind for kind in kinds if kind),
        type=field.type if field else None,
        presence=field.presence if field else None,
        members=tuple(_member(m) for m in own.members) if own else (),
    )
    limits = ("low", "high", "literals", "size", "extensible")
    return said.model_copy(update={n: getattr(fact, n) for n in limits}) if fact else said


def _member(member: Member) -> MemberFact:
    return MemberFact(**{name: getattr(member, name) for name in member.__slots__})
