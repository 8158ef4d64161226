"""Serves nodes that report beams over E2SM-LLC."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import structlog

from contracts.errors import RanwrightError
from contracts.handover_proposal import HANDOVER_PROPOSAL, HandoverProposal
from xapps.beam_management import figures
from xapps.beam_management.readings import ACTIONS, TRIGGER, Readings, read
from xapps.beam_management.session import NAMESPACE, Session
from xapps.beam_management.settings import Settings
from xapps.sdk.e2 import E2, Subscription
from xapps.sdk.gnb import Gnb
from xapps.sdk.messenger import Messenger
from xapps.sdk.nodes import NodeDirectory

READ_BACK_TIMEOUT_S = 10.0
_LOOK_PERIOD_S = 10.0
_log = structlog.get_logger(__name__)


class BeamManagement:
    """The xApp's work.

    Args:
        e2: E2 of this xApp.
        directory: of E2 nodes.
        messenger: for proposals.
        share: keeps a value in the SDL by namespace and key.
        controls: of the descriptor, as they are now.
    """

    def __init__(
        self,
        e2: E2,
        directory: NodeDirectory,
        messenger: Messenger,
        share: Callable[[str, str, Any], None],
        controls: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._e2 = e2
        self._directory = directory
        self._messenger = messenger
        self._share = share
        self._controls = controls

    def follow(self, ran_name: str) -> None:
        """Serve a node until the controls change; one without E2SM-LLC is looked at again later.

        Raises:
            RanwrightError: the node is lost, or silent for too long.
        """
        functions = self._directory.functions(ran_name)
        llc = functions.llc
        if llc is None:
            _log.info("node.without_beams", ran_name=ran_name)
            time.sleep(_LOOK_PERIOD_S)
            return
        controls = dict(self._controls())
        settings = Settings.of(controls)
        gnb = Gnb(self._e2, ran_name, functions)
        cells = sorted(c.cell_id for c in gnb.read_back(READ_BACK_TIMEOUT_S).cells)

        def control(header: bytes, message: bytes) -> bytes | None:
            return self._e2.control(ran_name, llc, header, message, settings.answer_timeout_s)

        def hand_over(ue_id: int, cell: int) -> None:
            gnb.hand_over(ue_id, cell, settings.answer_timeout_s)

        def share(value: Any) -> None:
            self._share(NAMESPACE, ran_name, value)

        def publish(proposal: HandoverProposal) -> None:
            self._messenger.send(HANDOVER_PROPOSAL, proposal.canonical(), ran_name)

        session = Session(ran_name, settings, control, hand_over, share, publish)
        with self._e2.subscribe(ran_name, llc, TRIGGER, ACTIONS) as subscription:
            for readings in _readings(subscription, cells, settings.silence_timeout_s):
                session.take(readings)
                if dict(self._controls()) != controls:
                    return


def _readings(
    subscription: Subscription, cells: list[int], silence_timeout_s: float
) -> Iterator[Readings]:
    """What can be read; silence for too long raises ``e2.silent``, whatever else arrives."""
    until_s = time.monotonic() + silence_timeout_s
    while True:
        indication = subscription.next(max(0.0, until_s - time.monotonic()))
        try:
            readings = read(indication, cells)
        except RanwrightError as error:
            figures.STRANGE.inc()
            _log.warning("indication.strange", code=error.code, reason=error.message)
            continue
        yield readings
        until_s = time.monotonic() + silence_timeout_s
