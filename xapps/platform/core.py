"""The core of the embedded near-RT RIC: its services, put together."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from contracts.clock import Clock
from contracts.e2.transport import E2Address
from contracts.errors import ExitCode, RanwrightError
from contracts.site import Site
from contracts.xapp_rules import ACTUATOR
from xapps.platform.a1.mediator import A1Mediator
from xapps.platform.a1.messages import Dialect
from xapps.platform.a1.rest import a1_application
from xapps.platform.alarms import Alarms
from xapps.platform.appmgr.registry import Registry
from xapps.platform.appmgr.rest import appmgr_application
from xapps.platform.deployments.deployments import Deployments
from xapps.platform.deployments.store import DeploymentStore
from xapps.platform.deployments.voucher import Voucher
from xapps.platform.dispatch import Dispatcher
from xapps.platform.e2mgr.rest import e2mgr_application
from xapps.platform.e2term.subscriber import Subscriber
from xapps.platform.e2term.termination import E2Termination
from xapps.platform.environment import Platform
from xapps.platform.event_loop import EventLoop
from xapps.platform.home import RicHome
from xapps.platform.http import HttpServer
from xapps.platform.instance import State
from xapps.platform.lifecycle import Lifecycle
from xapps.platform.message_types import (
    A1_POLICY_QUERY,
    A1_POLICY_RESP,
    ALARM,
    METRICS,
    RIC_CONTROL_REQ,
)
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
from xapps.platform.submgr.manager import SubscriptionManager
from xapps.platform.submgr.rest import submgr_application
from xapps.platform.supervisor import Patience

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """How a RIC is run.

    Args:
        dialect: of A1 policy requests to xApps.
        controllers: xApps that have a way to E2 control.
        patience: of the supervisors of xApps.
        site: whose RIC it is: xApps are then deployed under its certificates alone, only those are
            registered, and each has routes for what it says it sends. The actuator alone controls.
        e2_address: where E2 nodes set E2 up; by default any port of this machine, over SCTP where
            the kernel has it, the same port after every restart.
    """

    dialect: Dialect = Dialect.GO
    controllers: frozenset[str] = frozenset({ACTUATOR})
    patience: Patience = field(default_factory=Patience)
    site: Site | None = None
    e2_address: E2Address | None = None


class Core:
    """Everything a RIC is, but its xApps; they run as processes of their own.

    Args:
        home: its folder.
        options: how it is run.
    """

    def __init__(self, home: RicHome, options: CoreOptions | None = None) -> None:
        options = options or CoreOptions()
        home.create()
        self._ready = False
        with ExitStack() as undo:
            self._assemble(home, options, undo)
            self._undo = undo.pop_all()
        self._ready = True
        _log.info("ric.ready", ports=self.ports)

    def _assemble(self, home: RicHome, options: CoreOptions, undo: ExitStack) -> None:
        """Put everything together; ``undo`` takes it apart in the reverse order."""
        wanted = Ports.load(home.ports)
        store = Store(home.sdl)
        undo.callback(store.close)
        database = Database(store, Broker())
        self._rmr = undo.enter_context(RmrEndpoint(RmrSettings(port=wanted.rmr)))
        self._control = undo.enter_context(RmrEndpoint(RmrSettings(port=wanted.routes)))
        self.names = NameMap()
        self._e2_rmr = undo.enter_context(RmrEndpoint(RmrSettings(port=wanted.e2_rmr)))
        belongs = options.site is not None
        self.routes = RouteManager(self._rmr, self._control, self._e2_rmr, only_declared=belongs)
        self.rnib = Rnib(database)
        self.alarms = Alarms()
        self.metrics = Metrics(self.figures)
        self.a1 = A1Mediator(database, self._rmr, options.dialect)
        self.registry = Registry(database, self.routes, only_deployed=belongs)
        self.subscriptions = SubscriptionManager(
            database, Subscriber(lambda node: self.e2.find(node)), self.routes, self.names.resolve
        )
        undo.callback(self.subscriptions.close)
        self.e2 = self._terminate_e2(options.e2_address, wanted.e2)
        undo.callback(self.e2.close)
        self.xapps, self.deployments = self._run_xapps(home, options, undo)
        self._dispatcher = Dispatcher(
            self._rmr,
            {
                A1_POLICY_RESP: self.a1.on_answer,
                A1_POLICY_QUERY: self.a1.on_query,
                ALARM: self.alarms.on_message,
                METRICS: self.metrics.on_message,
            },
        )
        # its own thread: a control never waits for what the platform does
        self._e2_dispatcher = Dispatcher(
            self._e2_rmr, {RIC_CONTROL_REQ: self.e2.controls.on_message}
        )
        self._loop = EventLoop()
        undo.callback(self._loop.close)
        self.ports = self._serve(wanted, database, undo)
        self.ports.save(home.ports)
        self.ports.add_names(self.names)
        undo.callback(self.xapps.close)
        self.xapps.start()
        if self.deployments is not None:
            undo.callback(self.deployments.close)
            self.deployments.start()

    def is_ready(self) -> bool:
        """Whether everything is served."""
        return self._ready

    def close(self) -> None:
        """End the xApps' processes, then the services; all that is kept stays."""
        self._ready = False
        self._undo.close()
        self._dispatcher.join()
        self._e2_dispatcher.join()

    def status(self) -> dict[str, Any]:
        """How the RIC is, for people and programs."""
        return {
            "ready": self.is_ready(),
            "services": {name: f"127.0.0.1:{getattr(self.ports, name)}" for name in Ports.__slots__}
            | {"e2": str(self.e2.address)},
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
            "rmr_dropped_messages": sum(
                sum(endpoint.drops().values()) for endpoint in (self._rmr, self._e2_rmr)
            ),
            **_sums(self._dispatcher.figures(), self._e2_dispatcher.figures()),
            **self.e2.figures(),
        }

    def _run_xapps(
        self, home: RicHome, options: CoreOptions, undo: ExitStack
    ) -> tuple[Lifecycle, Deployments | None]:
        common = (home, self.names, self.routes, self._platform, self._retire)
        if options.site is None:
            return Lifecycle(*common, options.controllers, options.patience), None
        store, clock = DeploymentStore(home.deployments), Clock()
        undo.callback(store.close)
        vouch = Voucher(options.site, store, clock)
        xapps = Lifecycle(*common, frozenset({ACTUATOR}), options.patience, vouch)
        return xapps, Deployments(options.site, store, xapps, clock)

    def _retire(self, host: str) -> None:
        self.subscriptions.unsubscribe_all_of(host)
        self.registry.deregister_all_of(host)

    def _terminate_e2(self, address: E2Address | None, last_port: int) -> E2Termination:
        return E2Termination(
            address or E2Address.parse(f"127.0.0.1:{last_port}"),
            self._e2_rmr,
            self.routes,
            self.rnib,
            self._e2_rmr.name,
            self.subscriptions.on_node_connected,
            self.subscriptions.on_deletion_required,
        )

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
        return replace(
            wanted,
            rmr=self._rmr.port,
            routes=self._control.port,
            e2_rmr=self._e2_rmr.port,
            e2=self.e2.address.port,
            **chosen,
        )

    def _close_server(self, server: HttpServer | SdlServer) -> None:
        self._loop.run(server.close())


def _sums(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: one[name] + other[name] for name in one}


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
