"""A RIC core that kills itself with SIGKILL before or after one of its steps, when it is told to.

The file that ``DIE_AT`` names says where, while it is there: ``STEP:before`` or ``STEP:after``.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xapps.platform.__main__ import main
from xapps.platform.deployments.store import DeploymentStore
from xapps.platform.instance import InstanceFolder
from xapps.platform.lifecycle import Lifecycle

STEPS: dict[str, tuple[type, str]] = {
    "claim": (DeploymentStore, "claim"),
    "logged": (DeploymentStore, "delivered"),
    "deploy": (Lifecycle, "deploy"),
    "configure": (Lifecycle, "configure"),
    "undeploy": (Lifecycle, "undeploy"),
    "write": (InstanceFolder, "configure"),
    "save": (InstanceFolder, "save"),
    "forget": (InstanceFolder, "forget"),
    "in_force": (DeploymentStore, "put_in_force"),
    "configured": (DeploymentStore, "end_configure"),
    "end": (DeploymentStore, "end"),
}


def arm(step: str, order: Path) -> None:
    """Replace a method by one that is the last thing this process does, when it is told to."""
    owner, name = STEPS[step]
    method: Callable[..., Any] = getattr(owner, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        told = order.read_text() if order.exists() else ""
        if told == f"{step}:before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = method(*arguments, **named)
        if told == f"{step}:after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(owner, name, dying)


if __name__ == "__main__":
    for step in STEPS:
        arm(step, Path(os.environ["DIE_AT"]))
    main()
