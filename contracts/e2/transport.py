"""The E2 transport: E2AP PDUs over SCTP, or over TCP where the kernel has no SCTP.

O-RAN.WG3.E2GAP has SCTP alone, port 36421, one PDU a message, payload protocol identifier 70. TCP
has no messages, so each PDU goes behind its length there: four octets, most significant first. Both
ends must be Ranwright's then.
"""

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import structlog

from contracts.errors import ExitCode, RanwrightError

E2_PORT = 36421
MAX_PDU_OCTETS = 1 << 20
_LENGTH = struct.Struct(">I")
_SCTP_DEFAULT_SEND_PARAM = 10  # RFC 6458, 8.1.13, on Linux
_SCTP_NODELAY = 3
_SNDRCVINFO = struct.Struct("=HHHxxIIIIIi")  # RFC 6458, 5.3.2: stream, ssn, flags, ppid, ...
_E2_CP_PPID = 70  # IANA: E2-CP
_TIMEVAL = struct.Struct("@ll")
SEND_TIMEOUT_S = 5.0
_ACCEPT_PAUSE_S = 0.2
_log = structlog.get_logger(__name__)


def has_sctp() -> bool:
    """Whether the kernel opens SCTP sockets."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class E2Address:
    """Where an E2 termination listens: ``sctp://host:port`` or ``tcp://host:port``."""

    protocol: int
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address; without a scheme SCTP is taken where the kernel has it, else TCP.

        Raises:
            RanwrightError: ``e2.bad_address``, or ``e2.no_sctp``.
        """
        scheme, _, rest = text.rpartition("://")
        host, _, port = rest.rpartition(":")
        schemes = {"sctp": socket.IPPROTO_SCTP, "tcp": socket.IPPROTO_TCP}
        default = "sctp" if has_sctp() else "tcp"
        if not host or not port.isascii() or not port.isdecimal() or int(port) > 0xFFFF:
            raise _bad_address(text)
        if (protocol := schemes.get(scheme or default)) is None:
            raise _bad_address(text)
        if protocol == socket.IPPROTO_SCTP and not has_sctp():
            raise RanwrightError(
                "e2.no_sctp",
                "This kernel opens no SCTP socket.",
                "Load the module (modprobe sctp), or use tcp://HOST:PORT at both ends.",
                ExitCode.USAGE,
            )
        return cls(protocol, host, int(port))

    def __str__(self) -> str:
        scheme = "sctp" if self.protocol == socket.IPPROTO_SCTP else "tcp"
        return f"{scheme}://{self.host}:{self.port}"


class E2Connection:
    """One E2 association. Any thread may send; one thread receives.

    Args:
        connected: the socket.
        send_timeout_s: how long the other end may take nothing before it counts as lost. One that
            hangs must not hold up whoever sends to all of them.
    """

    def __init__(self, connected: socket.socket, send_timeout_s: float = SEND_TIMEOUT_S) -> None:
        self._socket = connected
        seconds, part_s = divmod(send_timeout_s, 1.0)
        limit = _TIMEVAL.pack(int(seconds), int(part_s * 1e6))
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._sctp = connected.proto == socket.IPPROTO_SCTP
        self._sending = threading.Lock()
        self._received = bytearray()
        if self._sctp:
            connected.setsockopt(socket.IPPROTO_SCTP, _SCTP_NODELAY, 1)
            info = _SNDRCVINFO.pack(0, 0, 0, socket.htonl(_E2_CP_PPID), 0, 0, 0, 0, 0)
            connected.setsockopt(socket.IPPROTO_SCTP, _SCTP_DEFAULT_SEND_PARAM, info)
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def peer(self) -> str:
        """``host:port`` of the other end."""
        host, port = self._socket.getpeername()[:2]
        return f"{host}:{port}"

    def send(self, pdu: bytes) -> None:
        """Send one PDU.

        Raises:
            ConnectionError: the association is gone, or the other end takes nothing; it is ended
                then, since part of the PDU may have been sent.
        """
        frame = pdu if self._sctp else _LENGTH.pack(len(pdu)) + pdu
        with self._sending:
            try:
                self._socket.sendall(frame)
            except OSError as error:
                with suppress(OSError):  # gone already
                    self._socket.shutdown(socket.SHUT_RDWR)
                raise ConnectionError(f"E2 association lost: {error}") from error

    def receive(self) -> bytes | None:
        """The next PDU; ``None`` when the other end has closed.

        Raises:
            ConnectionError: the association broke, or a PDU is longer than ``MAX_PDU_OCTETS``.
        """
        try:
            return self._receive_message() if self._sctp else self._receive_frame()
        except OSError as error:
            raise ConnectionError(f"E2 association lost: {error}") from error

    def close(self) -> None:
        """End the association; a thread that receives gets ``None``."""
        with suppress(OSError):  # the other end was faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _receive_message(self) -> bytes | None:
        message = bytearray()
        while True:
            part, _, flags, _ = self._socket.recvmsg(MAX_PDU_OCTETS)
            if not part:
                return None
            message += part
            _require_size(len(message))
            if flags & socket.MSG_EOR:
                return bytes(message)

    def _receive_frame(self) -> bytes | None:
        if not self._fill(_LENGTH.size):
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        _require_size(length)
        end = _LENGTH.size + length
        if not self._fill(end):
            raise ConnectionError("the other end closed inside a PDU")
        pdu = bytes(self._received[_LENGTH.size : end])
        del self._received[:end]
        return pdu

    def _fill(self, octets: int) -> bool:
        while len(self._received) < octets:
            part = self._socket.recv(1 << 16)
            if not part:
                return False
            self._received += part
        return True


class E2Listener:
    """Accepts E2 associations.

    Args:
        address: where; port 0 lets the system choose.

    Raises:
        RanwrightError: ``e2.cannot_listen``.
    """

    def __init__(self, address: E2Address) -> None:
        self._protocol = address.protocol
        self._closed = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, address.protocol)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((address.host, address.port))
            self._socket.listen(128)
        except OSError as error:
            self._socket.close()
            raise RanwrightError(
                "e2.cannot_listen",
                f"{address}: {error}",
                "Stop what listens there, or give another address.",
                ExitCode.DEFECT,
            ) from error

    @property
    def address(self) -> E2Address:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return E2Address(self._protocol, host, port)

    def accept(self) -> E2Connection | None:
        """The next association; ``None`` when the listener was closed."""
        while not self._closed.is_set():
            try:
                return E2Connection(self._socket.accept()[0])
            except OSError as error:
                # a node gone before it was accepted, or no descriptor free: others still come
                if not self._closed.is_set():
                    _log.warning("e2.accept_failed", reason=str(error))
                    self._closed.wait(_ACCEPT_PAUSE_S)
        return None

    def close(self) -> None:
        """Stop listening; a thread that accepts gets ``None``."""
        self._closed.set()
        with suppress(OSError):  # not connected: Linux says so, and wakes the thread all the same
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def connect(address: E2Address, timeout_s: float) -> E2Connection:
    """Open an association.

    Raises:
        ConnectionError: nobody answers there within the timeout.
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, address.protocol)
    opened.settimeout(timeout_s)
    try:
        opened.connect((address.host, address.port))
    except OSError as error:
        opened.close()
        raise ConnectionError(f"{address}: {error}") from error
    opened.settimeout(None)
    return E2Connection(opened)


def _require_size(octets: int) -> None:
    if octets > MAX_PDU_OCTETS:
        raise ConnectionError(f"a PDU of {octets} octets; the most is {MAX_PDU_OCTETS}")


def _bad_address(text: str) -> RanwrightError:
    return RanwrightError(
        "e2.bad_address",
        f"{text!r} is no E2 address.",
        "Give sctp://HOST:PORT or tcp://HOST:PORT.",
        ExitCode.USAGE,
    )
