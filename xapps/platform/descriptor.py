"""The descriptor of an xApp: the standard ``config-file.json``, read with errors one can act on.

Facts: ric.md section 4.3. Where there is an ``rmr`` section, ``messaging.ports`` says nothing
about RMR, as in the O-RAN SC application manager.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.message_types import MESSAGE_TYPES

MAX_DESCRIPTOR_BYTES = 1024 * 1024
DEFAULT_RMR_PORT, DEFAULT_HTTP_PORT = 4560, 8080

PortNumber = Annotated[int, Field(ge=1, le=65535)]
PolicyType = Annotated[int, Field(ge=0, le=2**31 - 1)]
XappName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
MessageName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class _Part(BaseModel):
    """Authors and other platforms add keys of their own; they are kept in the file, not here."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, populate_by_name=True)


class Image(_Part):
    """Container image; says nothing to the embedded RIC, which starts processes."""

    registry: str = ""
    name: str
    tag: str


class Container(_Part):
    """A container of the xApp."""

    name: str
    image: Image | None = None


class OwnMessageType(_Part):
    """A message type that the platform does not know by name."""

    name: MessageName
    id: Annotated[int, Field(ge=0, le=2**31 - 1)]


class MessagingPort(_Part):
    """A port of ``messaging.ports``: HTTP, RMR data or RMR route."""

    name: Literal["http", "rmrdata", "rmrroute", "rmr-data", "rmr-route"]
    port: PortNumber
    container: str = ""
    rx_messages: tuple[MessageName, ...] = Field(default=(), alias="rxMessages", strict=False)
    tx_messages: tuple[MessageName, ...] = Field(default=(), alias="txMessages", strict=False)
    policies: tuple[PolicyType, ...] = Field(default=(), strict=False)
    mtypes: tuple[OwnMessageType, ...] = Field(default=(), strict=False)


class Messaging(_Part):
    """The ports of an xApp."""

    ports: tuple[MessagingPort, ...] = Field(default=(), strict=False)


class RmrSection(_Part):
    """The older ``rmr`` section; it comes before ``messaging.ports``."""

    port: str = Field(default=f"tcp:{DEFAULT_RMR_PORT}", alias="protPort", pattern=r"^tcp:\d{1,5}$")
    max_size: int = Field(default=2072, alias="maxSize", ge=1)
    rx_messages: tuple[MessageName, ...] = Field(default=(), alias="rxMessages", strict=False)
    tx_messages: tuple[MessageName, ...] = Field(default=(), alias="txMessages", strict=False)
    policies: tuple[PolicyType, ...] = Field(default=(), strict=False)


class Descriptor(_Part):
    """What the platform reads of a descriptor."""

    name: XappName
    version: Version
    containers: tuple[Container, ...] = Field(default=(), strict=False)
    messaging: Messaging | None = None
    rmr: RmrSection | None = None
    controls: dict[str, Any] | None = None

    @property
    def rmr_port(self) -> int:
        """Where the xApp receives RMR messages."""
        if self.rmr is not None:
            return int(self.rmr.port.removeprefix("tcp:"))
        data = self._port("rmrdata", "rmr-data")
        return DEFAULT_RMR_PORT if data is None else data.port

    @property
    def http_port(self) -> int:
        """Where the xApp answers HTTP."""
        http = self._port("http")
        return DEFAULT_HTTP_PORT if http is None else http.port

    @property
    def policies(self) -> tuple[int, ...]:
        """A1 policy types that the xApp handles."""
        return self._rmr_view().policies

    def received_types(self) -> tuple[int, ...]:
        """Numbers of the message types that the xApp receives."""
        return self._numbers(self._rmr_view().rx_messages)

    def sent_types(self) -> tuple[int, ...]:
        """Numbers of the message types that the xApp sends."""
        return self._numbers(self._rmr_view().tx_messages)

    def _rmr_view(self) -> RmrSection | MessagingPort:
        if self.rmr is not None:
            return self.rmr
        return self._port("rmrdata", "rmr-data") or RmrSection()

    def _port(self, *names: str) -> MessagingPort | None:
        ports = self.messaging.ports if self.messaging is not None else ()
        return next((port for port in ports if port.name in names), None)

    def _numbers(self, names: tuple[str, ...]) -> tuple[int, ...]:
        ports = self.messaging.ports if self.messaging is not None else ()
        own = {mtype.name: mtype.id for port in ports for mtype in port.mtypes}
        known = MESSAGE_TYPES | own
        numbers = []
        for name in names:
            if name.isascii() and name.isdigit():
                numbers.append(int(name))
            elif name in known:
                numbers.append(known[name])
            else:
                raise _bad(
                    f"messages: {name!r} is no message type that is known here",
                    "Use a name of the O-RAN SC registry, or define it under mtypes.",
                )
        return tuple(dict.fromkeys(numbers))


def read_descriptor(text: bytes) -> Descriptor:
    """Read a descriptor.

    Args:
        text: the JSON file; ``xapp_name`` is taken where ``name`` is missing.

    Raises:
        RanwrightError: ``descriptor.invalid`` with the first place that is wrong, and what to do.
    """
    if len(text) > MAX_DESCRIPTOR_BYTES:
        raise _bad(f"it is over {MAX_DESCRIPTOR_BYTES} bytes", "Keep data out of it.")
    fields = _object(text)
    if "name" not in fields and "xapp_name" in fields:
        fields = fields | {"name": fields["xapp_name"]}
    try:
        descriptor = Descriptor.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise _bad(f"{where}: {first['msg']}", _remedy(where)) from error
    except RecursionError as error:
        raise _bad("it is nested too deeply", "Make it flatter.") from error
    _check_trio(fields)
    descriptor.received_types()
    descriptor.sent_types()
    return descriptor


def _object(text: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(f"it is not JSON: {error}", "Correct the file.") from error
    if not isinstance(fields, dict):
        raise _bad("it is no JSON object", "Begin with { and name, version, messaging.")
    return fields


def _check_trio(fields: dict[str, Any]) -> None:
    """rxMessages, txMessages and policies come together, as the real onboarder demands."""
    messaging = fields.get("messaging") or {}
    sections = [("rmr", fields.get("rmr"))]
    sections += [(f"messaging.ports.{p['name']}", p) for p in messaging.get("ports", [])]
    trio = {"rxMessages", "txMessages", "policies"}
    for where, section in sections:
        present = trio & set(section or {})
        if present and present != trio:
            missing = ", ".join(sorted(trio - present))
            raise _bad(f"{where}: {missing} missing", f"Give {', '.join(sorted(trio))} together.")


def _remedy(where: str) -> str:
    match where.split("."):
        case ["name"]:
            return "Use lower-case letters, digits and dashes: the name becomes a host name."
        case ["version"]:
            return "Give a version such as 1.0.0."
        case ["messaging", "ports", _, "name", *_]:
            return "Ports are called http, rmrdata or rmrroute."
        case _:
            return "Correct this place of the descriptor."


def _bad(what: str, remedy: str) -> RanwrightError:
    return RanwrightError(
        "descriptor.invalid", f"The descriptor is invalid: {what}.", remedy, ExitCode.USAGE
    )
