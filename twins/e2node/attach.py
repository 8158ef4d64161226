"""Attaches a network to a near-RT RIC for as long as it is simulated."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from contracts.e2.transport import E2Address
from contracts.site import Site
from twins.e2node.configuration import Configuration
from twins.e2node.measurement import Measurement
from twins.e2node.network import Network
from twins.e2node.node import E2Node

KPM_NUMBER, CCC_NUMBER = 2, 4
"""RAN function identifiers; a RIC finds functions by object identifier, not by these."""


@contextmanager
def attached(network: Network, site: Site, address: E2Address) -> Iterator[E2Node]:
    """Keep an E2 node at the address while the block runs; a RIC that is away is waited for."""
    functions = (Measurement(network, KPM_NUMBER), Configuration(network, site, CCC_NUMBER))
    node = E2Node(network, functions, address)
    thread = threading.Thread(target=node.run, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        node.close()
        thread.join()
