"""A RIC of its own with the power-control xApp and the actuator of this release, and a ledger.

The actuator is a site's: its keys, its policy, its journal. It is onboarded and deployed as
``ranwright up`` does, but for the deployment's own certificate: the RIC belongs to no site.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from agents.service.a1 import A1Client, ensure_types
from benchmarks.near_rt.papers import (
    activation_of,
    certificate_of,
    envelope_around,
    signed,
    signed_certificate,
)
from contracts.activation import ACTIVATION_POLICY_TYPE, CERTIFICATE_POLICY_TYPE, Activation
from contracts.certificate import Receipt
from contracts.delivery import AWAITING_POLICY, certificate_policy
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from contracts.network import REPORT_PERIOD_MS
from contracts.plant_link import NodeInfo, Observation
from contracts.problem import Objective, PowerVariable
from contracts.rpc import Client
from contracts.site import Site
from xapps import power_control
from xapps.platform.home import RicHome
from xapps.platform.release import actuator_package

_XAPP = Path(power_control.__file__).parent
_START_S = 60.0
_ACTION_S = 120.0
_OBSERVED_REPORTS = 10


class NearRtRic:
    """Started with its block, ended with it.

    Args:
        folder: for its files.
        site: whose ledger and actuator these are.
    """

    def __init__(self, folder: Path, site: Site) -> None:
        self.home = RicHome(folder)
        self._site = site
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.home.create()
        self._start("ledger", ["-m", "contracts.ledger.writer", "--site", str(self._site.root)])
        self._start("core", ["-m", "xapps.platform", "--home", str(self.home.root)])
        self.wait(lambda: self._answers(self._site.socket("ledger")))
        self.wait(lambda: self._answers(self.home.socket))
        ensure_types(self.home)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self._processes):
            process.terminate()
            process.wait(_START_S)

    def ask(self, method: str, **params: Any) -> Any:
        """Command the core."""
        with Client(self.home.socket, timeout_s=_START_S) as client:
            return client.call(method, params)

    def e2_address(self) -> str:
        """Where nodes connect."""
        return str(self.ask("status")["services"]["e2"])

    def deploy(self, controls: Mapping[str, Any]) -> None:
        """Start the actuator and the power-control xApp, and wait until they are ready."""
        package = actuator_package(self._site)
        text, schema = package.text.decode(), package.schema.decode()
        self._deploy(package.name, text, schema, package.command, package.folder)
        descriptor = json.loads((_XAPP / "config-file.json").read_text(encoding="utf-8"))
        descriptor["controls"].update(controls)
        schema = (_XAPP / "schema.json").read_text(encoding="utf-8")
        command = ("-m", "xapps.power_control")
        self._deploy(descriptor["name"], json.dumps(descriptor), schema, command, str(_XAPP))
        self.wait(lambda: all(r["state"] == "ready" for r in self.ask("instances")))
        self.wait(lambda: self._answers(self._site.socket("actuator")))

    def _deploy(
        self, name: str, text: str, schema: str, command: Sequence[str], folder: str
    ) -> None:
        self.ask(
            "onboard", descriptor=text, schema_text=schema, command=list(command), folder=folder
        )
        self.ask("deploy", name=name, version=None, digest=None)

    def observe(self, reports: int) -> Observation:
        """What the actuator measures of the node that is connected."""
        with self._actuator() as actuator:
            wanted = {"reports": reports, "period_ms": REPORT_PERIOD_MS}
            found = actuator.call("observe", wanted)["snapshot"]
        return Observation.parse(unverified_payload(SignedEnvelope.model_validate(found)))

    def carry_out(self, certificate: SignedEnvelope) -> Receipt:
        """Have a certificate carried out, over A1 as on a site, and return its receipt.

        Raises:
            RanwrightError: the actuator's refusal.
            RuntimeError: it was carried out, and not fulfilled.
        """
        policy = certificate_policy(certificate.model_dump(mode="json"))
        with A1Client(self.home) as a1, self._actuator() as actuator:

            def hear(event: Any) -> None:
                if event["stage"] == AWAITING_POLICY:
                    a1.put(CERTIFICATE_POLICY_TYPE, "action", policy)

            found = actuator.call("follow", {"envelope_digest": certificate.digest}, hear)
            a1.delete(CERTIFICATE_POLICY_TYPE, "action")
        receipt = Receipt.parse(unverified_payload(SignedEnvelope.model_validate(found)))
        if receipt.status != "fulfilled":
            raise RuntimeError(f"{receipt.code}: {receipt.reason}")
        return receipt

    def activation(self, activation_id: str) -> dict[str, Any]:
        """How an activation fares, as the actuator says."""
        with self._actuator() as actuator:
            listed: list[dict[str, Any]] = actuator.call("activations", {})
        return next(a for a in listed if a["activation_id"] == activation_id)

    def go_live(
        self,
        node: NodeInfo,
        cells: Sequence[int],
        grid_mw: Sequence[int],
        steps: int,
        step_db: float,
        objective: Objective,
        **changes: Any,
    ) -> Activation:
        """Lower the first cell by a step, under a certificate, and activate power control behind.

        Args:
            node: that connects, with its powers in force.
            cells: that may move.
            grid_mw: of the equipment, ascending.
            steps: that an envelope reaches up and down, of ``step_db`` each.
            objective: of the xApp.
            changes: of the activation's plan.
        """
        self.wait(lambda: "CONNECTED" in self.ask("status")["nodes"].values())
        observation = self.observe(_OBSERVED_REPORTS)
        (domain,) = envelope_around(node, cells[:1], grid_mw, 1, step_db)
        certificate = certificate_of(self._site, observation, domain, domain.lower_mw)
        self.carry_out(signed_certificate(certificate, self._site))
        node = _lowered(node, domain)
        envelope = envelope_around(node, cells, grid_mw, steps, step_db)
        activation = activation_of(node, envelope, self._site, objective, certificate, **changes)
        self.activate(activation)
        return activation

    def activate(self, activation: Activation) -> None:
        """Put the activation as an A1 policy, and wait until both act on it."""
        name = activation.activation_id
        policy = {"activation": signed(activation, self._site).model_dump(mode="json")}
        with A1Client(self.home) as a1:
            a1.put(ACTIVATION_POLICY_TYPE, name, policy)
            self.wait(lambda: a1.is_enforced(ACTIVATION_POLICY_TYPE, name))

    def deactivate(self, activation: Activation) -> None:
        """Take the A1 policy back."""
        with A1Client(self.home) as a1:
            a1.delete(ACTIVATION_POLICY_TYPE, activation.activation_id)

    def metrics(self, name: str) -> dict[str, float]:
        """What an xApp tells Prometheus."""
        (address,) = (r["address"] for r in self.ask("instances") if r["name"] == name)
        lines = httpx.get(f"http://{address}:8080/metrics").text.splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {sample: float(value) for sample, _, value in pairs}

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until a condition holds.

        Raises:
            TimeoutError: it does not in time.
        """
        until_s = time.monotonic() + _START_S
        while not condition():
            if time.monotonic() > until_s:
                logs = [path.read_text()[-2000:] for path in (self.home.root / "logs").glob("*")]
                raise TimeoutError("\n".join(["not in time", *logs]))
            time.sleep(0.05)

    def _start(self, name: str, command: Sequence[str]) -> None:
        with self.home.log(name).open("ab") as log:
            process = subprocess.Popen([sys.executable, *command], stdout=log, stderr=log)
        self._processes.append(process)

    def _actuator(self) -> Client:
        return Client(self._site.socket("actuator"), timeout_s=_ACTION_S)

    def _answers(self, socket: Path) -> bool:
        try:
            with Client(socket, timeout_s=_START_S) as client:
                return bool(client.call("ping"))
        except RanwrightError as error:
            if error.code != "rpc.unreachable":
                raise
            return False


def _lowered(node: NodeInfo, domain: PowerVariable) -> NodeInfo:
    lower = {"configured_max_tx_power_mw": domain.lower_mw}
    cells = (c.model_copy(update=lower) if c.cell_id == domain.cell_id else c for c in node.cells)
    return node.model_copy(update={"cells": tuple(cells)})
