"""One client's connection: its requests, its subscriptions, its replies."""

import asyncio
import threading

import structlog

from contracts.errors import RanwrightError
from xapps.platform.sdl.arguments import Arguments, CommandError
from xapps.platform.sdl.commands import COMMANDS, Command, Database
from xapps.platform.sdl.module_commands import MODULE_COMMANDS
from xapps.platform.sdl.resp import OK, Failure, ProtocolError, Reply, RequestParser, encode
from xapps.platform.sdl.scripts import SCRIPT_COMMANDS
from xapps.platform.sdl.store import StoreFullError, WrongTypeError

MAX_UNREAD_BYTES = 32 * 1024 * 1024
"""A subscriber that lets more pile up is cut off: memory of the core is not its mailbox."""

_TABLE: dict[bytes, Command] = COMMANDS | MODULE_COMMANDS | SCRIPT_COMMANDS
_WHILE_SUBSCRIBED = (b"PING", b"SUBSCRIBE", b"UNSUBSCRIBE", b"PSUBSCRIBE", b"PUNSUBSCRIBE")
_OF_HTTP = (b"POST", b"PUT", b"HOST:")
_log = structlog.get_logger(__name__)


class Session(asyncio.Protocol):
    """Reads requests, answers in order; asyncio calls it, ``deliver`` may come from any thread."""

    def __init__(self, database: Database, open_sessions: "set[Session]", most: int) -> None:
        self._database = database
        self._open_sessions = open_sessions
        self._most = most
        self._parser = RequestParser()
        self._channels: dict[bytes, None] = {}
        self._patterns: dict[bytes, None] = {}
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or say that there are too many."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._open_sessions) >= self._most:
            self._write(Failure("ERR max number of clients reached"))
            transport.close()
            return
        self._open_sessions.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client and its subscriptions."""
        self._open_sessions.discard(self)
        self._transport = None
        for channel in self._channels:
            self._database.broker.unsubscribe(channel, self)
        for pattern in self._patterns:
            self._database.broker.unsubscribe_pattern(pattern, self)

    def pause_writing(self) -> None:
        """The client does not read: take no more requests from it."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Answer the requests that these bytes complete."""
        try:
            requests = self._parser.feed(data)
        except ProtocolError as error:
            _log.info("sdl.protocol_error", detail=error.message)
            self._write(Failure(f"ERR {error.message}"))
            self._close()
            return
        for name, *arguments in requests:
            if self._transport is None or self._transport.is_closing():
                return
            if name.upper() in _OF_HTTP:
                # a web page can have a browser post lines here: none of them is a request
                _log.warning("sdl.http_refused", line=_shown(name))
                self._close()
                return
            self._answer(name.upper(), arguments)

    def deliver(self, channel: bytes, message: bytes, pattern: bytes | None) -> None:
        """Send a published message to the client."""
        push: list[Reply] = [b"message", channel, message]
        if pattern is not None:
            push = [b"pmessage", pattern, channel, message]
        if threading.get_ident() == self._thread:
            self._write(push)
        else:
            self._loop.call_soon_threadsafe(self._write, push)

    def close(self) -> None:
        """Hang up."""
        self._close()

    def _answer(self, name: bytes, arguments: Arguments) -> None:
        if self._subscriptions() and name not in (*_WHILE_SUBSCRIBED, b"QUIT"):
            self._write(Failure(f"ERR Can't execute {_shown(name)} while subscribed"))
        elif name == b"QUIT":
            self._write(OK)
            self._close()
        elif name in _WHILE_SUBSCRIBED[1:]:
            self._change_subscriptions(name, arguments)
        elif name == b"PING" and self._subscriptions():
            self._write([b"pong", arguments[0] if arguments else b""])
        else:
            self._write(_run(self._database, name, arguments))

    def _change_subscriptions(self, name: bytes, arguments: Arguments) -> None:
        by_pattern = name.startswith(b"P")
        held = self._patterns if by_pattern else self._channels
        joining = name in (b"SUBSCRIBE", b"PSUBSCRIBE")
        if joining and not arguments:
            self._write(_wrong_arity(name))
            return
        chosen: list[bytes | None] = list(arguments or held)
        for topic in chosen or [None]:
            if topic is not None:
                self._join(topic, held) if joining else self._leave(topic, held)
            self._write([name.lower(), topic, self._subscriptions()])

    def _join(self, topic: bytes, held: dict[bytes, None]) -> None:
        broker = self._database.broker
        held[topic] = None
        join = broker.subscribe if held is self._channels else broker.subscribe_pattern
        join(topic, self)

    def _leave(self, topic: bytes, held: dict[bytes, None]) -> None:
        broker = self._database.broker
        held.pop(topic, None)
        leave = broker.unsubscribe if held is self._channels else broker.unsubscribe_pattern
        leave(topic, self)

    def _subscriptions(self) -> int:
        return len(self._channels) + len(self._patterns)

    def _write(self, reply: Reply) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(encode(reply))
        if transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            _log.warning("sdl.client_too_slow", unread_bytes=transport.get_write_buffer_size())
            transport.abort()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _run(database: Database, name: bytes, arguments: Arguments) -> Reply:
    command = _TABLE.get(name)
    if command is None:
        return Failure(f"ERR unknown command '{_shown(name)}'")
    too_many = command.most is not None and len(arguments) > command.most
    if len(arguments) < command.fewest or too_many:
        return _wrong_arity(name)
    try:
        return command.run(database, arguments)
    except CommandError as error:
        return Failure(str(error))
    except WrongTypeError as error:
        return Failure(f"WRONGTYPE {error.message}")
    except StoreFullError as error:
        return Failure(f"OOM {error.message}")
    except RanwrightError as error:
        return Failure(f"ERR {error.message}")
    except Exception:  # noqa: BLE001 - process boundary: one client's request must not end the core
        _log.exception("sdl.defect", command=_shown(name))
        return Failure("ERR the command failed here; the log of the RIC says why")


def _wrong_arity(name: bytes) -> Failure:
    return Failure(f"ERR wrong number of arguments for '{_shown(name.lower())}' command")


def _shown(name: bytes) -> str:
    return name[:64].decode("ascii", "replace")
