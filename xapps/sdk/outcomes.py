"""What a node says became of a control: its acknowledgement, or why it refused."""

from collections.abc import Mapping

from contracts.e2.ap import CauseRicRequest, CauseTransport
from contracts.e2.ccc.control import Cause as CccCause
from contracts.e2.ccc.control import CellOutcome, ControlOutcome
from contracts.e2.ccc.extension import SectorCarrier
from contracts.e2.ntp import unix_time_ns
from contracts.errors import RanwrightError
from contracts.plant_link import ControlAck
from xapps.sdk.e2 import ControlRefusedError

_NS_PER_MS = 1_000_000
_CODES: Mapping[CccCause, str] = {
    "IncompatibleState": "control.stale_version",
    "NotSupported": "control.unknown_parameter",
    "NotAvailable": "control.unknown_cell",
}
"""Of clause 9.3.11 of E2SM-CCC; any other says only that it was refused."""


def acknowledgement(request_id: str, outcome: bytes | None) -> ControlAck:
    """What a node that carried a control out says of it: the version made, and when in KPM time.

    Raises:
        RanwrightError: ``plant.malformed_answer``.
    """
    cells = _cell_outcome(outcome)
    versions = {
        accepted.current.resource_version
        for cell in cells.cells
        for accepted in cell.accepted or ()
        if isinstance(accepted.current, SectorCarrier)
    }
    version = versions.pop() if len(versions) == 1 else None
    if version is None or cells.received_timestamp is None:
        raise _malformed("it names not one version and the time")
    try:
        received_ns = unix_time_ns(bytes.fromhex(cells.received_timestamp))
        return ControlAck(
            request_id=request_id,
            resource_version=version,
            kpm_time_ms=received_ns // _NS_PER_MS,
        )
    except (ValueError, RanwrightError) as error:
        raise _malformed(str(error)) from error


def refusal(error: ControlRefusedError) -> RanwrightError:
    """Why a control changed nothing, as a node or the RIC says.

    Codes: ``control.stale_version``, ``control.unknown_parameter``, ``control.unknown_cell``,
    ``control.bad_credential``, ``control.refused``; ``e2.control_unanswered`` where the RIC could
    not reach the node, which leaves open whether an earlier try did.
    """
    if isinstance(error.cause, CauseTransport):
        return RanwrightError(
            "e2.control_unanswered",
            f"The RIC does not reach the node ({error.cause.name}).",
            "Read back before anything else.",
        )
    if error.cause == CauseRicRequest.CALL_PROCESS_ID_INVALID:
        return RanwrightError(
            "control.bad_credential",
            "The node obeys the actuator's signature alone, and found none that it trusts.",
            "Check that node and actuator trust the same keys (ranwright keys list). A laboratory's"
            " node obeys anybody after ranwright ric node --open-control.",
        )
    causes = _ccc_causes(error.outcome)
    code = _CODES.get(causes[0], "control.refused") if len(causes) == 1 else "control.refused"
    told = ", ".join(causes) or error.cause.name
    return RanwrightError(code, f"The node refused: {told}.", "Read back and decide anew.")


def _ccc_causes(outcome: bytes | None) -> list[CccCause]:
    if outcome is None:
        return []
    try:
        cells = _cell_outcome(outcome).cells
    except RanwrightError:
        return []  # the E2AP cause alone is known then
    return sorted({failed.cause for cell in cells for failed in cell.failed or ()})


def _cell_outcome(outcome: bytes | None) -> CellOutcome:
    if outcome is None:
        raise _malformed("it says nothing")
    try:
        found = ControlOutcome.decode(outcome).format
    except RanwrightError as error:
        raise _malformed(error.message) from error
    if not isinstance(found, CellOutcome):
        raise _malformed("it is about the node, not about cells")
    return found


def _malformed(why: str) -> RanwrightError:
    return RanwrightError(
        "plant.malformed_answer",
        f"The node's control outcome cannot be used: {why}.",
        "Check that plant and actuator are of one release.",
    )
