"""Service models: what decodes the octet strings that E2AP carries but does not look into."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contracts.errors import RanwrightError

Decoder = Callable[[bytes], Any]


class PayloadKind(StrEnum):
    """Octet strings of a service model (E2AP 9.2.12 to 9.2.24)."""

    RAN_FUNCTION_DEFINITION = "RAN function definition"
    EVENT_TRIGGER = "event trigger definition"
    ACTION_DEFINITION = "action definition"
    INDICATION_HEADER = "indication header"
    INDICATION_MESSAGE = "indication message"
    CONTROL_HEADER = "control header"
    CONTROL_MESSAGE = "control message"
    CONTROL_OUTCOME = "control outcome"
    CALL_PROCESS_ID = "call process id"
    QUERY_HEADER = "query header"
    QUERY_DEFINITION = "query definition"
    QUERY_OUTCOME = "query outcome"


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """One version of a service model.

    Attributes:
        name: e.g. ``E2SM-KPM v3``.
        oids: RAN function OIDs that announce it.
        decoders: of the payloads it has; each raises ``RanwrightError`` for what is none.
    """

    name: str
    oids: tuple[str, ...]
    decoders: Mapping[PayloadKind, Decoder]


@dataclass(frozen=True, slots=True)
class Nested:
    """A payload decoded.

    Attributes:
        model: name of the service model that did.
        value: typed.
        others: models that take the octets as well.
    """

    model: str
    value: Any
    others: tuple[str, ...]


def decode_payload(
    kind: PayloadKind, octets: bytes, models: tuple[ServiceModel, ...], oid: str | None = None
) -> Nested | None:
    """Decode a payload with the first model that takes it; None where none does.

    Args:
        kind: what the octets are.
        octets: the payload.
        models: candidates, the likeliest first.
        oid: the RAN function's OID, where it is known: only its models are tried.
    """
    taken: list[tuple[str, Any]] = []
    for model in models:
        decoder = model.decoders.get(kind)
        if decoder is None or (oid is not None and oid not in model.oids):
            continue
        try:
            taken.append((model.name, decoder(octets)))
        except RanwrightError:
            continue
    if not taken:
        return None
    (name, value), *others = taken
    return Nested(name, value, tuple(other for other, _ in others))
