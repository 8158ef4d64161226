"""The watch over live activations: one KPM subscription, promises measured window after window.

What is missed, cannot be measured, contradicts itself or falls silent ends an activation. A report
of a version that no control of ours made is a reason to read back, and so is the end of a window:
an acknowledgement is not an effect. That read-back holds up no move; where one came in between, the
next window's decides.
"""

import threading
import time

import structlog

from contracts.clock import Clock
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from contracts.policy import load_policy
from contracts.site import Site
from xapps.actuator.activations.board import Board, Held, Verdict
from xapps.actuator.activations.ending import Endings
from xapps.actuator.activations.promises import Averages, missed
from xapps.actuator.course import powers_of
from xapps.actuator.plant import Plant
from xapps.actuator.plausible import require_plausible
from xapps.actuator.window import Heard
from xapps.sdk.kpm_rows import RowReport

_AGAIN_S = 0.1
_IDLE_S = 0.5
_REMEMBERED = 64
_UNKNOWN_SILENCE_S = 1.0
_log = structlog.get_logger(__name__)


class Watch:
    """Watches what is live, in a thread of its own.

    Args:
        site: whose policy says what silence is.
        board: what is live.
        endings: for what has to end.
        plant: sends the reports.
        clock: dates the measurements.
    """

    def __init__(
        self, site: Site, board: Board, endings: Endings, plant: Plant, clock: Clock
    ) -> None:
        self._site = site
        self._board = board
        self._endings = endings
        self._plant = plant
        self._clock = clock
        self._heard = Heard(_REMEMBERED)
        self._newest_ms = 0
        self._heard_at = 0.0
        self._windows: dict[str, Averages] = {}
        self._silence_s = _UNKNOWN_SILENCE_S

    def run(self, stop: threading.Event) -> None:
        """Watch whenever something is live, until ``stop``."""
        while not stop.wait(_IDLE_S):
            self._heard_at = time.monotonic()
            self._heard, self._newest_ms = Heard(_REMEMBERED), 0
            while self._board.live() and not stop.is_set():
                self._listen(stop)

    def _listen(self, stop: threading.Event) -> None:
        """Subscribe until nothing is live, or the reports end; then again, until it is silence."""
        self._learn_silence()
        node, silence_s = self._board.node, self._silence_s
        if node is None:  # it is being read back; until then nothing moves
            stop.wait(_AGAIN_S)
            self._require_sound()
            return
        try:
            self._plant.watch(node, silence_s, lambda r: self._take(r, stop))
        except _NobodyLive:
            return
        except RanwrightError as error:
            if error.code.startswith("effect."):
                self._end_all(error.code, error.message)
                return
            _log.info("watch.interrupted", code=error.code, reason=error.message)
            self._require_sound()
            stop.wait(_AGAIN_S)

    def _learn_silence(self) -> None:
        try:
            policy = load_policy(self._site.policy)
        except RanwrightError as error:  # which ends all that is live anyway
            _log.warning("watch.no_policy", code=error.code)
        else:
            self._silence_s = policy.certificate.silence_timeout_s

    def _require_sound(self) -> None:
        if time.monotonic() - self._heard_at >= self._silence_s:
            self._end_all("promise.silence", f"No report for {self._silence_s:g} s.")

    def _require_progress(self) -> None:
        """Reports that say nothing new do not end silence."""
        if time.monotonic() - self._heard_at >= self._silence_s:
            raise RanwrightError("watch.stuck", "KPM time does not go on.", "Look at the plant.")

    def _end_all(self, code: str, reason: str) -> None:
        with self._board.turn:
            for held in self._board.live():
                self._endings.begin(held, Verdict("revoked", code, reason))

    def _take(self, report: RowReport, stop: threading.Event) -> None:
        live = self._board.live()
        if not live or stop.is_set():
            raise _NobodyLive
        self._heard.check(report)
        if report.kpm_time_ms <= self._newest_ms:
            self._require_progress()
            return
        self._heard.add(report)
        self._newest_ms, self._heard_at = report.kpm_time_ms, time.monotonic()
        if (node := self._board.node) is not None:
            require_plausible((report,), node)
            if report.resource_version > node.resource_version:
                self._compare()
        for name in self._windows.keys() - {h.name for h in live}:
            del self._windows[name]
        for held in live:
            window = self._windows.setdefault(held.name, Averages())
            window.add(report)
            whole = window.window_ms >= held.activation.plan.watch_window_ms
            if whole and node is not None:  # while it is read back, windows grow
                del self._windows[held.name]
                self._judge(held, window, node)

    def _judge(self, held: Held, window: Averages, node: NodeInfo) -> None:
        verdict = self._verdict(held, window, node)
        if verdict is not None:
            with self._board.turn:
                if held.status == "live":
                    self._endings.begin(held, verdict)
        else:
            self._compare()

    def _verdict(self, held: Held, window: Averages, node: NodeInfo) -> Verdict | None:
        try:
            measured = window.snapshot(node, self._clock.now())
            broken = list(missed(held.activation.plan, held.baseline, measured))
        except RanwrightError as error:
            return Verdict("revoked", "promise.unmeasurable", error.message)
        if broken:
            return Verdict("revoked", "promise.missed", f"Missed: {'; '.join(broken)}.", measured)
        return None

    def _compare(self) -> None:
        """Read back beside the moves, and compare with what is known, if none came in between."""
        known = self._board.node
        try:
            found = self._plant.read_back()
        except RanwrightError as error:
            _log.warning("watch.not_read_back", code=error.code, reason=error.message)
            return  # a plant that is gone is silent, too
        with self._board.turn:
            if self._board.node is known and not _alike(known, found):
                _log.warning("watch.unexpected", version=found.resource_version)
                self._endings.adopt(found)


def _alike(known: NodeInfo | None, found: NodeInfo) -> bool:
    return known is not None and (
        (known.node_name, known.resource_version, powers_of(known))
        == (found.node_name, found.resource_version, powers_of(found))
    )


class _NobodyLive(Exception):  # noqa: N818 - ends a subscription, no error
    """Nothing is left to watch."""
