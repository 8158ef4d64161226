"""The calibration certificate in force, and whether it holds for the code that runs."""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from contracts.calibration import CalibrationCertificate
from contracts.canonical import Digest
from contracts.errors import RanwrightError

DROPS = 60
"""Independent drops of a deployment that a certificate needs: fewer would notice less."""

LEAST_FAULTS = 15
LEAST_CURVES = 12
_REMEDY = "Run ranwright twin calibrate."


def load_certificate(own: Path | None = None) -> CalibrationCertificate:
    """A site's own certificate where there is one, else the one that is shipped with the code.

    Raises:
        RanwrightError: ``calibration.malformed``.
    """
    shipped = Path(str(files("twins.calibration") / "certificate.json"))
    path = own if own is not None and own.is_file() else shipped
    try:
        return CalibrationCertificate.parse(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RanwrightError("calibration.malformed", f"{path.name}: {error}", _REMEDY) from error


def require_valid(certificate: CalibrationCertificate) -> None:
    """Refuse a twin that is not the calibrated one, that failed, or that was hardly tested.

    Raises:
        RanwrightError: ``twin.uncalibrated``.
    """
    if certificate.code_digest != code_digest():
        raise RanwrightError(
            "twin.uncalibrated", "The twin's code changed since it was calibrated.", _REMEDY
        )
    if (
        certificate.drops < DROPS
        or len(certificate.mutants) < LEAST_FAULTS
        or len({(c.deployment, c.measure) for c in certificate.curves}) < LEAST_CURVES
    ):
        raise RanwrightError(
            "twin.uncalibrated",
            f"A calibration of {certificate.drops} drops, {len(certificate.curves)} curves and"
            f" {len(certificate.mutants)} planted faults says too little.",
            _REMEDY,
        )
    if certificate.shortcomings:
        raise RanwrightError(
            "twin.uncalibrated",
            f"The twin failed its calibration: {'; '.join(certificate.shortcomings[:3])}.",
            "Correct the twin; an uncalibrated one verifies nothing.",
        )


@cache
def code_digest() -> Digest:
    """Digest of the channel model's sources and of the calibration, in order of their names.

    Taken once a process: what runs is what was there when it began.
    """
    root = Path(str(files("twins")))
    paths = [root / name for name in ("antenna.py", "channel.py", "statistical.py")]
    for folder in ("tr38901", "calibration"):
        paths += [p for p in (root / folder).iterdir() if p.suffix in (".py", ".yaml")]
        paths += (root / folder).glob("reference.json")
    hashed = hashlib.sha256()
    for path in sorted(paths):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        hashed.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return Digest(f"sha256:{hashed.hexdigest()}")
