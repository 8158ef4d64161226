"""What is live now, and how the node stands: shared by admission, moves, watch and ends.

Whoever changes either, or sends a control, holds :attr:`Board.turn`: one control at a time is under
way, and every one is made for the version that the one before it left.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from contracts.activation import Activation, EndStatus
from contracts.dsse import SignedEnvelope
from contracts.network import NetworkSnapshot
from contracts.plant_link import NodeInfo
from xapps.actuator.activations.conflicts import Party
from xapps.actuator.course import powers_of


@dataclass(frozen=True)
class Verdict:
    """How and why an activation ends."""

    status: EndStatus
    code: str
    reason: str
    measured: NetworkSnapshot | None = None


@dataclass
class Held:
    """An activation that is not over.

    Args:
        activation: the permission.
        envelope: it, as it was signed.
        baseline: snapshot of the action that it follows; gives the cohorts of promises.
        rest_mw: powers that this action left, of all cells of the node.
        status: ``ending`` until the base powers were read back.
        sequence: of the newest move that was sent.
        moves: number of moves that were sent.
        due_ms: KPM time from which the next move is due.
        at_base: since it was suspended, its base powers were read back.
        floor_version: version that the base must be read back later than.
        end: how it ends, once it does.
    """

    activation: Activation
    envelope: SignedEnvelope
    baseline: NetworkSnapshot
    rest_mw: Mapping[int, int]
    status: Literal["live", "suspended", "ending"] = "live"
    sequence: int = -1
    moves: int = 0
    due_ms: int = 0
    at_base: bool = False
    floor_version: int | None = None
    end: Verdict | None = None

    @property
    def name(self) -> str:
        """Identifier of the activation."""
        return self.activation.activation_id

    @property
    def cells(self) -> tuple[int, ...]:
        """Cells of the envelope."""
        return tuple(v.cell_id for v in self.activation.plan.envelope)

    @property
    def party(self) -> Party:
        """It, as conflicts see it."""
        return Party(self.name, self.activation.plan)


@dataclass
class Board:
    """Activations that are not over by identifier, and the node as it was known last.

    ``node`` is ``None`` as long as nothing is known for sure: after a start, and when the plant did
    not answer.
    """

    turn: threading.RLock = field(default_factory=threading.RLock)
    held: dict[str, Held] = field(default_factory=dict)
    node: NodeInfo | None = None

    def live(self) -> list[Held]:
        """Those that may move."""
        return [h for h in list(self.held.values()) if h.status == "live"]

    def strangers(self, powers_mw: Mapping[int, int], rest_mw: Mapping[int, int]) -> list[int]:
        """Cells that no activation moves now whose power is not as the action left it."""
        own = {c for h in self.held.values() if not h.at_base for c in h.cells}
        return [c for c, mw in powers_mw.items() if c not in own and rest_mw.get(c) != mw]


def at_base(held: Held, node: NodeInfo) -> bool:
    """Whether all cells of an activation are at their base powers."""
    present_mw = powers_of(node)
    return all(present_mw.get(c) == mw for c, mw in held.activation.plan.base_mw.items())
