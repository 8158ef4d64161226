"""A reference actuator: checks a move against the signed envelope, keeps it, signs, sends.

    python -m benchmarks.near_rt.actuator --site DIR, started by a RIC as the xApp ``actuator``

It does what every move costs and nothing else: it does not watch, and takes nothing back.
"""

import math
import os
import queue
import threading
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import ValidationError

from contracts.action import ParameterChange
from contracts.activation import (
    ACTIVATION_PAYLOAD_TYPE,
    ACTIVATION_POLICY_TYPE,
    MOVE_ANSWER,
    MOVE_REQ,
    Activation,
    Move,
    MoveAnswer,
)
from contracts.dsse import SignedEnvelope, verify
from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.errors import RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.plant_link import NodeInfo
from contracts.process import configure_logging, parse_site
from contracts.site import Site
from xapps.sdk.e2 import E2
from xapps.sdk.gnb import Gnb
from xapps.sdk.messenger import Messenger, Received
from xapps.sdk.moves import CARRIED_OUT
from xapps.sdk.nodes import NodeDirectory
from xapps.sdk.policies import A1Policies, PolicyRequest
from xapps.sdk.xapp import E2Xapp

_TIMEOUT_S = 5.0
_log = structlog.get_logger(__name__)


class ReferenceActuator:
    """Carries moves out, one after the other."""

    def __init__(self, site: Site, e2: E2, directory: NodeDirectory, messenger: Messenger) -> None:
        self._site = site
        self._e2, self._directory, self._messenger = e2, directory, messenger
        self._signer = load_signer(site, "actuator")
        self._held: dict[str, Activation] = {}
        self._nodes: dict[str, tuple[Gnb, NodeInfo]] = {}
        self._waiting: queue.SimpleQueue[Move] = queue.SimpleQueue()
        self._journal = Path(site.actuator_journal).with_suffix(".moves").open("ab", buffering=0)
        self._policies = A1Policies(messenger, "actuator")
        self._policies.on(ACTIVATION_POLICY_TYPE, self._take_policy)
        messenger.on(MOVE_REQ, self._take_move)
        threading.Thread(target=self._run, daemon=True).start()
        self._policies.query()

    def _take_policy(self, request: PolicyRequest) -> None:
        if request.operation == "DELETE":
            self._held.pop(request.policy_id, None)
            self._policies.answer(request, "DELETED")
            return
        trust = load_trust(self._site)
        envelope = SignedEnvelope.model_validate(request.policy["activation"])
        now = datetime.now(UTC)
        payload = verify(envelope, ACTIVATION_PAYLOAD_TYPE, "verifier", trust, now)
        self._held[request.policy_id] = Activation.parse(payload)
        self._policies.answer(request, "OK")

    def _take_move(self, received: Received) -> None:
        try:
            self._waiting.put(Move.parse(received.payload))
        except ValidationError:
            _log.warning("move.unreadable")

    def _run(self) -> None:
        while True:
            move = self._waiting.get()
            try:
                version, code, reason = self._carry_out(move), CARRIED_OUT, "done"
            except RanwrightError as error:
                version, code, reason = None, error.code, error.message
                self._nodes.clear()
            answer = MoveAnswer(
                activation_id=move.activation_id,
                sequence=move.sequence,
                code=code,
                reason=reason,
                resource_version=version,
            )
            self._messenger.send(MOVE_ANSWER, answer.model_dump_json().encode(), "")

    def _carry_out(self, move: Move) -> int:
        activation = self._held.get(move.activation_id)
        if activation is None or activation.expires_at <= datetime.now(UTC):
            raise _refused("move.unknown_activation")
        name = ran_name(gnb_of(activation.plan.node_name))
        gnb, node = self._nodes.get(name) or self._read_back(name)
        present = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
        _require_inside(activation, move, present)
        os.write(self._journal.fileno(), move.canonical() + b"\n")
        os.fdatasync(self._journal.fileno())
        changes = [
            ParameterChange(cell_id=cell, from_mw=present[cell], to_mw=power)
            for cell, power in move.tx_power_mw.items()
        ]
        request_id = f"{move.activation_id}:{move.sequence}"
        ack = gnb.set_powers(node, request_id, changes, self._signer, _TIMEOUT_S)
        self._nodes[name] = (gnb, _followed(node, move, ack.resource_version))
        return ack.resource_version

    def _read_back(self, name: str) -> tuple[Gnb, NodeInfo]:
        gnb = Gnb(self._e2, name, self._directory.functions(name))
        self._nodes[name] = (gnb, gnb.read_back(_TIMEOUT_S))
        return self._nodes[name]


def _followed(node: NodeInfo, move: Move, version: int) -> NodeInfo:
    cells = tuple(
        cell.model_copy(
            update={
                "configured_max_tx_power_mw": move.tx_power_mw.get(
                    cell.cell_id, cell.configured_max_tx_power_mw
                )
            }
        )
        for cell in node.cells
    )
    return node.model_copy(update={"cells": cells, "resource_version": version})


def _require_inside(activation: Activation, move: Move, present: dict[int, int]) -> None:
    domains = {v.cell_id: v for v in activation.plan.envelope}
    for cell, power in move.tx_power_mw.items():
        domain = domains.get(cell)
        if domain is None or not domain.lower_mw <= power <= domain.upper_mw:
            raise _refused("move.outside_envelope")
        steps = round(10.0 * math.log10(domain.upper_mw / power) / domain.step_db)
        exact_mw = domain.upper_mw * 10.0 ** (-steps * domain.step_db / 10.0)
        if abs(exact_mw - power) > 1.0:
            raise _refused("move.off_grid")
    after = {cell: move.tx_power_mw.get(cell, present[cell]) for cell in domains}
    if sum(after.values()) > activation.plan.max_total_power_mw:
        raise _refused("move.above_total")


def _refused(code: str) -> RanwrightError:
    return RanwrightError(code, "The move is not allowed.", "Stay inside the activation.")


def main() -> None:
    """Serve until the process is ended."""
    site = parse_site("A reference actuator for measurements.")
    configure_logging()
    xapp = E2Xapp()
    ReferenceActuator(site, xapp.e2, xapp.directory, xapp.messenger)
    xapp.run()


if __name__ == "__main__":
    main()
