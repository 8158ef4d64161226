"""The Redis serialization protocol, version 2: requests in, replies out.

A request is an array of bulk strings, or one line of words (the inline form that a person types).
"""

from dataclasses import dataclass

from contracts.errors import ExitCode, RanwrightError

MAX_BULK_BYTES = 16 * 1024 * 1024
MAX_REQUEST_BYTES = 64 * 1024 * 1024
MAX_ARGUMENTS = 65_536
MAX_LINE_BYTES = 64 * 1024

_EOL = b"\r\n"


@dataclass(frozen=True, slots=True)
class Simple:
    """A status line such as ``+OK``."""

    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An error line; its first word is the code that clients look at."""

    text: str


Reply = Simple | Failure | int | bytes | None | list["Reply"]

OK = Simple("OK")


class ProtocolError(RanwrightError):
    """The peer does not speak the protocol; nothing after it can be read."""

    def __init__(self, message: str) -> None:
        super().__init__(
            "sdl.protocol", message, "Speak RESP2 (redis-py, ricsdl, redis-cli).", ExitCode.REFUSED
        )


class RequestParser:
    """Cuts a byte stream into requests, whatever the pieces it arrives in.

    The work is linear in the bytes fed: what was read once is not read again.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._scanned = 0
        self._missing = 0
        self._bulk_bytes = -1
        self._request: list[bytes] = []
        self._request_bytes = 0

    def feed(self, data: bytes) -> list[list[bytes]]:
        """Take bytes, and return the requests that they complete; none is empty.

        Raises:
            ProtocolError: after it the stream cannot be read on.
        """
        self._buffer += data
        requests: list[list[bytes]] = []
        while (request := self._next()) is not None:
            if request:
                requests.append(request)
        del self._buffer[: self._at]
        self._scanned -= self._at
        self._at = 0
        return requests

    def _next(self) -> list[bytes] | None:
        """The next whole request (empty for an empty line), ``None`` when bytes are missing."""
        if self._missing == 0:
            line = self._line()
            if line is None:
                return None
            if not line.startswith(b"*"):
                return line.split()
            self._missing = max(_count(line[1:], MAX_ARGUMENTS, "multibulk length"), 0)
            self._request, self._request_bytes = [], 0
        while self._missing:
            argument = self._argument()
            if argument is None:
                return None
            self._request.append(argument)
            self._missing -= 1
        return self._request

    def _argument(self) -> bytes | None:
        if self._bulk_bytes < 0 and not self._open_bulk():
            return None
        end = self._at + self._bulk_bytes
        if len(self._buffer) < end + len(_EOL):
            return None
        if self._buffer[end : end + len(_EOL)] != _EOL:
            raise ProtocolError("Protocol error: a bulk string does not end where it says")
        argument = bytes(self._buffer[self._at : end])
        self._at = self._scanned = end + len(_EOL)
        self._bulk_bytes = -1
        return argument

    def _open_bulk(self) -> bool:
        line = self._line()
        if line is None:
            return False
        if not line.startswith(b"$"):
            raise ProtocolError(f"Protocol error: expected '$', got {line[:1]!r}")
        length = _count(line[1:], MAX_BULK_BYTES, "bulk length")
        if length < 0:
            raise ProtocolError("Protocol error: invalid bulk length")
        self._request_bytes += length
        if self._request_bytes > MAX_REQUEST_BYTES:
            raise ProtocolError(f"Protocol error: a request is over {MAX_REQUEST_BYTES} bytes")
        self._bulk_bytes = length
        return True

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\n", max(self._scanned, self._at))
        if (len(self._buffer) if end < 0 else end) - self._at > MAX_LINE_BYTES:
            raise ProtocolError("Protocol error: too big a line")
        if end < 0:
            self._scanned = len(self._buffer)
            return None
        line = bytes(self._buffer[self._at : end]).removesuffix(b"\r")
        self._at = self._scanned = end + 1
        return line


def encode(reply: Reply) -> bytes:
    """The bytes of a reply."""
    match reply:
        case None:
            return b"$-1\r\n"
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(reply), reply)
        case int():
            return b":%d\r\n" % reply
        case Simple(text):
            return b"+%b\r\n" % _one_line(text)
        case Failure(text):
            return b"-%b\r\n" % _one_line(text)
        case list():
            return b"*%d\r\n%b" % (len(reply), b"".join(map(encode, reply)))


def _one_line(text: str) -> bytes:
    return text.replace("\r", " ").replace("\n", " ").encode()


def _count(digits: bytes, most: int, what: str) -> int:
    # int() would also take "+1", "1_0" and blanks, and stall on a very long number
    if len(digits) > 10 or not digits.removeprefix(b"-").isdigit() or int(digits) > most:
        raise ProtocolError(f"Protocol error: invalid {what}")
    return int(digits)
