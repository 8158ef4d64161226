"""A PDU as a document of plain values: what people and other programs read.

Every typed value becomes a mapping that begins with ``"$"``, its class. Octets become
hexadecimal; payloads of service models are decoded where one takes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from contracts.e2.ap import (
    ActionToBeAdded,
    ActionToBeModified,
    ActionToBeSetup,
    E2apPdu,
    RanFunction,
    RicControlAcknowledge,
    RicControlFailure,
    RicControlRequest,
    RicIndication,
    RicQueryRequest,
    RicQueryResponse,
    RicSubscriptionModificationRequest,
    SubscriptionDetails,
    not_understood,
    plmn_text,
)
from contracts.e2.models import PayloadKind, ServiceModel, decode_payload
from contracts.e2.per import Bits

Document = dict[str, Any]

_PAYLOADS: dict[tuple[type, str], PayloadKind] = {
    (RanFunction, "definition"): PayloadKind.RAN_FUNCTION_DEFINITION,
    (SubscriptionDetails, "event_trigger"): PayloadKind.EVENT_TRIGGER,
    (RicSubscriptionModificationRequest, "event_trigger"): PayloadKind.EVENT_TRIGGER,
    (ActionToBeSetup, "definition"): PayloadKind.ACTION_DEFINITION,
    (ActionToBeModified, "definition"): PayloadKind.ACTION_DEFINITION,
    (ActionToBeAdded, "definition"): PayloadKind.ACTION_DEFINITION,
    (RicIndication, "header"): PayloadKind.INDICATION_HEADER,
    (RicIndication, "message"): PayloadKind.INDICATION_MESSAGE,
    (RicIndication, "call_process_id"): PayloadKind.CALL_PROCESS_ID,
    (RicControlRequest, "header"): PayloadKind.CONTROL_HEADER,
    (RicControlRequest, "message"): PayloadKind.CONTROL_MESSAGE,
    (RicControlRequest, "call_process_id"): PayloadKind.CALL_PROCESS_ID,
    (RicControlAcknowledge, "call_process_id"): PayloadKind.CALL_PROCESS_ID,
    (RicControlAcknowledge, "outcome"): PayloadKind.CONTROL_OUTCOME,
    (RicControlFailure, "call_process_id"): PayloadKind.CALL_PROCESS_ID,
    (RicControlFailure, "outcome"): PayloadKind.CONTROL_OUTCOME,
    (RicQueryRequest, "header"): PayloadKind.QUERY_HEADER,
    (RicQueryRequest, "definition"): PayloadKind.QUERY_DEFINITION,
    (RicQueryResponse, "outcome"): PayloadKind.QUERY_OUTCOME,
}


def document(pdu: E2apPdu, models: tuple[ServiceModel, ...] = ()) -> Document:
    """The whole PDU.

    Args:
        pdu: decoded.
        models: service models that may have written its payloads, the likeliest first.
    """
    reported = [one.id for one in not_understood(pdu.message)]
    return {
        "procedure": pdu.procedure.name,
        "kind": pdu.kind.name,
        "criticality": pdu.criticality.name,
        "message": _Plain(models).plain(pdu.message),
    } | ({"not_understood": reported} if reported else {})


@dataclass(frozen=True, slots=True)
class Payload:
    """An octet string of a service model inside a message.

    Attributes:
        kind: what it is.
        octets: undecoded.
        oid: of the RAN function, where the message says it.
    """

    kind: PayloadKind
    octets: bytes
    oid: str | None


def payloads(value: Any) -> Iterator[Payload]:
    """All payloads of service models in a message, in the order of its fields."""
    if isinstance(value, tuple):
        for one in value:
            yield from payloads(one)
    elif is_dataclass(value):
        for part in fields(value):
            inner = getattr(value, part.name)
            kind = _PAYLOADS.get((type(value), part.name))
            if kind is None:
                yield from payloads(inner)
            elif inner is not None:
                yield Payload(kind, inner, getattr(value, "oid", None))


class _Plain:
    def __init__(self, models: tuple[ServiceModel, ...]) -> None:
        self._models = models

    def plain(self, value: Any) -> Any:
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, Bits):
            return f"{value.value:0{value.size}b}"
        if isinstance(value, bytes):
            return value.hex()
        if is_dataclass(value):
            return self._mapping(value)
        if isinstance(value, tuple | list):
            return [self.plain(one) for one in value]
        if isinstance(value, dict):
            return {str(key): self.plain(one) for key, one in value.items()}
        dump = getattr(value, "model_dump", None)
        return dump(mode="json", by_alias=True, exclude_none=True) if dump is not None else value

    def _mapping(self, value: Any) -> Document:
        told: Document = {"$": type(value).__name__}
        for one in fields(value):
            inner = getattr(value, one.name)
            if inner is None or (one.name == "unknown" and not inner):
                continue
            told[one.name] = self._field(value, one.name, inner)
        return told

    def _field(self, owner: Any, name: str, inner: Any) -> Any:
        kind = _PAYLOADS.get((type(owner), name))
        if kind is not None:
            return self._payload(kind, inner, getattr(owner, "oid", None))
        if name == "plmn" and isinstance(inner, bytes):
            return plmn_text(inner)
        if name == "cause" and isinstance(inner, Enum):
            return f"{type(inner).__name__}.{inner.name}"
        return self.plain(inner)

    def _payload(self, kind: PayloadKind, octets: bytes, oid: str | None) -> Any:
        nested = decode_payload(kind, octets, self._models, oid)
        if nested is None:
            return octets.hex()
        told: Document = {"$": nested.model, "octets": octets.hex()}
        if nested.others:
            told["also"] = list(nested.others)
        return told | {"value": self.plain(nested.value)}
