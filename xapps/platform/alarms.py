"""The alarm manager: what xApps raise and clear (RMR 110)."""

import threading
from typing import Annotated, Any, Literal

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from xapps.platform.rmr.message import RmrMessage

MAX_ALARMS = 5_000
Severity = Literal["UNSPECIFIED", "CRITICAL", "MAJOR", "MINOR", "WARNING", "CLEARED", "DEFAULT"]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""The frame writes null where an xApp says nothing, and so does RMR's alarm of dropped messages."""

_log = structlog.get_logger(__name__)


class Alarm(BaseModel):
    """An alarm, with the keys of the O-RAN SC alarm message (facts: ric.md section 4, SHOULD)."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    managed_object: Text = Field(alias="managedObjectId", max_length=256)
    application: Text = Field(alias="applicationId", max_length=256)
    problem: int = Field(alias="specificProblem")
    severity: Severity = Field(alias="perceivedSeverity", default="DEFAULT")
    identifying_info: Text = Field(alias="identifyingInfo", default="", max_length=4096)
    additional_info: Text = Field(alias="additionalInfo", default="", max_length=4096)
    action: Literal["RAISE", "CLEAR", "CLEARALL"] = Field(alias="AlarmAction")
    time_ms: int = Field(alias="AlarmTime")

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What makes two messages speak of one alarm."""
        return self.managed_object, self.application, self.problem, self.identifying_info


class Alarms:
    """Active alarms; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: dict[tuple[str, str, int, str], Alarm] = {}

    def on_message(self, message: RmrMessage) -> None:
        """Take a message of type 110."""
        try:
            alarm = Alarm.model_validate_json(message.payload.rstrip(b"\0"))
        except ValidationError as error:
            _log.warning("alarm.unreadable", source=message.source, faults=error.error_count())
            return
        _log.info("alarm.received", **alarm.model_dump())
        with self._lock:
            self._apply(alarm)

    def active(self) -> list[dict[str, Any]]:
        """Alarms that are raised, the latest first, with the keys of the message."""
        with self._lock:
            alarms = sorted(self._active.values(), key=lambda alarm: -alarm.time_ms)
        return [alarm.model_dump(by_alias=True) for alarm in alarms]

    def _apply(self, alarm: Alarm) -> None:
        match alarm.action:
            case "RAISE":
                self._active.pop(alarm.key, None)
                while len(self._active) >= MAX_ALARMS:
                    oldest = next(iter(self._active))
                    del self._active[oldest]
                self._active[alarm.key] = alarm
            case "CLEAR":
                self._active.pop(alarm.key, None)
            case "CLEARALL":
                owner = alarm.managed_object, alarm.application
                for key in [key for key in self._active if key[:2] == owner]:
                    del self._active[key]
