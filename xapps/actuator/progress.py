"""Progress of an action towards a caller who may leave; the action does not."""

from typing import Any

import structlog

from contracts.rpc import Emit

_log = structlog.get_logger(__name__)


class Progress:
    """Emits ``{stage, kpm_time_ms, ...}`` as long as somebody listens."""

    def __init__(self, emit: Emit) -> None:
        self._emit: Emit | None = emit

    def __call__(self, stage: str, kpm_time_ms: int | None = None, **more: Any) -> None:
        """Tell that a stage is reached."""
        if self._emit is None:
            return
        try:
            self._emit({"stage": stage, "kpm_time_ms": kpm_time_ms, **more})
        except OSError:
            self._emit = None
            _log.info("progress.listener_left", stage=stage)
