"""A RIC of its own with the power-control xApp and an actuator, in processes of their own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from benchmarks.near_rt.papers import signed
from contracts.activation import ACTIVATION_POLICY_TYPE, Activation
from contracts.errors import RanwrightError
from contracts.rpc import Client
from contracts.site import Site
from xapps import power_control
from xapps.platform.home import RicHome

_HERE = Path(__file__).parent
_XAPP = Path(power_control.__file__).parent
_START_S = 60.0


class NearRtRic:
    """Started with its block, ended with it.

    Args:
        folder: for its files.
        site: whose keys sign.
    """

    def __init__(self, folder: Path, site: Site) -> None:
        self.home = RicHome(folder)
        self._site = site
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.home.create()
        command = [sys.executable, "-m", "xapps.platform", "--home", str(self.home.root)]
        with self.home.log("core").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self.wait(self._answers)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_START_S)

    def ask(self, method: str, **params: Any) -> Any:
        """Command the core."""
        with Client(self.home.socket, timeout_s=_START_S) as client:
            return client.call(method, params)

    def e2_address(self) -> str:
        """Where nodes connect."""
        return str(self.ask("status")["services"]["e2"])

    def deploy(self, controls: Mapping[str, Any]) -> None:
        """Start the actuator and the power-control xApp, and wait until they are ready."""
        actuator = (_HERE / "actuator-config.json").read_text(encoding="utf-8")
        site = ["--site", str(self._site.root)]
        self._deploy(
            "actuator", actuator, '{"type": "object"}', "benchmarks.near_rt.actuator", site
        )
        descriptor = json.loads((_XAPP / "config-file.json").read_text(encoding="utf-8"))
        descriptor["controls"].update(controls)
        schema = (_XAPP / "schema.json").read_text(encoding="utf-8")
        name = str(descriptor["name"])
        self._deploy(name, json.dumps(descriptor), schema, "xapps.power_control", [])
        self.wait(lambda: all(r["state"] == "ready" for r in self.ask("instances")))

    def _deploy(self, name: str, text: str, schema: str, module: str, more: list[str]) -> None:
        self.ask(
            "onboard",
            descriptor=text,
            schema_text=schema,
            command=["-m", module, *more],
            folder=str(_HERE.parents[1] / "xapps" / "power_control"),
        )
        self.ask("deploy", name=name, version=None, digest=None)

    def activate(self, activation: Activation) -> None:
        """Put the activation as an A1 policy, and wait until both act on it."""
        path = f"/A1-P/v2/policytypes/{ACTIVATION_POLICY_TYPE}"
        policy = {"activation": signed(activation, self._site).model_dump(mode="json")}
        with self._a1() as a1:
            a1.put(path, json=_POLICY_TYPE).raise_for_status()
            one = f"{path}/policies/{activation.activation_id}"
            a1.put(one, json=policy).raise_for_status()

            def enforced() -> bool:
                return bool(a1.get(f"{one}/status").json()["enforceStatus"] == "ENFORCED")

            self.wait(enforced)

    def deactivate(self, activation: Activation) -> None:
        """Take the A1 policy back."""
        path = f"/A1-P/v2/policytypes/{ACTIVATION_POLICY_TYPE}/policies"
        with self._a1() as a1:
            a1.delete(f"{path}/{activation.activation_id}").raise_for_status()

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

    def _a1(self) -> httpx.Client:
        address = self.ask("status")["services"]["a1"]
        return httpx.Client(base_url=f"http://{address}", timeout=10.0)

    def _answers(self) -> bool:
        try:
            return bool(self.ask("ping"))
        except RanwrightError as error:
            if error.code != "rpc.unreachable":
                raise
            return False


_POLICY_TYPE = {
    "name": "ranwright activation",
    "description": "an xApp may move inside a proven envelope",
    "policy_type_id": ACTIVATION_POLICY_TYPE,
    "create_schema": {"type": "object", "required": ["activation"]},
}
