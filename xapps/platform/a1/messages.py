"""A1 over RMR: 20010 policy requests, 20011 answers, 20012 queries.

Facts: ric.md section 4.7. The Go mediator writes the policy type as a string and the policy as a
string of JSON, the older Python one a number and an object; xApps in the field expect either.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from contracts.errors import RanwrightError

A1_POLICY_REQ = 20010
A1_POLICY_RESP = 20011
A1_POLICY_QUERY = 20012

Operation = Literal["CREATE", "UPDATE", "DELETE"]
HandlerStatus = Literal["OK", "ERROR", "DELETED"]
_STATUSES: tuple[HandlerStatus, ...] = ("OK", "ERROR", "DELETED")


class Dialect(StrEnum):
    """How a policy request is written."""

    GO = "go"
    PYTHON = "python"


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """What an xApp says about a policy instance."""

    type_id: int
    instance_id: str
    handler_id: str
    status: HandlerStatus


def policy_request(
    operation: Operation, type_id: int, instance_id: str, policy: Any, dialect: Dialect
) -> bytes:
    """Payload of a 20010; a deleted policy has none (``None``)."""
    as_go = dialect is Dialect.GO
    payload: Any = {} if policy is None else policy
    if as_go:
        payload = "" if policy is None else json.dumps(policy)
    message = {
        "operation": operation,
        "policy_type_id": str(type_id) if as_go else type_id,
        "policy_instance_id": instance_id,
        "payload": payload,
    }
    return json.dumps(message).encode()


def read_answer(payload: bytes) -> PolicyAnswer:
    """Read a 20011.

    Raises:
        RanwrightError: ``a1.bad_answer``.
    """
    fields = _object(payload)
    instance, handler, status = (
        fields.get(name) for name in ("policy_instance_id", "handler_id", "status")
    )
    if status not in _STATUSES:
        raise _bad(f"status is {status!r}, not one of {', '.join(_STATUSES)}")
    if not isinstance(instance, str | int) or not isinstance(handler, str):
        raise _bad("policy_instance_id or handler_id is missing")
    return PolicyAnswer(_type_id(fields), str(instance), handler, status)


def read_query(payload: bytes) -> int:
    """The policy type that a 20012 asks for.

    Raises:
        RanwrightError: ``a1.bad_answer``.
    """
    return _type_id(_object(payload))


def _object(payload: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(payload.rstrip(b"\0"))
    except (ValueError, RecursionError) as error:
        raise _bad(f"it is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise _bad("it is no JSON object")
    return fields


def _type_id(fields: dict[str, Any]) -> int:
    value = fields.get("policy_type_id")
    # Go would panic on a string here; an xApp that copies the string of a request is understood.
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _bad(f"policy_type_id is {value!r}, not an integer")
    return value


def _bad(what: str) -> RanwrightError:
    return RanwrightError(
        "a1.bad_answer", f"An A1 message of an xApp is unreadable: {what}.", "Correct the xApp."
    )
