"""The core of the embedded near-RT RIC: its services, put together."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.a1.mediator import A1Mediator
from xapps.platform.a1.messages import Dialect
from xapps.platform.a1.rest import a1_application
from xapps.platform.alarms import Alarms
from xapps.platform.appmgr.registry import Registry
from xapps.platform.appmgr.rest import appmgr_application
from xapps.platform.dispatch import Dispatcher
from xapps.platform.e2mgr.rest import e2mgr_application
from xapps.platform.environment import Platform
from xapps.platform.event_loop import EventLoop
from xapps.platform.home import RicHome
from xapps.platform.http import HttpServer
from xapps.platform.instance import State
from xapps.platform.lifecycle import Lifecycle
from xapps.platform.message_types import A1_POLICY_QUERY, A1_POLICY_RESP, ALARM, METRICS
from xapps.platform.metrics import Metrics
from xapps.platform.names import NameMap
from xapps.platform.ports import Ports
from xapps.platform.rest import core_application
from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.settings import RmrSettings
from xapps.platform.rnib import ConnectionStatus, Rnib
from xapps.platform.routes import RouteManager
from xapps.platform.sdl.broker import Broker
from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.server import SdlServer
from xapps.platform.sdl.store import Store
from xapps.platform.submgr.backend import NoE2Termination, SubscriptionBackend
from xapps.platform.submgr.manager import SubscriptionManager
from xapps.platform.submgr.rest import submgr_application
from xapps.platform.supervisor import Patience

ACTUATOR = "actuator"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """How a RIC is run.

    Args:
        dialect: of A1 policy requests to xApps.
        controllers: xApps that have a way to E2 control.
        patience: of the supervisors of xApps.
    """

    dialect: Dialect = Dialect.GO
    controllers: frozenset[str] = frozenset({ACTUATOR})
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Foundation:
    """What the E2 termination needs of the core."""

    rnib: Rnib
    routes: RouteManager
    database: Database


MakeBackend = Callable[[Foundation], SubscriptionBackend]


class Core:
    """Everything a RIC is, but its xApps; they run as processes of their own.

    Args:
        home: its folder.
        options: how it is run.
        make_backend: makes the E2 side of subscriptions.
    """

    def __init__(
        self,
        home: RicHome,
        options: CoreOptions | None = None,
        make_backend: MakeBackend | None = None,
    ) -> None:
        options = options or CoreOptions()
        home.create()
        self._ready = False
        with ExitStack() as undo:
            self._assemble(home, options, make_backend, undo)
            self._undo = undo.pop_all()
        self._ready = True
        _log.info("ric.ready", ports=self.ports)

    def _assemble(
        self,
        home: RicHome,
        options: CoreOptions,
        make_backend: MakeBackend | None,
        undo: ExitStack,
    ) -> None:
        """Put everything together; ``undo`` takes it apart in the reverse order."""
        wanted = Ports.load(home.ports)
        store = Store(home.sdl)
        undo.callback(store.close)
        database = Database(store, Broker())
        self._rmr = undo.enter_context(RmrEndpoint(RmrSettings(port=wanted.rmr)))
        self._control = undo.enter_context(RmrEndpoint(RmrSettings(port=wanted.routes)))
        self.names = NameMap()
        self.routes = RouteManager(self._rmr, self._control)
        self.rnib = Rnib(database)
        self.alarms = Alarms()
        self.metrics = Metrics(self.figures)
        self.a1 = A1Mediator(database, self._rmr, options.dialect)
        self.registry = Registry(database, self.routes)
        foundation = Foundation(self.rnib, self.routes, database)
        backend = make_backend(foundation) if make_backend else NoE2Termination()
        self.subscriptions = SubscriptionManager(database, backend, self.routes, self.names.resolve)
        undo.callback(self.subscriptions.close)
        self.xapps = Lifecycle(
            home,
            self.names,
            self.routes,
            self._platform,
            self.subscriptions.unsubscribe_all_of,
            options.controllers,
            options.patience,
        )
        self._dispatcher = Dispatcher(
            self._rmr,
            {
                A1_POLICY_RESP: self.a1.on_answer,
                A1_POLICY_QUERY: self.a1.on_query,
                ALARM: self.alarms.on_message,
                METRICS: self.metrics.on_message,
            },
        )
        self._loop = EventLoop()
        undo.callback(self._loop.close)
        self.ports = self._serve(wanted, database, undo)
        self.ports.save(home.ports)
        self.ports.add_names(self.names)
        undo.callback(self.xapps.close)
        self.xapps.start()

    def is_ready(self) -> bool:
        """Whether everything is served."""
        return self._ready

    def close(self) -> None:
        """End the xApps' processes, then the services; all that is kept stays."""
        self._ready = False
        self._undo.close()
        self._dispatcher.join()

    def status(self) -> dict[str, Any]:
        """How the RIC is, for people and programs."""
        return {
            "ready": self.is_ready(),
            "services": {
                name: f"127.0.0.1:{getattr(self.ports, name)}" for name in Ports.__slots__
            },
            "nodes": {node.name: node.status.name for node in self.rnib.nodes()},
            "figures": dict(self.figures()),
        }

    def figures(self) -> Mapping[str, float]:
        """Numbers of the core, as Prometheus shows them."""
        states = [report.state for report in self.xapps.reports()]
        nodes = [node.status for node in self.rnib.nodes()]
        return {
            "a1_policy_types": len(self.a1.type_ids()),
            "alarms_active": len(self.alarms.active()),
            "e2_nodes_connected": nodes.count(ConnectionStatus.CONNECTED),
            "subscriptions": len(self.subscriptions.records()),
            "xapps_deployed": len(states),
            "xapps_ready": states.count(State.READY),
            "xapps_registered": len(self.registry.registered()),
            "rmr_dropped_messages": sum(self._rmr.drops().values()),
            **self._dispatcher.figures(),
        }

    def _platform(self) -> Platform:
        return Platform(
            self.ports.sdl, self._rmr.name, self._control.name, dict(self.names.export())
        )

    def _serve(self, wanted: Ports, database: Database, undo: ExitStack) -> Ports:
        ready = self.is_ready
        apps = {
            "appmgr": appmgr_application(self.registry, ready),
            "submgr": submgr_application(self.subscriptions, ready),
            "e2mgr": e2mgr_application(self.rnib, ready),
            "a1": a1_application(self.a1),
            "core": core_application(self.metrics, self.alarms, ready),
        }
        chosen = {}
        sdl = SdlServer(database)
        with _listening("sdl", wanted.sdl):
            chosen["sdl"] = self._loop.run(sdl.start(wanted.sdl))
        undo.callback(self._close_server, sdl)
        for name, app in apps.items():
            server = HttpServer(app)
            port = getattr(wanted, name)
            with _listening(name, port):
                chosen[name] = self._loop.run(server.start(port))
            undo.callback(self._close_server, server)
        return replace(wanted, rmr=self._rmr.port, routes=self._control.port, **chosen)

    def _close_server(self, server: HttpServer | SdlServer) -> None:
        self._loop.run(server.close())


@contextmanager
def _listening(service: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RanwrightError(
            "ric.port_in_use",
            f"The {service} service cannot listen on 127.0.0.1:{port}: {error.strerror}.",
            "End what listens there. Running xApps know this port, so no other is taken.",
            ExitCode.DEFECT,
        ) from error
