"""What the verifier holds itself, and believes nobody else about."""

from agents.verifier.gap import load_gap, require_fit
from contracts.calibration import CalibrationCertificate
from contracts.gap import GapRecord
from contracts.policy import Policy
from contracts.site import Site
from twins.calibration.certificate import load_certificate, require_valid
from twins.scenario import Scenario


def calibration_of(site: Site) -> CalibrationCertificate:
    """The certificate of the twin in force.

    Raises:
        RanwrightError: ``twin.uncalibrated``.
    """
    certificate = load_certificate(site.calibration)
    require_valid(certificate)
    return certificate


def gap_of(site: Site, scenario: Scenario, policy: Policy) -> GapRecord | None:
    """The outcomes that the policy's limits are held against, if it sets any.

    Raises:
        RanwrightError: ``gap.malformed`` or ``gap.stale``.
    """
    limited = policy.forecast.limited is not None
    record = load_gap(scenario, site.gap) if limited else None
    if record is not None:
        require_fit(record, scenario, policy)
    return record
