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

TO_CORE = (A1_POLICY_RESP, A1_POLICY_QUERY, ALARM, METRICS)
"""Types that every xApp may send: they lead to the core and nowhere else."""
_ROUTED_OTHERWISE = {*OF_SUBSCRIPTION, *TO_CORE, A1_POLICY_REQ, RIC_CONTROL_REQ}
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
        sent: message types that it says it sends.
    """

    address: str
    received: tuple[int, ...] = ()
    policies: tuple[int, ...] = ()
    control: str | None = None
    controls: bool = False
    sent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutingState:
    """Everything that tables are made from.

    Args:
        core: RMR address of the core (A1 mediator, collectors).
        xapps: running xApps by instance.
        subscriptions: address that the messages of a subscription (RIC instance id) go to.
        nodes: E2 termination (``host:port``) of each connected RAN name.
        only_declared: an xApp has routes for the types that it says it sends, and no others.
    """

    core: str
    xapps: Mapping[str, XappRoutes] = field(default_factory=dict)
    subscriptions: Mapping[int, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    only_declared: bool = False

    def sendable(self, address: str) -> frozenset[int]:
        """Types that the xApps at an address say that they send, and those of the core."""
        sent = (mtype for x in self.xapps.values() if x.address == address for mtype in x.sent)
        return frozenset((*TO_CORE, *sent))

    @property
    def controllers(self) -> frozenset[str]:
        """Addresses that may send control requests."""
        return frozenset(xapp.address for xapp in self.xapps.values() if xapp.controls)


def table_for(state: RoutingState, endpoint: str, of_platform: bool = False) -> str:
    """The text of an endpoint's route table, the map of RAN names included.

    Args:
        state: what runs.
        endpoint: RMR address of who asks; it gets no route that it may not use.
        of_platform: whether it is an endpoint of the platform itself.

    Raises:
        RanwrightError: ``routes.bad_entry``.
    """
    entries = [
        *_to_core(state),
        *_policies(state),
        *_declared(state),
        *_subscribed(state),
    ]
    if state.only_declared and not of_platform:
        sendable = state.sendable(endpoint)
        entries = [entry for entry in entries if entry.mtype in sendable]
    if endpoint in state.controllers:
        entries.append(RouteEntry(RIC_CONTROL_REQ))
    owners = state.nodes if endpoint in state.controllers or endpoint == state.core else {}
    return table_text(entries, owners)


def _to_core(state: RoutingState) -> Iterable[RouteEntry]:
    return (RouteEntry(mtype, ((state.core,),)) for mtype in TO_CORE)


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
