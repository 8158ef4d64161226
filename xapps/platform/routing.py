"""Route tables of the platform, made from what xApps declare and what is subscribed to.

Facts: ric.md section 4.1. Every xApp gets its own table: control requests lead out of the tables
of the endpoints that may control, and of no other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xapps.platform.message_types import (
    A1_POLICY_QUERY,
    A1_POLICY_REQ,
    A1_POLICY_RESP,
    ALARM,
    METRICS,
    OF_SUBSCRIPTION,
    RIC_CONTROL_ACK,
    RIC_CONTROL_FAILURE,
    RIC_CONTROL_REQ,
)
from xapps.platform.rmr.route_text import RouteEntry, table_text

_TO_CORE = (A1_POLICY_RESP, A1_POLICY_QUERY, ALARM, METRICS)
_ROUTED_OTHERWISE = {*OF_SUBSCRIPTION, *_TO_CORE, A1_POLICY_REQ, RIC_CONTROL_REQ}
_BY_TYPE_ALONE = {RIC_CONTROL_ACK, RIC_CONTROL_FAILURE}


@dataclass(frozen=True, slots=True)
class XappRoutes:
    """What one running xApp takes.

    Args:
        address: of its RMR (``host:port``).
        received: message types.
        policies: A1 policy types.
        control: ``host:port`` where it takes its tables; ``None``: where it asks from.
        controls: whether it may send control requests.
    """

    address: str
    received: tuple[int, ...] = ()
    policies: tuple[int, ...] = ()
    control: str | None = None
    controls: bool = False


@dataclass(frozen=True, slots=True)
class RoutingState:
    """Everything that tables are made from.

    Args:
        core: RMR address of the core (A1 mediator, collectors).
        xapps: running xApps by instance.
        subscriptions: address that the messages of a subscription (RIC instance id) go to.
        nodes: E2 termination (``host:port``) of each connected RAN name.
    """

    core: str
    xapps: Mapping[str, XappRoutes] = field(default_factory=dict)
    subscriptions: Mapping[int, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)

    @property
    def controllers(self) -> frozenset[str]:
        """Addresses that may send control requests."""
        return frozenset(xapp.address for xapp in self.xapps.values() if xapp.controls)


def table_for(state: RoutingState, endpoint: str) -> str:
    """The text of an endpoint's route table, the map of RAN names included.

    Args:
        state: what runs.
        endpoint: RMR address of who asks; it gets no route that it may not use.

    Raises:
        RanwrightError: ``routes.bad_entry``.
    """
    entries = [
        *_to_core(state),
        *_policies(state),
        *_declared(state),
        *_subscribed(state),
    ]
    if endpoint in state.controllers:
        entries.append(RouteEntry(RIC_CONTROL_REQ))
    owners = state.nodes if endpoint in state.controllers or endpoint == state.core else {}
    return table_text(entries, owners)


def _to_core(state: RoutingState) -> Iterable[RouteEntry]:
    return (RouteEntry(mtype, ((state.core,),)) for mtype in _TO_CORE)


def _policies(state: RoutingState) -> Iterable[RouteEntry]:
    handled = {policy for xapp in state.xapps.values() for policy in xapp.policies}
    for policy in sorted(handled):
        takers = [xapp.address for xapp in state.xapps.values() if policy in xapp.policies]
        yield RouteEntry(A1_POLICY_REQ, _to_each(takers), sub_id=policy)


def _declared(state: RoutingState) -> Iterable[RouteEntry]:
    """Types that xApps take from anybody, fanned out to every one that takes them."""
    declared = {mtype for xapp in state.xapps.values() for mtype in xapp.received}
    for mtype in sorted(declared - (_ROUTED_OTHERWISE - _BY_TYPE_ALONE)):
        takers = [xapp.address for xapp in state.xapps.values() if mtype in xapp.received]
        yield RouteEntry(mtype, _to_each(takers))


def _subscribed(state: RoutingState) -> Iterable[RouteEntry]:
    for sub_id, address in sorted(state.subscriptions.items()):
        for mtype in OF_SUBSCRIPTION:
            yield RouteEntry(mtype, ((address,),), sub_id=sub_id)


def _to_each(addresses: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple((address,) for address in dict.fromkeys(addresses))
