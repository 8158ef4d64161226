"""A loopback address for each xApp, so that all may listen on the ports they have built in."""

import hashlib
import socket
from collections.abc import Collection, Iterator

from contracts.errors import ExitCode, RanwrightError

_TRIES = 512


def free_address(seed: str, ports: Collection[int], taken: Collection[str]) -> str:
    """An address of 127.0.0.0/8 on which nothing listens on these ports.

    Args:
        seed: where to begin to look; another RIC begins elsewhere.
        ports: TCP ports that must be free there.
        taken: addresses promised to others already.

    Raises:
        RanwrightError: ``xapp.no_address``.
    """
    for address in _candidates(seed):
        if address not in taken and all(is_free(address, port) for port in ports):
            return address
    raise RanwrightError(
        "xapp.no_address",
        f"No loopback address has the ports {sorted(ports)} free.",
        "Stop what listens on them on every address (0.0.0.0).",
        ExitCode.DEFECT,
    )


def is_free(address: str, port: int) -> bool:
    """Whether nothing listens on a TCP port of an address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _candidates(seed: str) -> Iterator[str]:
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4])
    for step in range(_TRIES):
        # 127.0.0.x is for the core and for whatever else this machine runs
        number = 256 + (start + step) % (256 * 255 - 256)
        if number % 256 not in (0, 255):
            yield f"127.0.{number // 256}.{number % 256}"
