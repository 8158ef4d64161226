"""One node's reports and what follows from them: switching and measuring, or advice."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from contracts.e2.llc.beam_control import BeamOrder, beam_control, fully_executed
from contracts.e2.llc.slots import Slot
from contracts.errors import RanwrightError
from contracts.handover_proposal import HandoverProposal
from xapps.beam_management import figures
from xapps.beam_management.manager import Manager, Outcome
from xapps.beam_management.readings import Readings
from xapps.beam_management.settings import Settings

NAMESPACE = "beam_management"
"""Of the SDL: the latest advice and proposals for each node, JSON, by RAN name."""

REFUSAL_PAUSE_S = 5.0
"""Advice alone for so long, after a control was refused or could not be sent."""
_SHARE_PERIOD_S = 1.0
_PROPOSALS_KEPT = 32

_log = structlog.get_logger(__name__)

Control = Callable[[bytes, bytes], bytes | None]
"""Has the node carry out header and message, and returns its outcome; raises RanwrightError."""


class Session:
    """What is known of one node while it is served.

    Args:
        ran_name: of the node.
        settings: of the xApp.
        control: of the node, over E2SM-LLC.
        hand_over: UE and target cell, over E2SM-RC; raises RanwrightError.
        share: keeps a value in the SDL under the RAN name.
        publish: a proposal to who takes it.
        now_s: steady clock.
    """

    def __init__(
        self,
        ran_name: str,
        settings: Settings,
        control: Control,
        hand_over: Callable[[int, int], None],
        share: Callable[[Any], None],
        publish: Callable[[HandoverProposal], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ran_name = ran_name
        self._settings = settings
        self._control = control
        self._hand_over = hand_over
        self._share = share
        self._publish = publish
        self._now_s = now_s
        self._manager = Manager(ran_name, settings)
        self._beams: dict[int, BeamOrder] = {}
        self._proposals: list[HandoverProposal] = []
        self._advise_until_s = -float("inf")
        self._shared_s = -float("inf")

    def take(self, readings: Readings) -> None:
        """Act on a moment's reports."""
        began_s = self._now_s()
        for fault in readings.faults:
            figures.STRANGE.inc()
            _log.warning("report.strange", code=fault.code, reason=fault.message)
        outcome = self._manager.take(readings.at_ms, readings.ues)
        figures.UES.labels(self._ran_name).set(len(readings.ues))
        for measure in outcome.measures:
            figures.MEASURED.labels(measure.value).inc()
        figures.DECIDED_S.observe(self._now_s() - began_s)
        switching = self._settings.control and began_s >= self._advise_until_s
        figures.CONTROLS.labels(self._ran_name).set(switching)
        if switching and outcome.orders:
            self._switch(outcome.orders, readings.slot, began_s)
        self._propose(outcome)
        self._tell(readings.at_ms, outcome, switching)

    def _switch(self, orders: Sequence[BeamOrder], slot: Slot, began_s: float) -> None:
        header, message = beam_control(orders, slot)
        try:
            outcome = self._control(header, message)
        except RanwrightError as error:
            figures.REFUSED.labels(error.code).inc()
            _log.warning("control.not_carried_out", code=error.code, reason=error.message)
            self._advise_until_s = self._now_s() + REFUSAL_PAUSE_S
            return
        figures.ANSWERED_S.observe(self._now_s() - began_s)
        executed = min(_executed(outcome), len(orders))
        figures.ORDERED.inc(executed)
        figures.NOT_EXECUTED.inc(len(orders) - executed)

    def _propose(self, outcome: Outcome) -> None:
        for proposal in outcome.proposals:
            figures.PROPOSED.inc()
            _log.info("handover.proposed", **proposal.model_dump(mode="json"))
            self._publish(proposal)
            if self._settings.hand_over:
                self._carry_out(proposal)
        self._proposals = [*self._proposals, *outcome.proposals][-_PROPOSALS_KEPT:]

    def _carry_out(self, proposal: HandoverProposal) -> None:
        try:
            self._hand_over(proposal.ue_id, proposal.target_cell)
        except RanwrightError as error:
            figures.HANDOVERS_REFUSED.labels(error.code).inc()
            _log.info("handover.not_carried_out", code=error.code, ue_id=proposal.ue_id)
            return
        figures.HANDED_OVER.inc()

    def _tell(self, at_ms: int, outcome: Outcome, switching: bool) -> None:
        latest = self._beams | {order.ue_id: order for order in outcome.orders}
        self._beams = {ue: latest[ue] for ue in latest.keys() & self._manager.ue_ids}
        if self._now_s() - self._shared_s < _SHARE_PERIOD_S:
            return
        self._shared_s = self._now_s()
        self._share(
            {
                "kpm_time_ms": at_ms,
                "mode": "control" if switching else "advice",
                "beams": {str(ue): order.beam for ue, order in sorted(self._beams.items())},
                "proposals": [p.model_dump(mode="json") for p in self._proposals],
            }
        )


def _executed(outcome: bytes | None) -> int:
    """Grants carried out in full, as far as the node says."""
    if outcome is None:
        return 0
    try:
        return fully_executed(outcome)
    except RanwrightError as error:
        figures.STRANGE.inc()
        _log.warning("outcome.strange", code=error.code, reason=error.message)
        return 0
