"""Serves nodes: as long as an activation is live for one, its reports are solved on."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contracts.activation import Move, MoveAnswer
from contracts.e2.node_configuration import gnb_of
from xapps.power_control import figures
from xapps.power_control.activations import Activations
from xapps.power_control.readings import ReadingAssembler, Readings, actions, trigger
from xapps.power_control.session import Session
from xapps.power_control.settings import Settings
from xapps.sdk.e2 import E2, Subscription
from xapps.sdk.gnb import Gnb
from xapps.sdk.moves import MoveClient
from xapps.sdk.nodes import NodeDirectory

READ_BACK_TIMEOUT_S = 10.0
_LOOK_PERIOD_S = 1.0


class PowerControl:
    """The xApp's work.

    Args:
        e2: E2 of this xApp.
        directory: of E2 nodes.
        activations: that it may move under.
        moves: asks the actuator.
        controls: of the descriptor, as they are now.
    """

    def __init__(
        self,
        e2: E2,
        directory: NodeDirectory,
        activations: Activations,
        moves: MoveClient,
        controls: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._e2 = e2
        self._directory = directory
        self._activations = activations
        self._moves = moves
        self._controls = controls

    def follow(self, ran_name: str) -> None:
        """Serve a node whenever an activation is live for it.

        Raises:
            RanwrightError: the node is lost, or silent for too long.
        """
        while True:
            if self._activations.wait(ran_name, _LOOK_PERIOD_S):
                self._serve(ran_name)

    def _serve(self, ran_name: str) -> None:
        """Until the controls change or no activation is live."""
        controls = dict(self._controls())
        settings = Settings.of(controls)
        gnb = Gnb(self._e2, ran_name, self._directory.functions(ran_name))
        node = gnb.read_back(READ_BACK_TIMEOUT_S)

        def ask(move: Move) -> MoveAnswer:
            return self._moves.ask(move, ran_name, settings.answer_timeout_s)

        cells = [c.cell_id for c in node.cells]
        session = Session(node, settings, ask)
        with self._e2.subscribe(
            ran_name,
            self._directory.functions(ran_name).kpm,
            trigger(settings.period_ms),
            actions(gnb_of(node.node_name), cells, settings.period_ms),
        ) as subscription:
            for readings in _readings(subscription, cells, settings):
                live = self._activations.live_on(ran_name)
                figures.LIVE.labels(ran_name).set(len(live))
                if not live or dict(self._controls()) != controls:
                    return
                if session.knows(readings.resource_version):
                    session.take(readings, live)
                else:
                    session.know(gnb.read_back(READ_BACK_TIMEOUT_S))


def _readings(
    subscription: Subscription, cells: list[int], settings: Settings
) -> Iterator[Readings]:
    """Whole reports; silence for too long raises ``e2.silent``, whatever else arrives."""
    assembler = ReadingAssembler(cells, settings.period_ms)
    until_s = time.monotonic() + settings.silence_timeout_s
    while True:
        indication = subscription.next(max(0.0, until_s - time.monotonic()))
        if (readings := assembler.add(indication)) is not None:
            yield readings
            until_s = time.monotonic() + settings.silence_timeout_s
