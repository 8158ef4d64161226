"""The actuator as an xApp on the site's RIC: onboarded, deployed, and kept running there.

It is deployed under a certificate like any other; the policy that ships approves this release's.
"""

from typing import Any

from agents.service.deployments import Deployments
from agents.service.ric import ask
from contracts.decision import Outcome
from contracts.deployment import Operation
from contracts.errors import RanwrightError
from contracts.site import Site
from contracts.xapp_rules import ACTUATOR
from xapps.platform.home import RicHome
from xapps.platform.packages import Package
from xapps.platform.release import actuator_package

_CALLER = "ranwright up"


def deploy(home: RicHome, site: Site) -> None:
    """Have the RIC run this release's actuator for a site; one that it runs already goes on.

    Ledger, verifier and approver of the site answer.

    Raises:
        RanwrightError: why it was not done, or that a person must approve first.
    """
    package, running = actuator_package(site), instance(home)
    if running is not None and running["digest"] == package.digest:
        ask(home, "restart", name=ACTUATOR)  # only one that ended too often
        return
    if running is not None:
        _certified(site, "undeploy")  # that of another release
    _onboard(home, package)
    _certified(site, "deploy")


def instance(home: RicHome) -> dict[str, Any] | None:
    """How the deployed actuator fares; ``None`` where none is deployed."""
    return next((i for i in ask(home, "instances") if i["name"] == ACTUATOR), None)


def _certified(site: Site, operation: Operation) -> None:
    report = Deployments(site, _CALLER).request(operation, ACTUATOR, "auto")
    if report.outcome is not Outcome.FULFILLED:
        raise RanwrightError(
            report.code,
            f"The actuator: {report.plan}: {report.reason}",
            f"{report.remedy} Then ranwright up.",
            report.outcome.exit_code,
        )


def _onboard(home: RicHome, package: Package) -> None:
    ask(
        home,
        "onboard",
        descriptor=package.text.decode(),
        schema_text=package.schema.decode(),
        command=list(package.command),
        folder=package.folder,
    )
