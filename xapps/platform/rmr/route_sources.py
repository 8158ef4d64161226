"""Where an endpoint's route table comes from, and the thread that keeps it as it is there.

A seed file gives a first table. A route manager gives tables at run time over a second endpoint,
the control port: it is asked with message type 21 until it sends a table in messages of type 20;
each table is answered with type 22.
"""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from contracts.errors import RanwrightError
from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.message import RmrMessage
from xapps.platform.rmr.routes import TableAnswer
from xapps.platform.rmr.settings import RmrSettings, whole_number

TABLE_MTYPE = 20
TABLE_REQUEST_MTYPE = 21
TABLE_STATE_MTYPE = 22
DEFAULT_CONTROL_PORT = 4561
DEFAULT_ROUTE_MANAGER = "routemgr:4561"
_SEED_UNTIL_READY_S = 1.0
_SEED_PERIOD_S = 60.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RouteSources:
    """Where tables come from.

    Args:
        seed_table: file with a first table.
        reread_seed: read the file again, every second until it holds a table, then every minute.
        control_port: where a route manager's tables arrive (0: any free port); ``None``: nowhere.
        route_manager: ``host:port`` to ask for a table; ``None``: it comes unasked.
        request_period_s: how often to ask until a table comes.
    """

    seed_table: Path | None = None
    reread_seed: bool = False
    control_port: int | None = None
    route_manager: str | None = None
    request_period_s: float = 5.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "RouteSources":
        """What RMR_SEED_RT, RMR_RTG_SVC, RMR_CTL_PORT and RMR_RTREQ_FREQ ask for.

        Raises:
            RanwrightError: ``rmr.bad_environment`` naming the variable that cannot be used.
        """
        values = os.environ if environment is None else environment
        seed = Path(values["RMR_SEED_RT"]) if values.get("RMR_SEED_RT") else None
        service = values.get("RMR_RTG_SVC", "").removeprefix("tcp:")
        if service.startswith("-"):
            return cls(seed, reread_seed=True)
        if service.isdecimal():
            return cls(seed, control_port=int(service))
        if not service and values.get("RMR_CTL_PORT"):
            service = DEFAULT_ROUTE_MANAGER
        period_s = whole_number(values, "RMR_RTREQ_FREQ", 5)
        return cls(
            seed,
            control_port=whole_number(values, "RMR_CTL_PORT", DEFAULT_CONTROL_PORT),
            route_manager=service or None,
            request_period_s=float(period_s if 1 <= period_s <= 300 else 5),
        )


class RouteCollector:
    """Feeds an endpoint from its sources until closed.

    Args:
        endpoint: whose table is kept. Its seed is read before the constructor returns.
        sources: where tables come from.
    """

    def __init__(self, endpoint: RmrEndpoint, sources: RouteSources) -> None:
        self._endpoint = endpoint
        self._sources = sources
        self._closed = threading.Event()
        self._seen_seed: bytes | None = None
        self._managed = False
        self._read_seed()
        self._control = self._open_control()
        work = self._reread if self._control is None else self._collect
        self._thread: threading.Thread | None = None
        if self._control is not None or sources.reread_seed:
            self._thread = threading.Thread(target=work, name="rmr-routes", daemon=True)
            self._thread.start()

    @property
    def control_name(self) -> str | None:
        """``name:port`` where a route manager's tables are taken."""
        return self._control.name if self._control else None

    def close(self) -> None:
        """Stop collecting; the table that holds stays."""
        self._closed.set()
        if self._control is not None:
            self._control.close()
        if self._thread is not None:
            self._thread.join()

    def _read_seed(self) -> None:
        seed = self._sources.seed_table
        if seed is None:
            return
        try:
            octets = seed.read_bytes()
        except OSError as error:
            _log.warning("rmr.seed_unreadable", file=str(seed), reason=str(error))
            return
        if octets == self._seen_seed:
            return
        self._seen_seed = octets
        answers = self._endpoint.feed_routes(octets.decode("utf-8", "replace"), managed=False)
        self._log_answers(answers, str(seed))

    def _reread(self) -> None:
        while not self._closed.wait(
            _SEED_PERIOD_S if self._endpoint.ready else _SEED_UNTIL_READY_S
        ):
            self._read_seed()

    def _open_control(self) -> RmrEndpoint | None:
        port = self._sources.control_port
        if port is None:
            return None
        settings = self._endpoint.settings
        try:
            return RmrEndpoint(
                RmrSettings(
                    port=port,
                    host=settings.host,
                    bind_address=settings.bind_address,
                    source_address=settings.source_address,
                )
            )
        except RanwrightError as error:
            # As librmr: routes of the seed still serve; whoever must be routed has its own port.
            _log.warning("rmr.no_control_port", port=port, reason=error.message)
            return None

    def _collect(self) -> None:
        control = self._control
        assert control is not None
        ask_at_s = time.monotonic()
        while not self._closed.is_set():
            asking = self._sources.route_manager is not None and not self._managed
            if asking and time.monotonic() >= ask_at_s:
                self._ask(control)
                ask_at_s = time.monotonic() + self._sources.request_period_s
            wait_s = max(0.0, ask_at_s - time.monotonic()) if asking else None
            try:
                message = control.receive(wait_s)
            except RanwrightError:
                return  # closed
            if message is not None:
                self._take(control, message)

    def _ask(self, control: RmrEndpoint) -> None:
        address = self._sources.route_manager
        assert address is not None
        wormhole = control.open_wormhole(address)
        if wormhole is None:
            _log.info("rmr.route_manager_away", address=address)
            return
        text = f"{self._endpoint.name} ts={int(time.time())}\n\0"
        control.send_wormhole(wormhole, RmrMessage(TABLE_REQUEST_MTYPE, text.encode()))

    def _take(self, control: RmrEndpoint, message: RmrMessage) -> None:
        if message.mtype != TABLE_MTYPE:
            _log.warning("rmr.not_a_table", mtype=message.mtype, source=message.source)
            return
        text = message.payload.decode("utf-8", "replace")
        answers = self._endpoint.feed_routes(text, managed=True)
        self._log_answers(answers, message.source)
        for answer in answers:
            self._managed = self._managed or answer.refusal is None
            control.reply(message, mtype=TABLE_STATE_MTYPE, payload=_state_text(answer))

    def _log_answers(self, answers: list[TableAnswer], source: str) -> None:
        for answer in answers:
            if answer.refusal is not None:
                _log.warning("rmr.table_refused", source=source, reason=answer.refusal)


def _state_text(answer: TableAnswer) -> bytes:
    word = "OK" if answer.refusal is None else "ERR"
    return f"{word} {answer.table_id} {answer.refusal or ''}\n\0".encode()
