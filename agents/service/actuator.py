"""The actuator as an xApp on the site's RIC: onboarded, deployed, and kept running there."""

from pathlib import Path
from typing import Any

import xapps.actuator
from agents.service.ric import ask
from contracts.errors import RanwrightError
from contracts.site import Site
from xapps.platform.home import RicHome
from xapps.platform.instance import State

NAME = "actuator"
_PACKAGE = Path(xapps.actuator.__file__).parent


def deploy(home: RicHome, site: Site) -> None:
    """Have the RIC run this release's actuator for a site; one that it runs already goes on.

    Raises:
        RanwrightError: as the RIC's methods ``onboard``, ``undeploy`` and ``deploy``.
    """
    running = instance(home)
    try:
        digest = _onboard(home, site)
    except RanwrightError as error:
        if error.code != "xapp.deployed":
            raise
        ask(home, "undeploy", name=NAME)  # that of another release, under the same version
        running, digest = None, _onboard(home, site)
    if running is not None:
        if running["digest"] == digest and running["state"] != State.FAILED:
            return
        ask(home, "undeploy", name=NAME)
    ask(home, "deploy", name=NAME, version=None, digest=digest)


def instance(home: RicHome) -> dict[str, Any] | None:
    """How the deployed actuator fares; ``None`` where none is deployed."""
    return next((i for i in ask(home, "instances") if i["name"] == NAME), None)


def _onboard(home: RicHome, site: Site) -> str:
    package = ask(
        home,
        "onboard",
        descriptor=(_PACKAGE / "config-file.json").read_text(encoding="utf-8"),
        schema_text=(_PACKAGE / "schema.json").read_text(encoding="utf-8"),
        command=["-m", "xapps.actuator", "--site", str(site.root)],
        folder=str(_PACKAGE),
    )
    return str(package["digest"])
