"""Whose controls a node obeys: the actuator's alone or, in a laboratory, anybody's."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from contracts.e2.credential import ControlCredential, control_digest, unseal
from contracts.keys import load_trust
from contracts.site import Site
from twins.e2node.network import Network

Senders = Callable[[bytes | None, bytes, bytes], ControlCredential]
"""Takes call process ID, header and message; what the control goes by, or RanwrightError."""


def the_actuator(site: Site) -> Senders:
    """Who signs as the actuator of a site, by its trust store as it is then."""

    def credential(process_id: bytes | None, header: bytes, message: bytes) -> ControlCredential:
        return unseal(process_id, header, message, load_trust(site), datetime.now(UTC))

    return credential


def anybody(network: Network) -> Senders:
    """Who sends at all: for who writes xApps, never for a site's plant."""

    def credential(_process_id: bytes | None, header: bytes, message: bytes) -> ControlCredential:
        return ControlCredential(
            node_name=network.info().node_name,
            request_id=secrets.token_hex(8),
            control_digest=control_digest(header, message),
        )

    return credential
