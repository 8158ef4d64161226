"""Ports of the platform's services."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from contracts.files import write_atomically
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


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each service listens on 127.0.0.1; 0: not chosen yet."""

    sdl: int = 0
    appmgr: int = 0
    submgr: int = 0
    e2mgr: int = 0
    a1: int = 0
    core: int = 0
    rmr: int = 0
    routes: int = 0
    e2: int = 0

    @classmethod
    def load(cls, path: Path) -> "Ports":
        """The ports of the last time; running xApps were told them."""
        if not path.exists():
            return cls()
        known = {field.name for field in fields(cls)}
        kept = json.loads(path.read_bytes())
        return cls(**{name: int(port) for name, port in kept.items() if name in known})

    def save(self, path: Path) -> None:
        """Keep the ports."""
        write_atomically(path, json.dumps(asdict(self)).encode())

    def add_names(self, names: NameMap) -> None:
        """Let the services' names on the O-RAN SC RIC lead here."""
        chosen = asdict(self)
        for service, (name, port) in _KNOWN_AS.items():
            for spelling in platform_names(name):
                names.set_port(spelling, port, ("127.0.0.1", chosen[service]))
