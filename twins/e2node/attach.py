"""Attaches a network to a near-RT RIC for as long as it is simulated."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from contracts.e2.transport import E2Address
from contracts.site import Site
from twins.e2node.configuration import Configuration
from twins.e2node.lower_layers import LowerLayers
from twins.e2node.measurement import Measurement
from twins.e2node.mobility import Mobility
from twins.e2node.network import BeamNetwork, MobileNetwork, Network, RanFunction
from twins.e2node.node import E2Node
from twins.e2node.senders import anybody, the_actuator

KPM_NUMBER, RC_NUMBER, CCC_NUMBER, LLC_NUMBER = 2, 3, 4, 5
"""RAN function identifiers; a RIC finds functions by object identifier, not by these."""


@contextmanager
def attached(
    network: Network, site: Site, address: E2Address, open_control: bool = False
) -> Iterator[E2Node]:
    """Keep an E2 node at the address while the block runs; a RIC that is away is waited for.

    Args:
        network: what the node serves.
        site: whose actuator it obeys.
        address: of the E2 termination.
        open_control: obey whoever sends.
    """
    senders = anybody(network) if open_control else the_actuator(site)
    functions: list[RanFunction] = [
        Measurement(network, KPM_NUMBER),
        Configuration(network, senders, CCC_NUMBER),
    ]
    if isinstance(network, MobileNetwork):
        functions.append(Mobility(network, senders, RC_NUMBER))
    if isinstance(network, BeamNetwork):
        functions.append(LowerLayers(network, senders, LLC_NUMBER))
    node = E2Node(network, functions, address)
    thread = threading.Thread(target=node.run, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        node.close()
        thread.join()
