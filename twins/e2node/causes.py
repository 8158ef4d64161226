"""Why something was refused, in the terms of E2AP."""

from contracts.e2.ap import Cause, CauseMisc, CauseRicRequest
from contracts.errors import RanwrightError

_CREDENTIAL = ("credential", "signature", "key")


def control_cause(error: RanwrightError) -> Cause:
    """Of a control that changed nothing."""
    match error.code.split("."):
        case [family, *_] if family in _CREDENTIAL:
            return CauseRicRequest.CALL_PROCESS_ID_INVALID
        case ["e2", *_] | ["control", "unknown_style"]:
            return CauseRicRequest.CONTROL_MESSAGE_INVALID
        case ["control", *_]:
            return CauseRicRequest.CONTROL_FAILED_TO_EXECUTE
        case _:
            return CauseMisc.UNSPECIFIED


def action_cause(error: RanwrightError) -> Cause:
    """Of an action that was not admitted."""
    if error.code == "kpm.bad_granularity":
        return CauseRicRequest.FUNCTION_RESOURCE_LIMIT
    return CauseRicRequest.ACTION_NOT_SUPPORTED
