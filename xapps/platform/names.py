"""Service names of the RIC, and the loopback addresses that stand for them."""

import ipaddress
import threading
from collections.abc import Mapping

from xapps.platform.http import RefusedError

Address = tuple[str, int]

PLATFORM_NAMESPACE, XAPP_NAMESPACE = "ricplt", "ricxapp"


def platform_names(service: str) -> tuple[str, ...]:
    """Names under which an xApp may look for a platform service, e.g. ``appmgr-http``."""
    short = f"service-{PLATFORM_NAMESPACE}-{service}"
    return short, f"{short}.{PLATFORM_NAMESPACE}", f"{short}.{PLATFORM_NAMESPACE}.svc.cluster.local"


def xapp_names(name: str) -> tuple[str, ...]:
    """Names of an xApp's services, and its own."""
    services = (f"service-{XAPP_NAMESPACE}-{name}-{kind}" for kind in ("http", "rmr"))
    return (name, *(n for s in services for n in (s, f"{s}.{XAPP_NAMESPACE}")))


class NameMap:
    """Which address stands for a name; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hosts: dict[str, str] = {}
        self._ports: dict[tuple[str, int], Address] = {}

    def set_port(self, name: str, port: int, address: Address) -> None:
        """Let a name with one port stand for an address with its own."""
        with self._lock:
            self._ports[name, port] = address

    def set_host(self, name: str, address: str | None) -> None:
        """Let a name stand for an address at every port; ``None``: for nothing."""
        with self._lock:
            self._hosts.pop(name, None)
            if address is not None:
                self._hosts[name] = address

    def resolve(self, host: str, port: int) -> Address:
        """The address of a service.

        Raises:
            RefusedError: 400 ``names.unknown``: neither a known name nor a loopback address.
        """
        with self._lock:
            if (host, port) in self._ports:
                return self._ports[host, port]
            if host in self._hosts:
                return self._hosts[host], port
        if host == "localhost" or _is_loopback(host):
            return ("127.0.0.1" if host == "localhost" else host), port
        raise RefusedError(
            400,
            "names.unknown",
            f"{host!r} is no service name of this RIC and no loopback address.",
            "Give service-ricxapp-<name>-http.ricxapp, the name of the xApp, or 127.x.y.z.",
        )

    def export(self) -> Mapping[str, str]:
        """All names as ``name`` or ``name:port`` to ``address`` or ``address:port``."""
        with self._lock:
            ports = {f"{n}:{p}": f"{host}:{port}" for (n, p), (host, port) in self._ports.items()}
            return dict(self._hosts) | ports


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False
