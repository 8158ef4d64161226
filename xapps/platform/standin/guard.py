"""Keeps an xApp's dispatch loop alive when one of its handlers raises.

``RMRXapp.run`` calls handlers without a guard: an exception ends its only loop, and the xApp goes
on looking healthy while it handles nothing. So each handler is wrapped as it is registered: what
it raises is logged with its name and the message type, and counted; the next message comes.

The buffer of the message is not freed here. Whether the handler freed it before it raised cannot
be known, and freeing twice destroys the memory of a process that runs on the real library.
"""

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import structlog

Handler = Callable[..., Any]
_failures: Counter[tuple[str, int]] = Counter()
_log = structlog.get_logger(__name__)


def failures() -> Mapping[tuple[str, int], int]:
    """How often handlers raised, by name of the handler and message type."""
    return dict(_failures)


def guard_handlers(xapp_class: Any) -> None:
    """Guard the handlers of every xApp made from now on.

    Args:
        xapp_class: ``ricxappframe.xapp_frame.RMRXapp``.
    """
    initialise, register = xapp_class.__init__, xapp_class.register_callback

    @functools.wraps(initialise)
    def guarded_init(self: Any, default_handler: Handler, *args: Any, **options: Any) -> None:
        initialise(self, _guarded(default_handler), *args, **options)

    @functools.wraps(register)
    def guarded_register(self: Any, handler: Handler, message_type: int) -> None:
        register(self, _guarded(handler), message_type)

    xapp_class.__init__ = guarded_init
    xapp_class.register_callback = guarded_register


def _guarded(handler: Handler) -> Handler:
    @functools.wraps(handler)
    def guarded(xapp: Any, summary: dict[str, Any], sbuf: Any) -> None:
        try:
            handler(xapp, summary, sbuf)
        except Exception:  # noqa: BLE001 - a handler is foreign code: its defect must not kill ours
            name = getattr(handler, "__qualname__", repr(handler))
            mtype = summary["message type"]
            _failures[name, mtype] += 1
            _log.exception(
                "xapp.handler_failed", handler=name, mtype=mtype, times=_failures[name, mtype]
            )

    return guarded
