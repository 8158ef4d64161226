"""Real processes around a lying plant link, and an action on them that is timed."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.faults.papers import SCENARIO, certified, write_policy
from benchmarks.faults.proxy import Fault, Proxy
from contracts.certificate import Certificate, Receipt
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from contracts.keys import init_keys
from contracts.plant_link import Observation
from contracts.rpc import Client
from contracts.site import Role, Site

ROOT = Path(__file__).parents[2]
PACE = 10.0
_CALL_TIMEOUT_S = 240.0


@dataclass
class Run:
    """One action under a fault: how it ended, and when (wall seconds, KPM milliseconds)."""

    status: str
    code: str
    began: tuple[float, int] | None = None
    detected: tuple[float, int] | None = None
    ended: tuple[float, int] | None = None
    powers_mw: dict[int, int] = field(default_factory=dict)


class Rig:
    """A site with ledger, actuator and the munich plant behind a proxy."""

    def __init__(self, root: Path, seed: int) -> None:
        self.site, self._behind = Site(root / "site"), Site(root / "plant")
        init_keys(self.site)
        self._behind.create()
        for name in ("trust.json", "root.pub"):
            shutil.copy(self.site.root / name, self._behind.root / name)
        write_policy(self.site)
        self._seed = seed
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.start("ledger")
        self.start_plant()
        self.proxy = Proxy(self.site, self._behind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._processes):
            self.stop(name)
        self.proxy.close()

    def start(self, role: Role, **environment: str) -> None:
        """Start ledger or actuator, hurt as the environment says."""
        module = f"benchmarks.faults.hurt_{role}"
        self._spawn(role, self.site, ["-m", module], environment)
        self._await(role, self.site)

    def start_plant(self) -> None:
        """Start the plant; it goes on where it was."""
        options = ("--scenario", SCENARIO, "--seed", str(self._seed), "--pace", str(PACE))
        self._spawn("plant", self._behind, ["-m", "twins.plant", *options], {})
        self._await("plant", self._behind)

    def stop(self, name: str) -> None:
        """Kill a process."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def act(self, fault: Fault, on_progress: Callable[[dict[str, Any]], None]) -> Run:
        """Plan, certify and carry out one action while the fault happens."""
        run = Run("", "")

        def begin() -> None:
            run.began = self.now()

        def hear(event: dict[str, Any]) -> None:
            if event["stage"] in ("rolling_back", "finished") and run.detected is None:
                run.detected = self.now()
            on_progress(event)

        self.proxy.use(fault, begin)
        try:
            envelope = self.certificate()
            params = {"envelope": envelope.model_dump(mode="json")}
            answer = self.call("execute", params, hear)
            receipt = Receipt.parse(unverified_payload(SignedEnvelope.model_validate(answer)))
            run.status, run.code = receipt.status, receipt.code
        except RanwrightError as error:
            run.status, run.code = "refused", error.code
        run.ended = self.now()
        self.proxy.nothing_under_way.wait()
        run.powers_mw = self.powers_mw()
        return run

    def certificate(self) -> SignedEnvelope:
        """A permission to lower two cells, on the network as it is now."""
        answer = self.call("observe", {"reports": 20, "period_ms": 200})
        envelope = SignedEnvelope.model_validate(answer["snapshot"])
        observation = Observation.parse(unverified_payload(envelope))
        self.last = certified(self.site, observation)
        return self.last

    def take_back(self) -> None:
        """Ask for the way back of the newest action."""
        certificate = Certificate.parse(unverified_payload(self.last))
        self.call("rollback", {"certificate_id": certificate.certificate_id})

    def await_end(self, deadline_s: float = 60.0) -> str:
        """The end of the newest action, once the repair came to one."""
        certificate = Certificate.parse(unverified_payload(self.last))
        params, until = (
            {"certificate_id": certificate.certificate_id},
            time.monotonic() + deadline_s,
        )
        while True:
            step = self._step(params)
            if (
                step in ("never begun", "fulfilled", "rolled_back", "not_applied")
                or time.monotonic() > until
            ):
                return step
            threading.Event().wait(0.1)

    def _step(self, params: dict[str, Any]) -> str:
        try:
            return str(self.call("status", params)["step"])
        except RanwrightError as error:
            if error.code != "certificate.unknown":
                raise
            return "never begun"

    def call(
        self, method: str, params: dict[str, Any], hear: Callable[[Any], None] | None = None
    ) -> Any:
        """Ask the actuator."""
        with Client(self.site.socket("actuator"), _CALL_TIMEOUT_S) as client:
            return client.call(method, params, hear)

    def powers_mw(self) -> dict[int, int]:
        """What stands in the plant, read past the proxy."""
        return {c.cell_id: c.configured_max_tx_power_mw for c in self.proxy.node().cells}

    def now(self) -> tuple[float, int]:
        """Wall time in seconds and KPM time in milliseconds; -1 while the plant is down."""
        try:
            return time.monotonic(), self.proxy.node().kpm_time_ms
        except RanwrightError:
            return time.monotonic(), -1

    def _spawn(self, name: str, site: Site, command: list[str], more: dict[str, str]) -> None:
        if name in self._processes:
            self.stop(name)
        with (site.logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *command, "--site", str(site.root)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **more},
                stderr=log,
            )

    def _await(self, role: Role, site: Site, deadline_s: float = 120.0) -> None:
        until = time.monotonic() + deadline_s
        while True:
            try:
                with Client(site.socket(role), 5.0) as client:
                    if client.call("ping")["pid"] == self._processes[role].pid:
                        return
            except RanwrightError:
                if time.monotonic() > until:
                    raise
            threading.Event().wait(0.05)


def new_rig(seed: int) -> Rig:
    """A rig in a new folder."""
    return Rig(Path(tempfile.mkdtemp(prefix="ranwright-faults-")), seed)
