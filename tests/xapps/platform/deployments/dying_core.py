"""A RIC core that kills itself with SIGKILL before or after one of its steps, the first time.

``DIE_AT`` says where: ``STEP:before`` or ``STEP:after``.
"""

import os
import signal
from collections.abc import Callable
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


def arm(point: str) -> None:
    """Replace one method by one that is the last thing this process does."""
    step, _, when = point.partition(":")
    owner, name = STEPS[step]
    method: Callable[..., Any] = getattr(owner, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            method(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dying)


if __name__ == "__main__":
    arm(os.environ["DIE_AT"])
    main()
