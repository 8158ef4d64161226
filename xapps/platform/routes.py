"""The route manager: keeps the state of routing, and publishes what changes in it."""

import dataclasses
import threading
from collections.abc import Callable

from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.route_distributor import RouteDistributor
from xapps.platform.routing import RoutingState, XappRoutes, table_for

Change = Callable[[RoutingState], RoutingState]
_LOOK_PERIOD_S = 1.0


class RouteManager:
    """Tables of the core's endpoint and of every xApp that asks; safe to share between threads.

    A change holds for the core when the call returns. xApps are told after, from a thread that ends
    with the control endpoint: one that hangs must not hold up E2 or the others' changes.

    Args:
        core: the endpoint of the core; its own table is set here.
        control: endpoint that xApps ask for tables; this object alone receives from it.
        e2: the endpoint of the E2 termination; its own table is set here too.
        only_declared: see :class:`xapps.platform.routing.RoutingState`.
    """

    def __init__(
        self,
        core: RmrEndpoint,
        control: RmrEndpoint,
        e2: RmrEndpoint,
        only_declared: bool = False,
    ) -> None:
        self._own = (core, e2)
        self._lock = threading.RLock()
        self._state = RoutingState(core.name, only_declared=only_declared)
        self._control = control
        self._distributor = RouteDistributor(control, self._table_for)
        self._changed = threading.Event()
        self._set_own(self._state)
        threading.Thread(target=self._publish, name="route-publisher", daemon=True).start()

    @property
    def state(self) -> RoutingState:
        """What tables are made from now."""
        with self._lock:
            return self._state

    def set_xapp(self, instance: str, routes: XappRoutes | None, controls: bool = False) -> None:
        """Say what a running xApp takes, or (``None``) that it runs no more.

        Args:
            instance: name of the instance.
            routes: its address and types.
            controls: whether it may send control requests.
        """
        if routes is not None:
            routes = dataclasses.replace(routes, controls=controls)
        left = self.state.xapps.get(instance)

        def change(state: RoutingState) -> RoutingState:
            others = {k: v for k, v in state.xapps.items() if k != instance}
            added = {} if routes is None else {instance: routes}
            return dataclasses.replace(state, xapps=others | added)

        if routes is not None and routes.control is not None:
            # one that outlived an earlier core has its table and asks for none
            self._distributor.pin(routes.address, routes.control)
        self._change(change)
        if left is not None and left.address not in self._addresses():
            self._distributor.unsubscribe(left.address)

    def _addresses(self) -> set[str]:
        return {xapp.address for xapp in self.state.xapps.values()}

    def set_subscription(self, sub_id: int, address: str | None) -> None:
        """Lead the messages of a subscription to an xApp, or (``None``) nowhere."""

        def change(state: RoutingState) -> RoutingState:
            others = {k: v for k, v in state.subscriptions.items() if k != sub_id}
            added = {} if address is None else {sub_id: address}
            return dataclasses.replace(state, subscriptions=others | added)

        self._change(change)

    def set_node(self, ran_name: str, termination: str | None) -> None:
        """Say which E2 termination (``host:port``) a RAN name is at, or (``None``) that it left."""

        def change(state: RoutingState) -> RoutingState:
            others = {k: v for k, v in state.nodes.items() if k != ran_name}
            added = {} if termination is None else {ran_name: termination}
            return dataclasses.replace(state, nodes=others | added)

        self._change(change)

    def _change(self, change: Change) -> None:
        with self._lock:
            changed = change(self._state)
            if changed == self._state:
                return
            # a name that would break the text is refused before it is in any table
            self._set_own(changed)
            self._state = changed
        self._changed.set()

    def _publish(self) -> None:
        while not self._control.closed:
            if self._changed.wait(_LOOK_PERIOD_S):
                self._changed.clear()
                self._distributor.publish()
            else:
                self._distributor.repeat()  # one that starts just now, or was hung

    def _set_own(self, state: RoutingState) -> None:
        for endpoint in self._own:
            endpoint.set_routes(table_for(state, endpoint.name, of_platform=True))

    def _table_for(self, endpoint: str) -> str:
        return table_for(self.state, endpoint)
