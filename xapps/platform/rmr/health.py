"""The platform's health check of an xApp: message type 100, answered by the xApp with 101."""

import time

from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.message import RmrMessage
from xapps.platform.rmr.settings import RmrSettings

HEALTH_REQUEST_MTYPE = 100
HEALTH_ANSWER_MTYPE = 101
# rmr_probe's requests carry 1024 octets: C xApps write their answer into them.
_REQUEST = b"health check request prev=0 <eom>".ljust(1024, b"\0")


def probe(address: str, timeout_s: float = 3.0, settings: RmrSettings | None = None) -> str | None:
    """Ask an endpoint how it is, as ``rmr_probe`` does.

    Args:
        address: ``host:port``.
        timeout_s: how long to wait for the answer.
        settings: of the endpoint opened for the answer; by default on a free loopback port.

    Returns:
        What it answered, ``OK`` first when it is well; ``None`` when nothing came in time.
    """
    deadline_s = time.monotonic() + timeout_s
    with RmrEndpoint(settings or RmrSettings()) as asker:
        wormhole = asker.open_wormhole(address)
        if wormhole is None:
            return None
        asker.send_wormhole(wormhole, RmrMessage(HEALTH_REQUEST_MTYPE, _REQUEST))
        while (left_s := deadline_s - time.monotonic()) > 0:
            answer = asker.receive(left_s)
            if answer is not None and answer.mtype == HEALTH_ANSWER_MTYPE:
                return answer.payload.partition(b"\0")[0].decode("utf-8", "replace").strip()
    return None
