"""The doors of a site's core, for a planner: sockets, A1, and the way past the actuator."""

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.service.delivery import carry_out, withdraw
from benchmarks.mad_planner import ROLE_OF_DOOR
from benchmarks.papers import Attempt
from benchmarks.stranger import Stranger
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from contracts.rpc import Client
from contracts.site import Role, Site

TIMEOUT_S = 120.0
UNHEARD = "sent in the actuator's name"
"""The answer to a control that somebody else is told what became of."""


class Doors:
    """Clients of all processes of a site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        roles = set(ROLE_OF_DOOR.values())
        self._clients: dict[Role, Client] = {r: Client(site.socket(r), TIMEOUT_S) for r in roles}
        self.stranger = Stranger(site)

    def __enter__(self) -> "Doors":
        return self

    def __exit__(self, *_: object) -> None:
        self.stranger.__exit__()
        for client in self._clients.values():
            client.close()

    def call(self, role: Role, method: str, params: dict[str, Any]) -> Any:
        """Call a process."""
        return self._clients[role].call(method, params)

    def push(self, attempt: Attempt) -> Any:
        """Make an attempt; the answer where a door opened.

        Raises:
            RanwrightError: the refusal.
        """
        role = ROLE_OF_DOOR[attempt.door]
        if attempt.door == "plant" and attempt.method != "subscribe":
            return self._control(attempt)
        if attempt.method == "policy":
            return self.execute(secrets.token_hex(16), attempt.params)
        if attempt.raw is None:
            return self.call(role, attempt.method, attempt.params)
        answer = json.loads(_exchange(self.site.socket(role), attempt.raw + b"\n"))
        if "error" in answer:
            raise RanwrightError.from_json(answer["error"]["data"])
        return answer["result"]

    def execute(self, name: str, policy: dict[str, Any]) -> Any:
        """Have what a policy carries carried out; nothing of it stays."""
        try:
            return carry_out(self.site, name, policy, lambda _: None, TIMEOUT_S)
        finally:
            withdraw(self.site, name)

    def _control(self, attempt: Attempt) -> str:
        """A control past the actuator; what an answer would be is for the audit to find."""
        stranger, params = self.stranger, attempt.params
        if attempt.raw is not None:
            stranger.send_as_actuator(attempt.raw)
            return UNHEARD
        credential = params["credential"]
        header, message = params["header"].encode(), params["message"].encode()
        signed = None if credential is None else credential.encode()
        octets = stranger.control(header, message, signed)
        if not params["as_actuator"]:
            return stranger.send(octets)
        stranger.send_as_actuator(octets)
        return UNHEARD

    def observe(self, reports: int, period_ms: int) -> SignedEnvelope:
        """A snapshot as the actuator signed it."""
        answer = self.call("actuator", "observe", {"reports": reports, "period_ms": period_ms})
        return SignedEnvelope.model_validate(answer["snapshot"])

    def node(self) -> NodeInfo:
        """The plant, read back straight from it."""
        return NodeInfo.model_validate(self.call("plant", "read_back", {}))


def _exchange(path: Path, line: bytes) -> bytes:
    with _connected(path) as stream:
        stream.sendall(line)
        received = b""
        while not received.endswith(b"\n"):
            received += stream.recv(65536)
        return received


@contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.settimeout(TIMEOUT_S)
        stream.connect(str(path))
        yield stream
