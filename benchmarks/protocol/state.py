"""What the protocol's model knows at one moment: an immutable value, cheap to hash and compare.

Durable parts survive the death of their process: decisions (the approver's book), ledger, journal
and outbox (the actuator's), the plant's configuration. ``signing`` and ``act`` are volatile. Fields
of the kind "how often" and "was it" are ghosts: no process reads them, the invariants do.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

FOREIGN = 9
"""The value that somebody else sets."""
LAST_RESORT = 8
"""The value of the fall-back."""
STAGES = ((0,), (1,))
"""Which cells each stage of a plan sets: a canary, then the other one."""

Value = tuple[int, ...]
"""Of each cell; in a control, :data:`KEPT` for the cells that it does not name."""
KEPT = -1

Kind = Literal["progress", "choice", "fault", "refusal"]
Record = tuple[str, int]
"""A ledger record: what happened, to which plan, approval or certificate."""

ENDED = ("fulfilled", "rolled_back", "not_applied")


class Plan(NamedTuple):
    """A plan, bound to the network as it was observed; it sets both cells to ``number + 1``."""

    version: int
    before: Value
    life: int
    passed: bool


class Certificate(NamedTuple):
    """A signed permission. ``approval`` is its identifier; ``serial`` tells two signings apart."""

    approval: int
    plan: int
    issued: int
    serial: int


class Entry(NamedTuple):
    """An action in the journal.

    ``stage`` is the newest whose control may have been sent, ``sent`` the version it was made for.
    ``in_time``, ``measured`` (stages judged good) and ``claims`` are ghosts.
    """

    step: str
    certificate: Certificate
    in_time: bool
    claims: int
    measured: int = 0
    stage: int = 0
    sent: int = 0


class Control(NamedTuple):
    """A signed control on its way: ``act``, ``rollback``, ``fence`` or ``fall_back``."""

    kind: str
    about: int
    version: int
    value: Value
    life: int
    stage: int = 0


By = tuple[str, int] | None
"""What set a cell: an ``act`` or the ``last_resort`` of a certificate; all else does not matter."""


class Plant(NamedTuple):
    """The plant; ``by`` is a ghost. ``past`` is what was before the action that it may forget."""

    up: bool = True
    version: int = 0
    value: Value = (0, 0)
    life: int = 0
    by: tuple[By, ...] = (None, None)
    past: tuple[Value, tuple[By, ...]] | None = None


class Act(NamedTuple):
    """What the actuator is doing: volatile.

    ``struck_next``: the ledger confirmed the oldest item of the outbox, which is struck out next.
    ``link``: the flush's connection to the ledger: not used yet, ``up``, or ``broken``.
    ``cell``: which one the fall-back has come to, -1 outside of it; ``resort``: its second try.
    """

    at: str
    certificate: Certificate | None = None
    version: int = 0
    life: int = 0
    in_time: bool = True
    control: Control | None = None
    end: str = ""
    fence: bool = True
    once: bool = False
    struck_next: bool = False
    link: str = ""
    stage: int = 1
    cell: int = -1
    resort: bool = False


class State(NamedTuple):
    """Everything. Tuples with a place for each plan or its approval, and in it for each stage."""

    plans: tuple[Plan | None, ...]
    decisions: tuple[str, ...]
    journal: tuple[Entry | None, ...]
    sends: tuple[tuple[int, ...], ...]
    applied: tuple[tuple[int, ...], ...]
    approvals: frozenset[Record] = frozenset()
    signing: tuple[Certificate, ...] = ()
    certificates: frozenset[Certificate] = frozenset()
    standing: frozenset[Certificate] = frozenset()
    ledger: frozenset[Record] = frozenset()
    ledger_up: bool = True
    outbox: tuple[Record, ...] = ()
    act: Act | None = None
    wire: tuple[Control, ...] = ()
    answer: tuple[str, int] | None = None
    plant: Plant = Plant()
    time: int = 0
    faults: int = 0
    foreign: bool = False


class Step(NamedTuple):
    """One durable write, one message, or one event outside; and what it leads to."""

    kind: Kind
    actor: str
    event: str
    about: int
    state: State

    @property
    def label(self) -> str:
        """The step for people."""
        about = "" if self.about < 0 else f" {self.about}"
        return f"{self.actor}: {self.event}{about}"


def put(values: tuple, index: int, value: object) -> tuple:  # type: ignore[type-arg]
    """A tuple with one element replaced."""
    return (*values[:index], value, *values[index + 1 :])


def counted(
    counts: tuple[tuple[int, ...], ...], about: int, stage: int
) -> tuple[tuple[int, ...], ...]:
    """One more of a stage of a plan; twice is as good as often."""
    of_plan = counts[about]
    return put(counts, about, put(of_plan, stage - 1, min(2, of_plan[stage - 1] + 1)))


def target(before: Value, plan: int, stage: int) -> Value:
    """The values of both cells once so many stages of a plan stand."""
    moved = {c for cells in STAGES[:stage] for c in cells}
    return tuple(plan + 1 if c in moved else v for c, v in enumerate(before))


def hurt(state: State) -> State:
    """The state after one more fault."""
    return state._replace(faults=state.faults - 1)


def without(controls: Iterable[Control], one: Control) -> tuple[Control, ...]:
    """The wire after one copy of a control left it."""
    left = list(controls)
    left.remove(one)
    return tuple(left)


def open_entries(state: State) -> list[int]:
    """Actions that are live, were interrupted, or could not be taken back."""
    return [i for i, e in enumerate(state.journal) if e is not None and e.step not in ENDED]


def expired(state: State, certificate: Certificate) -> bool:
    """Whether the certificate's time is over."""
    return state.time > certificate.issued
