"""The fall-back: each cell on its own, to its previous power or else to its power of last resort.

This is the simple controller of a Simplex architecture (Sha, "Using simplicity to control
complexity", IEEE Software 18(4), 2001): it takes over when the way back did not come into force. A
cell that can be set to neither does not hold up the others.
"""

from collections.abc import Sequence
from typing import Literal

import structlog

from contracts.action import ParameterChange
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from xapps.actuator.course import powers_of
from xapps.actuator.way_back import WayBack, not_taken

_log = structlog.get_logger(__name__)


class FallBack:
    """Brings the cells of one plan to powers that were certified before it was carried out.

    Args:
        way_back: that could not be taken; says how long this may take, too.
    """

    def __init__(self, way_back: WayBack) -> None:
        self._way_back = way_back
        certificate = way_back.certificate
        self._changes = certificate.plan.changes
        self._last_resort_mw = {c.cell_id: c.to_mw for c in certificate.watch.fallback}

    def take(self) -> Literal["rolled_back", "fallen_back"]:
        """Try round after round; a round that has begun goes on to its end.

        Raises:
            RanwrightError: ``rollback.failed`` when the time is over.
        """
        return self._way_back.within_limit(self._round)

    def _round(self) -> Literal["rolled_back", "fallen_back"]:
        for change in self._changes:
            self._restore(change)
        node = self._way_back.read_back()
        if not self._lost(node) and not self._way_back.overtaken(node):
            self._try(node, "fence", [_kept(c, node) for c in self._changes])
            node = self._way_back.read_back()
        if (lost := self._lost(node)) or not self._way_back.overtaken(node):
            raise not_taken(f"Cells {lost} can be set to no certified power.")
        power_mw = powers_of(node)
        back = all(power_mw[c.cell_id] == c.from_mw for c in self._changes)
        return "rolled_back" if back else "fallen_back"

    def _lost(self, node: NodeInfo) -> list[int]:
        power_mw = powers_of(node)
        return [
            c.cell_id for c in self._changes if power_mw.get(c.cell_id) not in self._certified(c)
        ]

    def _certified(self, change: ParameterChange) -> tuple[int, int]:
        return change.from_mw, self._last_resort_mw[change.cell_id]

    def _restore(self, change: ParameterChange) -> None:
        previous_mw, last_resort_mw = self._certified(change)
        self._set(change, previous_mw, good_enough=(previous_mw,))
        self._set(change, last_resort_mw, good_enough=(previous_mw, last_resort_mw))

    def _set(self, change: ParameterChange, power_mw: int, good_enough: tuple[int, ...]) -> None:
        node = self._way_back.read_back()
        present_mw = powers_of(node).get(change.cell_id, 0)
        if present_mw not in good_enough:
            wanted = change.model_copy(update={"from_mw": present_mw, "to_mw": power_mw})
            self._try(node, "fall_back", (wanted,))

    def _try(self, node: NodeInfo, name: str, changes: Sequence[ParameterChange]) -> None:
        try:
            self._way_back.control(node, name, changes)
        except RanwrightError as error:
            _log.warning("fall_back.refused", control=name, reason=error.message)


def _kept(change: ParameterChange, node: NodeInfo) -> ParameterChange:
    present_mw = powers_of(node)[change.cell_id]
    return change.model_copy(update={"from_mw": present_mw, "to_mw": present_mw})
