"""Calibrate: draw the deployments, test curves and statistics, and plant the faults."""

from collections.abc import Callable, Sequence

import torch

from contracts.calibration import CalibrationCertificate, CurveTest, LargeScaleTest, Mutant
from twins.calibration.certificate import DROPS, code_digest
from twins.calibration.deployment import UES_PER_DROP, Deployment, Drop, deployments, drops
from twins.calibration.large_scale import large_scale_tests
from twins.calibration.mutants import Fault, faults
from twins.calibration.reference import load_reference
from twins.runtime import configure_thread, fingerprint

REFERENCE = "3GPP R1-165974 (phase-1 calibration of TR 38.900), NEC left out; TR 38.901 V16.1.0"
SEED = 20_161

MEASURES = ("coupling_loss_db", "wideband_sir_db", "geometry_sinr_db")
_NAMED_TESTS = 3

Progress = Callable[[str, int, int], None]
"""Called with what was finished, how many parts are done, and their number."""


def calibrate(
    draws: int = DROPS,
    seed: int = SEED,
    planted: Sequence[Fault] | None = None,
    on_progress: Progress | None = None,
) -> CalibrationCertificate:
    """Test the twin of the present code; the certificate says how far it came.

    Args:
        draws: independent drops of each deployment, at least 2.
        seed: of all drops; the planted faults see the same ones.
        planted: faults to plant; default: all.
        on_progress: called after each part.
    """
    configure_thread()
    chosen = faults() if planted is None else tuple(planted)
    done = 0

    def finished(part: str) -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(part, done, len(chosen) + 1)

    curves: list[CurveTest] = []
    statistics: list[LargeScaleTest] = []
    for deployment in deployments():
        drawn = list(drops(deployment, draws, seed))
        curves += _curves(deployment, drawn)
        statistics += large_scale_tests(deployment, drawn)
    finished("the twin itself")
    mutants = []
    for fault in chosen:
        mutants.append(_mutant(fault, draws, seed))
        finished(fault.says)
    return CalibrationCertificate(
        code_digest=code_digest(),
        reference=REFERENCE,
        seed=seed,
        drops=draws,
        ues_per_drop=UES_PER_DROP,
        runtime=fingerprint(),
        curves=tuple(curves),
        large_scale=tuple(statistics),
        mutants=tuple(mutants),
    )


def _curves(deployment: Deployment, drawn: Sequence[Drop]) -> list[CurveTest]:
    reference, tests = load_reference(), []
    for measure in MEASURES:
        curve = reference[deployment.name, measure]
        distance = curve.distance(torch.cat([getattr(d, measure) for d in drawn]).numpy())
        tests.append(
            CurveTest(
                deployment=deployment.name,
                measure=measure,
                ks_distance=round(distance, 5),
                allowed_distance=curve.allowed_distance,
                company_median_distance=curve.median_distance,
                passed=distance <= curve.allowed_distance,
            )
        )
    return tests


def _mutant(fault: Fault, draws: int, seed: int) -> Mutant:
    """Curves first; the costlier statistics only for what the curves do not notice."""
    faulty = [fault.plant(deployment) for deployment in deployments()]
    drawn = [list(drops(deployment, draws, seed)) for deployment in faulty]
    failed = [
        f"{test.deployment} {test.measure}"
        for deployment, its in zip(faulty, drawn, strict=True)
        for test in _curves(deployment, its)
        if not test.passed
    ]
    if not failed:
        failed = [
            f"{test.deployment} {test.name}"
            for deployment, its in zip(faulty, drawn, strict=True)
            for test in large_scale_tests(deployment, its)
            if not test.passed
        ]
    return Mutant(
        name=fault.name,
        fault=fault.says,
        caught_by=tuple(failed[:_NAMED_TESTS]),
        failed_tests=len(failed),
    )
