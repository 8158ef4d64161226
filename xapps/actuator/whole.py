"""Half an actuator is none: a defect in one of its threads ends the process.

The RIC starts it again, and the next start goes on from the journal.
"""

import os
import threading
from collections.abc import Callable
from typing import ParamSpec

import structlog

from contracts.errors import ExitCode

_log = structlog.get_logger(__name__)
_P = ParamSpec("_P")


def start_thread(name: str, run: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
    """Run in a thread that the process does not outlive where it fails."""

    def whole() -> None:
        try:
            run(*args, **kwargs)
        except Exception:  # noqa: BLE001 - the process boundary
            _log.exception("actuator.defect", thread=name)
            os._exit(int(ExitCode.DEFECT))

    threading.Thread(target=whole, name=name, daemon=True).start()
