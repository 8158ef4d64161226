"""How an endpoint is set up: a plain dataclass, or RMR's environment variables."""

import fcntl
import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.rmr.frame import DEFAULT_MOST_FRAME_BYTES

_SIOCGIFADDR = 0x8915
_ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - RMR's own default; embedded use binds 127.0.0.1


@dataclass(frozen=True)
class RmrSettings:
    """Everything an endpoint needs to know.

    Args:
        port: where messages are received (0: any free port).
        host: what others call this endpoint: the part of its name before the port.
        bind_address: address to listen on.
        source_address: address told to others beside the name; by default the one bound, or
            that of the first route out of this machine.
        alarm_address: ``host:port`` of the alarm manager, told of dropped messages.
        ring_messages: how many received messages wait for ``receive``.
        ring_bytes: how many octets of payload they may have together.
        stall_limit_s: how long a full ring holds senders back while nothing is taken from it.
        send_wait_s: how long a send waits for room in a connection before it says RETRY.
        connect_timeout_s: how long connecting may take.
        most_frame_bytes: longest frame accepted.
        most_connections: connections open at a time; more wait in the kernel's backlog.
    """

    port: int = 0
    host: str = "127.0.0.1"
    bind_address: str = "127.0.0.1"
    source_address: str | None = None
    alarm_address: str | None = None
    ring_messages: int = 4096
    ring_bytes: int = 256 * 1024 * 1024
    stall_limit_s: float = 2.0
    send_wait_s: float = 0.01
    connect_timeout_s: float = 2.0
    most_frame_bytes: int = DEFAULT_MOST_FRAME_BYTES
    most_connections: int = 512

    @classmethod
    def from_environment(
        cls,
        port: int,
        environment: Mapping[str, str] | None = None,
        *,
        name_only: bool = False,
    ) -> "RmrSettings":
        """What librmr's variables ask for: RMR_SRC_ID, RMR_BIND_IF, RMR_SRC_NAMEONLY, ALARM_MGR_*.

        Args:
            port: where messages are received.
            environment: the variables; by default those of the process.
            name_only: tell others the name where the address would stand (RMRFL_NAME_ONLY).

        Raises:
            RanwrightError: ``rmr.bad_environment`` naming the variable that cannot be used.
        """
        values = os.environ if environment is None else environment
        host = _own_host(values.get("RMR_SRC_ID"))
        bind_address = _bind_address(values.get("RMR_BIND_IF"))
        name_only = name_only or whole_number(values, "RMR_SRC_NAMEONLY", 0) > 0
        return cls(
            port=port,
            host=host,
            bind_address=bind_address,
            source_address=host if name_only else None,
            alarm_address=_alarm_address(values),
        )

    def addresses(self, port: int) -> tuple[str, str]:
        """``name:port`` and ``ip:port`` of an endpoint that listens on this port."""
        address = self.source_address or self.bind_address
        if address == _ANY_ADDRESS:
            address = _outward_address()
        return f"{self.host}:{port}", f"{address}:{port}"


def _own_host(source_id: str | None) -> str:
    if not source_id:
        return socket.gethostname().partition(".")[0]
    if source_id.startswith("["):
        return source_id[: source_id.find("]") + 1]
    return source_id.partition(":")[0]


def _bind_address(interface: str | None) -> str:
    if not interface:
        return _ANY_ADDRESS
    try:
        socket.inet_aton(interface)
    except OSError:
        return _interface_address(interface)
    return interface


def _interface_address(interface: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("256s", interface.encode()[:15])
        try:
            answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
        except OSError as error:
            raise _bad("RMR_BIND_IF", interface, "Give an IPv4 address or an interface") from error
    return socket.inet_ntoa(answer[20:24])


def _outward_address() -> str:
    """Address of the first interface that leads out; no packet is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address that is never in use
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _alarm_address(values: Mapping[str, str]) -> str | None:
    name = values.get("ALARM_MGR_SERVICE_NAME")
    return f"{name}:{values.get('ALARM_MGR_SERVICE_PORT') or '4560'}" if name else None


def whole_number(values: Mapping[str, str], name: str, default: int) -> int:
    """The number a variable holds.

    Raises:
        RanwrightError: ``rmr.bad_environment``.
    """
    text = values.get(name)
    if not text:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise _bad(name, text, "Give a whole number") from error


def _bad(name: str, value: str, remedy: str) -> RanwrightError:
    return RanwrightError(
        "rmr.bad_environment", f"{name} is {value!r}.", f"{remedy}.", ExitCode.USAGE
    )
