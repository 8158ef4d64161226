"""Progress of an action towards a caller who may leave; the action does not."""

from typing import Any, Self

import structlog

from contracts.rpc import Emit

_log = structlog.get_logger(__name__)


class Progress:
    """Emits ``{stage, kpm_time_ms, ...}`` as long as somebody listens.

    ``stage`` is the step; inside a stage of the action ``number`` and ``of`` say which one it is.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit: Emit | None = emit
        self._where: dict[str, int] = {}

    def at(self, number: int, of: int) -> Self:
        """The same listener, told with every event which stage of the action it is about."""
        told = type(self)(self._tell)
        told._where = {"number": number, "of": of}
        return told

    def __call__(self, stage: str, kpm_time_ms: int | None = None, **more: Any) -> None:
        """Tell that a stage is reached."""
        self._tell({"stage": stage, "kpm_time_ms": kpm_time_ms, **self._where, **more})

    def _tell(self, event: dict[str, Any]) -> None:
        if self._emit is None:
            return
        try:
            self._emit(event)
        except OSError:
            self._emit = None
            _log.info("progress.listener_left", stage=event["stage"])
