"""Conflicts between activations: found from their papers alone, decided by priority, explained.

Direct: both set one parameter of one cell. Indirect: one sets what moves a KPI that the other has
promised, by the parameter dictionary. Implicit: whatever else one does to the other; only the twin
can tell, so the verifier lets them move together there, and ``plan.beside`` says beside whom.

A proof beside the other settles an indirect conflict and an implicit one, and no direct one. What
is not settled is decided by priority: a newcomer of a higher one suspends the older, else it is
refused. Of equal ones who came first stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.activation import ActivationPlan
from contracts.dictionary import lookup
from contracts.kpi import CATALOGUE
from contracts.requirement import format_cells

Kind = Literal["direct", "indirect", "implicit"]
Outcome = Literal["refused", "suspended", "proven"]


@dataclass(frozen=True)
class Party:
    """An activation as far as conflicts go."""

    activation_id: str
    plan: ActivationPlan


@dataclass(frozen=True)
class Conflict:
    """Two activations that are in each other's way, and why.

    ``cells`` are those that ``mover`` may move; ``kpi`` is what that does to the other's promise.
    """

    kind: Kind
    newcomer: str
    other: str
    cells: tuple[int, ...]
    parameter: str | None
    kpi: str | None
    why: str


@dataclass(frozen=True)
class Ruling:
    """A conflict and what becomes of it: the newcomer ``refused``, the other ``suspended``, or
    both go on because that is ``proven``.
    """

    conflict: Conflict
    outcome: Outcome
    explanation: str


@dataclass(frozen=True)
class Decision:
    """All rulings about a newcomer, and who is suspended for it if it is not refused."""

    rulings: tuple[Ruling, ...]
    suspended: tuple[str, ...]

    @property
    def refusal(self) -> Ruling | None:
        """Why the newcomer cannot go live, if it cannot."""
        return next((r for r in self.rulings if r.outcome == "refused"), None)


def decide(newcomer: Party, live: Sequence[Party]) -> Decision:
    """Whether a newcomer may go live beside the others, and at whose cost.

    Args:
        newcomer: a new activation.
        live: those that may move now, in any order.
    """
    rulings, suspended = list[Ruling](), list[str]()
    for other in live:
        found = tuple(_rulings(newcomer, other))
        rulings.extend(found)
        if any(r.outcome == "suspended" for r in found):
            suspended.append(other.activation_id)
    present = {party.activation_id for party in live}
    for name in newcomer.plan.beside:
        if name not in present:
            rulings.append(_beside_nobody(newcomer, name))
    return Decision(tuple(rulings), tuple(suspended))


def may_return(suspended: Party, live: Sequence[Party]) -> bool:
    """Whether a suspended activation may go on: in nobody's way, proven beside each."""
    return all(
        not list(_direct(suspended, other))
        and (
            other.activation_id in suspended.plan.beside
            or suspended.activation_id in other.plan.beside
        )
        for other in live
    )


def _rulings(newcomer: Party, other: Party) -> Iterator[Ruling]:
    proven = other.activation_id in newcomer.plan.beside
    direct, indirect = list(_direct(newcomer, other)), list(_indirect_both(newcomer, other))
    wins = newcomer.plan.priority > other.plan.priority
    ranks = f"priority {newcomer.plan.priority} against {other.plan.priority}"
    decided: Outcome = "suspended" if wins else "refused"
    rest = "its cells go to their base until then" if wins else "who was first stays"
    by_rank = f"{_short(newcomer if wins else other)} goes on ({ranks}; {rest})"
    for conflict in direct:
        yield Ruling(conflict, decided, f"{conflict.why}; {by_rank}.")
    for conflict in indirect:
        if proven and not direct:
            on_twin = "both go on: the twin has proven that they keep their promises together"
            yield Ruling(conflict, "proven", f"{conflict.why}; {on_twin}.")
        elif not direct:
            yield Ruling(conflict, decided, f"{conflict.why}; {by_rank}.")
    if not proven and not direct and not indirect:
        conflict = _unproven(newcomer, other)
        yield Ruling(conflict, decided, f"{conflict.why}; {by_rank}.")


def _direct(newcomer: Party, other: Party) -> Iterator[Conflict]:
    theirs = {(v.parameter, v.cell_id) for v in other.plan.envelope}
    shared = [v for v in newcomer.plan.envelope if (v.parameter, v.cell_id) in theirs]
    for parameter in sorted({v.parameter for v in shared}):
        cells = tuple(v.cell_id for v in shared if v.parameter == parameter)
        why = (
            f"{_short(newcomer)} and {_short(other)} both set {parameter} of"
            f" cells {format_cells(cells)}"
        )
        names = newcomer.activation_id, other.activation_id
        yield Conflict("direct", *names, cells, parameter, None, why)


def _indirect_both(newcomer: Party, other: Party) -> Iterator[Conflict]:
    names = newcomer.activation_id, other.activation_id
    for mover, promiser in ((newcomer, other), (other, newcomer)):
        for cells, parameter, kpi, why in _moved_promises(mover, promiser):
            yield Conflict("indirect", *names, cells, parameter, kpi, why)


def _moved_promises(
    mover: Party, promiser: Party
) -> Iterator[tuple[tuple[int, ...], str, str, str]]:
    for parameter in sorted({v.parameter for v in mover.plan.envelope}):
        cells = tuple(v.cell_id for v in mover.plan.envelope if v.parameter == parameter)
        influences = {i.kpi: i for i in lookup(parameter).moves}
        for promise in promiser.plan.promises:
            requirement = promise.requirement
            influence = influences.get(requirement.kpi)
            if influence is None:
                continue
            own = tuple(c for c in cells if c in requirement.cells)
            moving = cells if influence.reach == "other_cells" else own
            if moving:
                why = (
                    f"{parameter} of cells {format_cells(moving)}, which {_short(mover)} may set,"
                    f" moves {CATALOGUE[requirement.kpi].label} of cells"
                    f" {format_cells(requirement.cells)}, which {_short(promiser)} has promised"
                    f" ({influence.source})"
                )
                yield moving, parameter, requirement.kpi.value, why


def _unproven(newcomer: Party, other: Party) -> Conflict:
    cells = tuple(v.cell_id for v in newcomer.plan.envelope)
    why = f"the proof of {_short(newcomer)} held the cells still that {_short(other)} may move"
    names = newcomer.activation_id, other.activation_id
    return Conflict("implicit", *names, cells, None, None, why)


def _beside_nobody(newcomer: Party, name: str) -> Ruling:
    cells = tuple(v.cell_id for v in newcomer.plan.envelope)
    why = f"the proof of {_short(newcomer)} let {name[:8]} move, which is not live"
    conflict = Conflict("implicit", newcomer.activation_id, name, cells, None, None, why)
    return Ruling(conflict, "refused", f"{why}; have it proven beside what is live.")


def _short(party: Party) -> str:
    return f"activation {party.activation_id[:8]}"
