"""A plant's E2 node, a RIC core, and an xApp of the SDK on a bare RMR endpoint."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.e2.transport import E2Address
from contracts.errors import RanwrightError
from contracts.site import Site
from tests.xapps.platform.waits import wait_until
from twins.e2node.attach import attached
from twins.e2node.network import Network
from xapps.platform.core import Core, CoreOptions
from xapps.platform.home import RicHome
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrSettings, RmrState
from xapps.platform.routing import XappRoutes, table_for
from xapps.sdk.e2 import E2
from xapps.sdk.gnb import Gnb
from xapps.sdk.messenger import Handler, Received
from xapps.sdk.nodes import NodeDirectory
from xapps.sdk.notices import Endpoint, SubscriptionClient
from xapps.sdk.web import XappServer


class EndpointMessenger:
    """A messenger straight on RMR, read by a thread."""

    def __init__(self, endpoint: RmrEndpoint) -> None:
        self._endpoint = endpoint
        self._handlers: dict[int, Handler] = {}
        threading.Thread(target=self._run, daemon=True).start()

    def on(self, mtype: int, handler: Handler) -> None:
        self._handlers[mtype] = handler

    def send(self, mtype: int, payload: bytes, meid: str) -> bool:
        return self._endpoint.send(RmrMessage(mtype, payload, meid=meid)) is RmrState.OK

    def _run(self) -> None:
        while True:
            try:
                message = self._endpoint.receive(None)
            except RanwrightError:
                return
            if message is not None and (handler := self._handlers.get(message.mtype)):
                handler(Received(message.mtype, message.payload, message.meid, message.sub_id))


@dataclass
class Rig:
    core: Core
    endpoint: RmrEndpoint
    server: XappServer
    e2: E2
    directory: NodeDirectory
    ran_name: str

    def gnb(self) -> Gnb:
        return Gnb(self.e2, self.ran_name, self.directory.functions(self.ran_name))

    def may_control(self, allowed: bool = True) -> None:
        """Give the xApp a way to control, or take it; its table is that of now."""
        self.core.routes.set_xapp("actuator", XappRoutes(self.endpoint.name), allowed)
        self.endpoint.set_routes(table_for(self.core.routes.state, self.endpoint.name))


@contextmanager
def rig(folder: Path, network: Network, site: Site, open_control: bool = False) -> Iterator[Rig]:
    with ExitStack() as undo:
        options = CoreOptions(e2_address=E2Address.parse("tcp://127.0.0.1:0"))
        core = Core(RicHome(folder / "ric"), options)
        undo.callback(core.close)
        endpoint = undo.enter_context(RmrEndpoint(RmrSettings()))
        clients: list[SubscriptionClient] = []
        server = XappServer("127.0.0.1", 0, lambda body: clients[0].notify(body))
        undo.callback(server.close)
        own = Endpoint("127.0.0.1", server.port, endpoint.port)
        clients.append(SubscriptionClient(f"http://127.0.0.1:{core.ports.submgr}", own))
        e2 = E2(EndpointMessenger(endpoint), clients[0])
        undo.enter_context(attached(network, site, core.e2.address, open_control))
        name = ran_name(gnb_of(network.info().node_name))
        wait_until(lambda: core.e2.find(name) is not None)
        directory = NodeDirectory(f"http://127.0.0.1:{core.ports.e2mgr}")
        made = Rig(core, endpoint, server, e2, directory, name)
        made.may_control()
        yield made
