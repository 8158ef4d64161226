"""The E2 termination: where E2 nodes set E2 up; each is read by a thread of its own."""

import threading
from collections.abc import Callable, Mapping

import structlog

from contracts.e2.ap import E2SetupRequest
from contracts.e2.transport import E2Address, E2Connection, E2Listener
from xapps.platform.e2term.answers import to_setup
from xapps.platform.e2term.association import Association
from xapps.platform.e2term.controls import Controls
from xapps.platform.e2term.naming import name_of
from xapps.platform.e2term.records import NodeRecords
from xapps.platform.e2term.traffic import VERSION, Traffic, decoded
from xapps.platform.link import RmrLink
from xapps.platform.rnib import Rnib
from xapps.platform.routes import RouteManager

SETUP_TIMEOUT_S = 10.0
_log = structlog.get_logger(__name__)


class E2Termination:
    """Listens for E2 nodes; each is read by a thread of its own.

    Args:
        address: where to listen.
        link: RMR.
        routes: learns where a RAN name is.
        known: the R-NIB.
        own_name: RMR address of this termination.
        on_connected: called with the RAN name after every E2 setup.
        on_deletion_required: called with the RAN name and the RIC instance id of a subscription
            that a node wants to have ended; false where nobody knows it.

    Raises:
        RanwrightError: ``e2.cannot_listen``.
    """

    def __init__(
        self,
        address: E2Address,
        link: RmrLink,
        routes: RouteManager,
        known: Rnib,
        own_name: str,
        on_connected: Callable[[str], None],
        on_deletion_required: Callable[[str, int], bool],
    ) -> None:
        self._routes = routes
        self._own_name = own_name
        self._records = NodeRecords(known, own_name)
        self._on_connected = on_connected
        self._turn = threading.Lock()  # nodes join and leave one by one
        self._lock = threading.Lock()
        self._associations: dict[str, Association] = {}
        self._serving: dict[E2Connection, threading.Thread] = {}
        self._closing = False
        self.controls = Controls(link, self.find, self._may_control)
        self._traffic = Traffic(
            link, self.controls, self._records, on_connected, on_deletion_required
        )
        self._records.forget_connections()
        self._listener = E2Listener(address)
        threading.Thread(target=self._accept, name="e2-accept", daemon=True).start()

    @property
    def address(self) -> E2Address:
        """Where nodes set E2 up."""
        return self._listener.address

    def find(self, ran_name: str) -> Association | None:
        """The association with a node; None when it is not connected."""
        with self._lock:
            return self._associations.get(ran_name)

    def figures(self) -> Mapping[str, float]:
        """What was counted so far, over the nodes that are connected."""
        with self._lock:
            counters = [a.counters for a in self._associations.values()]
        return {
            "e2_indications": sum(c.indications for c in counters),
            "e2_indications_unrouted": sum(c.indications_unrouted for c in counters),
            **self.controls.figures(),
        }

    def close(self) -> None:
        """End all associations; nothing is recorded of nodes any more when this returns."""
        with self._lock:
            self._closing = True
            serving = dict(self._serving)
        self._listener.close()
        for connection in serving:
            connection.close()
        for thread in serving.values():
            thread.join()

    def _may_control(self, source: str) -> bool:
        return source in self._routes.state.controllers

    def _accept(self) -> None:
        while (connection := self._listener.accept()) is not None:
            thread = threading.Thread(
                target=self._serve, args=(connection,), name="e2-node", daemon=True
            )
            with self._lock:
                if self._closing:
                    connection.close()
                    return
                self._serving[connection] = thread
                thread.start()

    def _serve(self, connection: E2Connection) -> None:
        association = None
        try:
            if (request := self._setup_request(connection)) is None:
                return
            association = Association(connection, name_of(request.node), VERSION)
            self._join(association, request)
            self._on_connected(association.name.ran_name)
            self._traffic.read(association)
        except ConnectionError as error:
            _log.info("e2.lost", reason=str(error))
        finally:
            connection.close()
            if association is not None:
                self._leave(association)
            with self._lock:
                del self._serving[connection]

    def _setup_request(self, connection: E2Connection) -> E2SetupRequest | None:
        """What a node must say first, and soon."""
        late = threading.Timer(SETUP_TIMEOUT_S, connection.close)
        late.start()
        try:
            octets = connection.receive()
        finally:
            late.cancel()
        request = None if octets is None else decoded(octets)
        if isinstance(request, E2SetupRequest):
            return request
        _log.warning("e2.no_setup", octets=(octets or b"")[:64].hex())
        return None

    def _join(self, association: Association, request: E2SetupRequest) -> None:
        ran_name = association.name.ran_name
        functions = request.functions
        # one turn from the answer on: who is answered later joins later, and replaces
        with self._turn:
            association.send(to_setup(request))  # before anybody can find it and ask for something
            self.controls.lost(ran_name)  # where the end of the one before was not noticed
            self._routes.set_node(ran_name, self._own_name)
            self._records.connected(association.name, functions)
            with self._lock:
                before = self._associations.get(ran_name)
                self._associations[ran_name] = association
        if before is not None:  # its end was not noticed yet
            _log.warning("e2.replaced", ran_name=ran_name)
            before.connection.close()
        _log.info("e2.set_up", ran_name=ran_name, functions=[f.oid for f in functions])

    def _leave(self, association: Association) -> None:
        association.lost()
        ran_name = association.name.ran_name
        with self._turn:
            with self._lock:
                if self._associations.get(ran_name) is not association:
                    return  # another association has the name
                del self._associations[ran_name]
            self._routes.set_node(ran_name, None)
            self._records.disconnected(ran_name)
        self.controls.lost(ran_name)
        _log.info("e2.left", ran_name=ran_name)
