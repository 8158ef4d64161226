"""Windows of consecutive KPM reports, and what silence is."""

import math
import time

import structlog
from tenacity import Retrying, retry_if_exception_type, wait_fixed
from tenacity.stop import stop_base

from contracts.errors import RanwrightError
from contracts.network import REPORT_PERIOD_MS, KpmReport
from contracts.plant_link import NodeInfo
from xapps.actuator.plant import Plant
from xapps.actuator.plausible import implausible
from xapps.actuator.progress import Progress
from xapps.sdk.kpm_rows import RowReport

_log = structlog.get_logger(__name__)
_RECONNECT_WAIT_S = 0.1


class Heard:
    """Reports that came, as far as later ones can contradict them.

    Args:
        most: so many are remembered; ``None`` for all.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._reports: dict[int, KpmReport | bytes] = {}

    def check(self, report: KpmReport | RowReport) -> None:
        """A report that comes again must be the same; periods must not overlap.

        Raises:
            RanwrightError: ``effect.implausible``.
        """
        known = self._reports.get(report.kpm_time_ms)
        if known is not None and known != _mark(report):
            raise implausible(f"two reports of {report.kpm_time_ms} ms differ")
        if report.period_ms != REPORT_PERIOD_MS:
            raise implausible(f"a report covers {report.period_ms} ms, not {REPORT_PERIOD_MS} ms")
        newest_ms = max(self._reports, default=0)
        if newest_ms < report.kpm_time_ms < newest_ms + report.period_ms:
            raise implausible(f"the period of {report.kpm_time_ms} ms began before another ended")

    def add(self, report: KpmReport | RowReport) -> None:
        """Remember a report."""
        self._reports[report.kpm_time_ms] = _mark(report)
        if self._most is not None and len(self._reports) > self._most:
            del self._reports[min(self._reports)]


def _mark(report: KpmReport | RowReport) -> KpmReport | bytes:
    """What tells a report from others of its time."""
    return report.mark if isinstance(report, RowReport) else report


class Window:
    """Collects the reports of ``(start_ms, start_ms + window_ms]`` in KPM time.

    Args:
        plant: where the reports come from; subscribes again when it breaks.
        node: the plant as it was read back.
        window_ms: length of the window.
        silence_timeout_s: wall time without any report after which the plant counts as silent.
        deadline_ms: KPM time by which the window must be full; ``None`` for none.
        progress: hears of every report.
    """

    def __init__(
        self,
        plant: Plant,
        node: NodeInfo,
        window_ms: int,
        silence_timeout_s: float,
        deadline_ms: int | None,
        progress: Progress,
    ) -> None:
        self._plant = plant
        self._node = node
        self._window_ms = window_ms
        self._silence_timeout_s = silence_timeout_s
        self._deadline_ms = deadline_ms
        self._progress = progress
        self._newest_ms = 0
        self._heard_at = time.monotonic()
        self._reports: list[KpmReport] = []
        self._heard = Heard()

    def collect(self, start_ms: int, now_ms: int) -> list[KpmReport]:
        """Wait for the window.

        Args:
            start_ms: KPM time at which the window opens.
            now_ms: present KPM time; older reports are not fresh and are dropped.

        Raises:
            RanwrightError: ``effect.silence``, ``effect.deadline`` or ``effect.implausible``.
        """
        self._newest_ms, self._heard_at = now_ms, time.monotonic()
        retrying = Retrying(
            wait=wait_fixed(_RECONNECT_WAIT_S),
            stop=_Silent(self),
            retry=retry_if_exception_type(_Interrupted),
            reraise=True,
        )
        try:
            retrying(self._listen, start_ms)
        except _Interrupted as error:
            raise RanwrightError(
                "effect.silence",
                f"No report for {self._silence_timeout_s:g} s: {error}",
                "Check the plant; silence counts as failure.",
            ) from error
        return self._reports

    @property
    def silent(self) -> bool:
        """No report for too long."""
        return time.monotonic() - self._heard_at >= self._silence_timeout_s

    def _listen(self, start_ms: int) -> None:
        """Subscribe for what is still missing."""
        collected_ms = sum(r.period_ms for r in self._reports)
        missing_ms = max(0, start_ms - self._newest_ms) + self._window_ms - collected_ms
        count = max(1, math.ceil(missing_ms / REPORT_PERIOD_MS)) + 1
        try:
            self._plant.subscribe(
                self._node,
                REPORT_PERIOD_MS,
                count,
                self._silence_timeout_s,
                lambda r: self._take(r, start_ms),
            )
        except _WindowFull:
            return
        except RanwrightError as error:
            if error.code.startswith("effect."):
                raise
            _log.info("window.interrupted", code=error.code)
            raise _Interrupted(error.message) from error
        raise _Interrupted("the reports end before the window does")

    def _take(self, report: KpmReport, start_ms: int) -> None:
        self._heard.check(report)
        if report.kpm_time_ms <= self._newest_ms:
            return
        self._heard.add(report)
        self._newest_ms, self._heard_at = report.kpm_time_ms, time.monotonic()
        self._progress("watching", report.kpm_time_ms)
        if self._deadline_ms is not None and report.kpm_time_ms > self._deadline_ms:
            raise RanwrightError(
                "effect.deadline",
                f"KPM time {report.kpm_time_ms} ms is past the deadline {self._deadline_ms} ms.",
                "Check why reports are late; a late effect counts as failure.",
            )
        if report.kpm_time_ms - report.period_ms >= start_ms:
            self._reports.append(report)
        if sum(r.period_ms for r in self._reports) >= self._window_ms:
            raise _WindowFull


class _WindowFull(Exception):  # noqa: N818 - ends a subscription, no error
    """All reports of the window are here."""


class _Interrupted(Exception):  # noqa: N818 - retried until it is silence
    """The subscription ended early."""


class _Silent(stop_base):
    def __init__(self, window: Window) -> None:
        self._window = window

    def __call__(self, retry_state: object) -> bool:
        return self._window.silent
