"""Tells of dropped messages: a warning in the log, and an alarm to the alarm manager."""

import json
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol

import structlog

from xapps.platform.rmr.message import RmrMessage, RmrState
from xapps.platform.rmr.settings import RmrSettings

ALARM_MTYPE = 110
QUIET_S = 60.0
_DROPS_PROBLEM = 1
_log = structlog.get_logger(__name__)


class _Sender(Protocol):
    """The part of an endpoint that a report needs."""

    settings: RmrSettings
    name: str

    def drops(self) -> Mapping[int, int]: ...
    def open_wormhole(self, address: str) -> int | None: ...
    def send_wormhole(
        self, wormhole: int, message: RmrMessage, wait_s: float | None = None
    ) -> RmrState: ...


class DropReport:
    """Warns at the first drop and once a minute while drops go on; clears the alarm after.

    Args:
        endpoint: whose drops; it also carries the alarm.
    """

    def __init__(self, endpoint: _Sender) -> None:
        self._endpoint = endpoint
        self._news = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self) -> None:
        """A message was dropped. Never waits: it is called where messages are read."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="rmr-drops", daemon=True)
            self._thread.start()
        self._news.set()

    def close(self) -> None:
        """Stop telling."""
        self._closed.set()
        self._news.set()

    def _run(self) -> None:
        raised = False
        while not self._closed.is_set():
            if not self._news.wait(QUIET_S if raised else None):
                self._alarm("CLEAR")
                raised = False
                continue
            self._news.clear()
            if self._closed.is_set():
                return
            _log.warning("rmr.dropped", endpoint=self._endpoint.name, by_type=self._drops())
            if not raised:
                self._alarm("RAISE")
                raised = True
            self._closed.wait(QUIET_S)

    def _drops(self) -> dict[int, int]:
        return dict(self._endpoint.drops())

    def _alarm(self, action: str) -> None:
        address = self._endpoint.settings.alarm_address
        if address is None:
            return
        alarm = {
            "managedObjectId": None,
            "applicationId": PurePath(sys.argv[0]).name,
            "specificProblem": _DROPS_PROBLEM,
            "perceivedSeverity": "WARNING",
            "identifyingInfo": f"{self._endpoint.name} drops messages: its receiver is stuck",
            "additionalInfo": None,
            "AlarmAction": action,
            "AlarmTime": time.time_ns() // 1_000_000,
        }
        message = RmrMessage(ALARM_MTYPE, json.dumps(alarm).encode())
        wormhole = self._endpoint.open_wormhole(address)
        state = RmrState.NO_ENDPOINT
        if wormhole is not None:
            state = self._endpoint.send_wormhole(wormhole, message)
        if state is not RmrState.OK:
            _log.warning("rmr.alarm_unsent", address=address, action=action, state=state.name)
