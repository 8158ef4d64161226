"""Admission: all checks in order, from the signature to fresh measurements."""

from pydantic import ValidationError

from contracts.certificate import Certificate
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.keys import load_trust
from contracts.plant_link import NodeInfo
from contracts.policy import load_policy
from contracts.site import Site
from contracts.trust import TrustStore
from xapps.actuator import checks, stage_checks
from xapps.actuator.journal import Journal, used
from xapps.actuator.plant import Plant
from xapps.actuator.preconditions import fresh_kpis
from xapps.actuator.progress import Progress


class Admission:
    """Decides whether a certificate may act now."""

    def __init__(self, site: Site, journal: Journal, plant: Plant, clock: Clock) -> None:
        self._site = site
        self._journal = journal
        self._plant = plant
        self._clock = clock

    def trust(self) -> TrustStore:
        """The newest trust store.

        Raises:
            RanwrightError: ``trust.*``.
        """
        trust = load_trust(self._site)
        self._journal.see_trust_version(trust.version)
        return trust

    def authenticate(self, envelope: SignedEnvelope) -> Certificate:
        """Open the envelope; see :func:`xapps.actuator.checks.authentic`."""
        return checks.authentic(envelope, self.trust(), self._clock.now().wall_time)

    def admit(self, certificate: Certificate, progress: Progress) -> NodeInfo:
        """Run every other check.

        Returns:
            The plant as it was found; a control is bound to its resource version.

        Raises:
            RanwrightError: the first check that fails.
        """
        self._check_papers(certificate)
        node = self._check_plant(certificate)
        progress("checked", node.kpm_time_ms)
        fresh_kpis(certificate, node, self._plant, self._clock, progress)
        # measuring took time: everything that time can change is checked again
        self._check_papers(certificate)
        return self._check_plant(certificate)

    def _check_papers(self, certificate: Certificate) -> None:
        policy, trust = load_policy(self._site.policy), self.trust()
        now = self._clock.now().wall_time
        if self._journal.find(certificate.certificate_id) is not None:
            raise used(certificate.certificate_id)
        checks.plan_unused(certificate.plan.digest, self._journal.acted_on(certificate.plan.digest))
        checks.in_time(certificate, policy, now)
        checks.under_policy(certificate, policy)
        checks.approved(certificate, policy, trust, now)
        checks.consistent(certificate)
        checks.inside_limits(certificate, policy)
        stage_checks.staged(certificate, policy)
        stage_checks.foretold(certificate, policy)
        stage_checks.fallback_as_policy(certificate, policy)

    def _check_plant(self, certificate: Certificate) -> NodeInfo:
        node = self._plant.read_back()
        checks.known_targets(certificate, load_policy(self._site.policy), node)
        checks.not_stale(certificate, node)
        return node


def parse_envelope(value: object) -> SignedEnvelope:
    """The envelope in a request.

    Raises:
        RanwrightError: ``signature.malformed``.
    """
    try:
        return SignedEnvelope.model_validate(value)
    except ValidationError as error:
        raise RanwrightError(
            "signature.malformed", f"Not a signed envelope: {error}", "Send a certificate."
        ) from error
