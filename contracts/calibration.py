"""The calibration certificate: what the twin was tested for, and that the tests can fail."""

from pydantic import Field

from contracts.canonical import Contract, Digest

LEAST_CAUGHT_SHARE = 0.9
"""Of the planted faults, for a certificate to hold."""


class CurveTest(Contract):
    """Distance of the twin's distribution to the companies' median curve, and what is allowed."""

    deployment: str = Field(description="e.g. UMa-6GHz")
    measure: str = Field(description="coupling_loss_db, wideband_sir_db or geometry_sinr_db")
    ks_distance: float = Field(ge=0, description="Kolmogorov-Smirnov")
    allowed_distance: float = Field(description="that of the 90th-percentile company")
    company_median_distance: float
    passed: bool


class LargeScaleTest(Contract):
    """A statistic of the large-scale state against TR 38.901, by Student's t test over drops."""

    deployment: str
    name: str
    expected: float
    measured: float
    p_value: float
    passed: bool


class Mutant(Contract):
    """A fault planted in the twin, and the tests that noticed."""

    name: str
    fault: str
    caught_by: tuple[str, ...] = Field(description="failed tests, a few of them")
    failed_tests: int = Field(ge=0)

    @property
    def caught(self) -> bool:
        """Whether any test failed."""
        return self.failed_tests > 0


class CalibrationCertificate(Contract):
    """Says of one state of the twin's code that it reproduces 3GPP's calibration.

    It holds no time and no name: who calibrates the same code with the same seed gets the same
    bytes under the same runtime.
    """

    code_digest: Digest = Field(description="of the sources of the calibrated code")
    reference: str
    seed: int
    drops: int = Field(ge=2, description="independent drops of a deployment")
    ues_per_drop: int
    runtime: dict[str, str | int]
    curves: tuple[CurveTest, ...] = Field(min_length=1)
    large_scale: tuple[LargeScaleTest, ...] = Field(min_length=1)
    mutants: tuple[Mutant, ...]

    @property
    def caught_share(self) -> float:
        """Share of the mutants that were caught."""
        return sum(m.caught for m in self.mutants) / max(1, len(self.mutants))

    @property
    def shortcomings(self) -> tuple[str, ...]:
        """Why it does not hold; empty when it does."""
        failed = [
            f"{c.deployment} {c.measure}: {c.ks_distance:.3f} from the reference,"
            f" {c.allowed_distance:.3f} allowed"
            for c in self.curves
            if not c.passed
        ]
        failed += [
            f"{t.deployment} {t.name}: p = {t.p_value:.1e}"
            for t in self.large_scale
            if not t.passed
        ]
        if self.caught_share < LEAST_CAUGHT_SHARE:
            failed.append(f"{self.caught_share:.0%} of the planted faults were caught")
        return tuple(failed)
