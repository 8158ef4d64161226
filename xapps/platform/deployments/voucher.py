"""Whether what is recorded as deployed may run: asked whenever the RIC starts what it finds."""

from typing import Any

import structlog

from contracts.clock import Clock
from contracts.errors import RanwrightError
from contracts.keys import load_trust
from contracts.site import Site
from xapps.platform.deployments.checks import authentic
from xapps.platform.deployments.store import DeploymentStore, Entry
from xapps.platform.instance import Instance

_log = structlog.get_logger(__name__)


class Voucher:
    """Knows what was certified for a site's RIC."""

    def __init__(self, site: Site, store: DeploymentStore, clock: Clock) -> None:
        self._site, self._store, self._clock = site, store, clock

    def __call__(self, instance: Instance) -> Any:
        """The controls that a deployed xApp runs with; ``None``: its descriptor's.

        A deployment in force stands, whatever became of the key since: revoking a key must not
        take the actuator away. One that was only begun counts where its signature still does.

        Raises:
            RanwrightError: ``deployment.not_certified``, ``deployment.over``.
        """
        entry = self._standing(instance)
        if entry is None:
            raise RanwrightError(
                "deployment.not_certified",
                f"{instance.name} {instance.version} is deployed without a certificate.",
                "Deploy it with one (ranwright xapp deploy --site).",
            )
        ends_at = entry.certificate.plan.ends_at
        if ends_at is not None and self._clock.now().wall_time >= ends_at:
            raise RanwrightError(
                "deployment.over",
                f"{instance.name} was deployed until {ends_at.isoformat()}.",
                "Deploy it again.",
            )
        return entry.controls

    def believed(self, entry: Entry) -> bool:
        """Whether the signature of something begun counts now."""
        try:
            authentic(entry.envelope, load_trust(self._site), self._clock.now().wall_time)
        except RanwrightError as error:
            _log.warning("deployment.not_believed", **error.to_json())
            return False
        return True

    def _standing(self, instance: Instance) -> Entry | None:
        begun = [e for e in self._store.begun() if e.certificate.plan.name == instance.name]
        if any(e.certificate.plan.operation == "undeploy" for e in begun):
            return None
        deploys = [e for e in begun if e.certificate.plan.operation == "deploy"]
        entry = self._store.standing().get(instance.name) or next(iter(deploys), None)
        if entry is None or (entry.step == "begun" and not self.believed(entry)):
            return None
        plan = entry.certificate.plan
        same = (plan.version, plan.package_digest) == (instance.version, instance.digest)
        if not same:
            return None
        if entry.step == "begun":  # its controls are written down when it is in force
            return Entry(entry.certificate, entry.envelope, "begun", None, plan.controls)
        return entry
