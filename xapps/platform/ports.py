"""Ports of the platform's services."""

import json
import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from contracts.files import write_atomically
from xapps.platform.addresses import is_free
from xapps.platform.names import NameMap, platform_names

# service: the name that xApps know it by, and the port it has on the O-RAN SC RIC
_KNOWN_AS = {
    "sdl": ("dbaas-tcp", 6379),
    "appmgr": ("appmgr-http", 8080),
    "submgr": ("submgr-http", 8088),
    "e2mgr": ("e2mgr-http", 3800),
    "a1": ("a1mediator-http", 10000),
    "rmr": ("a1mediator-rmr", 4562),
    "routes": ("rtmgr-rmr", 4561),
}


_LOWEST_PORT = 10_240
_TRIES = 256
_OUTGOING_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each service listens on 127.0.0.1; 0: the system chooses."""

    sdl: int = 0
    appmgr: int = 0
    submgr: int = 0
    e2mgr: int = 0
    a1: int = 0
    core: int = 0
    rmr: int = 0
    routes: int = 0
    e2_rmr: int = 0
    e2: int = 0

    @classmethod
    def load(cls, path: Path) -> "Ports":
        """The ports of the last time, which running xApps were told; new ones where none are kept.

        New ones lie below the range that the system gives to outgoing connections: while the core
        is down, any of those might sit on a port that the core comes back to.
        """
        kept = json.loads(path.read_bytes()) if path.exists() else {}
        chosen: dict[str, int] = {}
        for field in fields(cls):
            port = int(kept.get(field.name, 0))
            chosen[field.name] = port or _free_port({*chosen.values(), *kept.values()})
        return cls(**chosen)

    def save(self, path: Path) -> None:
        """Keep the ports."""
        write_atomically(path, json.dumps(asdict(self)).encode())

    def add_names(self, names: NameMap) -> None:
        """Let the services' names on the O-RAN SC RIC lead here."""
        chosen = asdict(self)
        for service, (name, port) in _KNOWN_AS.items():
            for spelling in platform_names(name):
                names.set_port(spelling, port, ("127.0.0.1", chosen[service]))


def _free_port(taken: Collection[int]) -> int:
    """A port on which nothing listens, or 0 where the system's own range leaves no room."""
    lowest_outgoing = int(_OUTGOING_RANGE.read_text().split()[0])
    room = lowest_outgoing - _LOWEST_PORT
    for _ in range(_TRIES if room > _TRIES else 0):
        port = _LOWEST_PORT + secrets.randbelow(room)
        if port not in taken and is_free("127.0.0.1", port):
            return port
    return 0
