"""The actuator, killed after the n-th durable write; where and when stands in ``CRASH``.

``CRASH=journal:3``: after the third write to the journal; ``ledger:2``: after the second append or
object; ``control:before`` and ``control:after``: around the control's way to the plant.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from contracts.ledger.client import LedgerClient
from xapps.actuator.__main__ import main
from xapps.actuator.journal import Journal
from xapps.actuator.plant import Plant


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killing_at(number: int, *methods: tuple[type, str]) -> None:
    count = 0

    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            result = method(*args, **kwargs)
            count += 1
            if count == number:
                kill()
            return result

        return counted

    for owner, name in methods:
        setattr(owner, name, wrap(getattr(owner, name)))


def killing_around_control(when: str) -> None:
    control = Plant.control

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            kill()
        result = control(*args, **kwargs)
        kill()
        return result

    Plant.control = wrapped  # type: ignore[method-assign]


if __name__ == "__main__":
    place, moment = os.environ["CRASH"].split(":")
    if place == "journal":
        killing_at(int(moment), (Journal, "_write"))
    elif place == "ledger":
        killing_at(int(moment), (LedgerClient, "append"), (LedgerClient, "put_object"))
    else:
        killing_around_control(moment)
    main()
