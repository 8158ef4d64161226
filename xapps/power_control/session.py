"""One node's reports and what follows from them, from subscription to its end."""

import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from contracts.activation import Activation, Move, MoveAnswer
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from xapps.power_control import figures
from xapps.power_control.mover import Mover
from xapps.power_control.readings import Readings
from xapps.power_control.settings import Settings
from xapps.power_control.state import NetworkState, StrangeError
from xapps.sdk.moves import CARRIED_OUT

STRANGE_BEFORE_BASE = 3
"""Strange reports in a row after which the base powers are asked for."""

REFUSAL_PAUSE_MS = 2_000
"""KPM time without moves of an activation after one was not carried out."""

_log = structlog.get_logger(__name__)
Ask = Callable[[Move], MoveAnswer]


class Session:
    """What is known of one node while it is served.

    Args:
        node: as it was read back.
        settings: of the xApp.
        ask: has the actuator carry a move out.
    """

    def __init__(self, node: NodeInfo, settings: Settings, ask: Ask) -> None:
        self._settings = settings
        self._ask = ask
        self._cells = tuple(sorted(c.cell_id for c in node.cells))
        self._state = NetworkState(
            self._cells, settings.period_ms, settings.memory_ms, settings.radio.noise_dbm
        )
        self._movers: dict[str, Mover] = {}
        self._powers: dict[int, dict[int, int]] = {}
        self._strange = 0
        self._sequence = time.time_ns() // 1_000_000  # above those of an earlier life
        self.know(node)

    def know(self, node: NodeInfo) -> None:
        """Take the configuration that was read back for the one in force."""
        powers = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
        self._powers = {node.resource_version: powers}

    def knows(self, resource_version: int) -> bool:
        """Whether the powers of a version are known."""
        return resource_version in self._powers

    def take(self, readings: Readings, live: Sequence[Activation]) -> None:
        """Average a report in, and ask for the moves that it is reason for."""
        self._follow(live)
        began_s = time.perf_counter()
        try:
            self._state.take(readings, self._powers[readings.resource_version])
        except StrangeError as error:
            self._strange += 1
            figures.STRANGE.inc()
            _log.warning("report.strange", kpm_time_ms=readings.kpm_time_ms, reason=str(error))
            if self._strange >= STRANGE_BEFORE_BASE:
                self._return_to_base(readings.kpm_time_ms)
            return
        self._strange = 0
        if self._state.steady():
            self._solve(readings.kpm_time_ms, began_s)

    def _follow(self, live: Sequence[Activation]) -> None:
        names = {a.activation_id for a in live}
        for ended in self._movers.keys() - names:
            del self._movers[ended]
            figures.PREDICTED_GAIN.remove(ended)
        for activation in live:
            if activation.activation_id not in self._movers:
                mover = Mover(activation, self._cells, self._settings)
                self._movers[activation.activation_id] = mover

    def _solve(self, kpm_time_ms: int, began_s: float) -> None:
        network = self._state.network()
        for mover in self._movers.values():
            if not self._powers:
                return  # an answer left open what is in force
            wanted = mover.decide(network, self._in_force(), kpm_time_ms)
            figures.SOLVE_S.observe(time.perf_counter() - began_s)
            if mover.proposal is not None:
                label = mover.activation.activation_id
                figures.PREDICTED_GAIN.labels(label).set(mover.proposal.gain)
            if wanted:
                self._move(mover, wanted, kpm_time_ms)

    def _return_to_base(self, kpm_time_ms: int) -> None:
        for mover in self._movers.values():
            if self._powers and (wanted := mover.way_back(self._in_force(), kpm_time_ms)):
                self._move(mover, wanted, kpm_time_ms)

    def _in_force(self) -> Mapping[int, int]:
        return self._powers[max(self._powers)]

    def _move(self, mover: Mover, wanted: dict[int, int], kpm_time_ms: int) -> None:
        self._sequence += 1
        move = Move(
            activation_id=mover.activation.activation_id,
            sequence=self._sequence,
            tx_power_mw=wanted,
        )
        figures.ASKED.inc()
        try:
            answer = self._ask(move)
            code, version = answer.code, answer.resource_version
        except RanwrightError as error:
            code, version = error.code, None
        if code == CARRIED_OUT:
            figures.CARRIED_OUT.inc()
            mover.asked(kpm_time_ms)
        else:
            figures.REFUSED.labels(code).inc()
            _log.warning("move.not_carried_out", code=code, sequence=move.sequence)
            mover.asked(kpm_time_ms, REFUSAL_PAUSE_MS)
        self._learn(wanted, version if code == CARRIED_OUT else None)

    def _learn(self, wanted: Mapping[int, int], version: int | None) -> None:
        """What is in force after a move; without a version nothing is known, and it is read."""
        if version is None:
            self._powers = {}
            return
        latest = max(self._powers)
        self._powers = {latest: self._powers[latest], version: {**self._powers[latest], **wanted}}
