"""The calibration certificate in force, and whether it holds for the present code."""

from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from contracts.calibration import CalibrationCertificate
from contracts.errors import RanwrightError
from twins.calibration.calibrate import code_digest

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
    """Refuse a twin that is not the calibrated one, or that failed.

    Raises:
        RanwrightError: ``twin.uncalibrated``.
    """
    if certificate.code_digest != code_digest():
        raise RanwrightError(
            "twin.uncalibrated", "The twin's code changed since it was calibrated.", _REMEDY
        )
    if certificate.shortcomings:
        raise RanwrightError(
            "twin.uncalibrated",
            f"The twin failed its calibration: {'; '.join(certificate.shortcomings[:3])}.",
            "Correct the twin; an uncalibrated one verifies nothing.",
        )
