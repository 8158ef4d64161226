"""Leads the platform's service names, which xApps have built in, to where the services are.

An xApp posts to ``service-ricplt-appmgr-http.ricplt:8080``; in a cluster a DNS answers for that
name. Here a map does, host and port alike, for every client that goes by ``socket.getaddrinfo``.
"""

import json
import socket
from collections.abc import Mapping
from typing import Any

from contracts.errors import ExitCode, RanwrightError

SERVICE_MAP_VARIABLE = "RANWRIGHT_SERVICE_MAP"
"""JSON object: ``"host:port"`` or ``"host"`` to ``"host:port"`` or ``"host"``."""


def parse_service_map(text: str) -> dict[str, str]:
    """Read the variable's text.

    Raises:
        RanwrightError: ``launch.bad_service_map``.
    """
    try:
        services = json.loads(text)
        if not isinstance(services, dict):
            raise TypeError("not an object")
        for name, target in services.items():
            _host_and_port(name)
            _host_and_port(target)
    except (ValueError, TypeError, RecursionError) as error:
        raise RanwrightError(
            "launch.bad_service_map",
            f"{SERVICE_MAP_VARIABLE} cannot be used: {error}.",
            'Give a JSON object such as {"service-ricplt-appmgr-http.ricplt:8080": '
            '"127.0.0.1:43210"}.',
            ExitCode.USAGE,
        ) from error
    return services


def map_services(services: Mapping[str, str]) -> None:
    """Resolve these names as told, for the whole process; all others as before."""
    resolve = socket.getaddrinfo
    targets = {name.lower(): _host_and_port(target) for name, target in services.items()}

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        target = targets.get(f"{_text(host)}:{_text(port)}") or targets.get(_text(host))
        if target is None:
            return resolve(host, port, *args, **options)
        mapped_host, mapped_port = target
        return resolve(mapped_host, port if mapped_port is None else mapped_port, *args, **options)

    socket.getaddrinfo = getaddrinfo


def _text(part: Any) -> str:
    return (part.decode("ascii", "replace") if isinstance(part, bytes) else str(part)).lower()


def _host_and_port(name: Any) -> tuple[str, int | None]:
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is not a string")
    host, colon, port = name.rpartition(":")
    if not colon:
        host, port = name, ""
    if not host or (colon and not (port.isascii() and port.isdecimal() and int(port) < 65_536)):
        raise ValueError(f"{name!r} is neither host nor host:port")
    return host, int(port) if colon else None
