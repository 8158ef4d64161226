"""Real processes around a lying plant, and an action on them that is timed."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from agents.service.delivery import carry_out, withdraw
from benchmarks.faults.papers import SCENARIO, certified, write_policy
from benchmarks.faults.proxy import Fault, Proxy
from benchmarks.seat import LAUNCH, Seat
from contracts.certificate import Certificate, Receipt
from contracts.delivery import certificate_policy
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from contracts.keys import init_keys
from contracts.plant_link import Observation
from contracts.rpc import Client
from contracts.site import Role, Site
from twins.e2node.attach import attached
from twins.plant.service import PlantService
from twins.scenario import load_scenario

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
    """A site with ledger, RIC core and actuator, and the munich plant behind a proxy on E2."""

    def __init__(self, root: Path, seed: int) -> None:
        self.site, self._behind = Site(root / "site"), Site(root / "plant")
        init_keys(self.site)
        self._behind.create()
        write_policy(self.site)
        self._seed = seed
        self._scenario = load_scenario(SCENARIO)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.proxy = Proxy()
        self._seat = Seat(self.site.ric)
        self._attachment = ExitStack()
        self.start("ledger")
        self.start_plant()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._processes):
            self.stop(name)
        self.stop_plant()
        self._seat.close()

    def start(self, role: Role, **environment: str) -> None:
        """Start ledger or actuator, hurt as the environment says."""
        module = f"benchmarks.faults.hurt_{role}"
        launch = LAUNCH if role == "actuator" else ("-m",)
        self._spawn(role, [*launch, module], self._seat.environment() | environment)
        self._await(role, self.site)

    def start_plant(self) -> None:
        """Start the plant; it goes on where it was, and sets E2 up again."""
        self.proxy.behind = PlantService(self._behind, self._scenario, self._seed, PACE)
        address = self._seat.core.e2.address
        self._attachment.enter_context(attached(self.proxy, self.site, address))
        name = self.proxy.info().node_name
        until = time.monotonic() + 30.0
        while not self._seat.is_connected(name):
            assert time.monotonic() < until, "the plant is not on E2"
            threading.Event().wait(0.05)

    def stop_plant(self) -> None:
        """Leave the plant with what it has on disk, and break its association."""
        self.proxy.behind = None
        self._attachment.close()

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
            policy = certificate_policy(envelope.model_dump(mode="json"))
            answer = carry_out(self.site, self._last_id(), policy, hear, _CALL_TIMEOUT_S)
            receipt = Receipt.parse(unverified_payload(SignedEnvelope.model_validate(answer)))
            run.status, run.code = receipt.status, receipt.code
        except RanwrightError as error:
            run.status, run.code = "refused", error.code
        run.ended = self.now()
        withdraw(self.site, self._last_id())
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
        self.call("rollback", {"certificate_id": self._last_id()})

    def await_end(self, deadline_s: float = 60.0) -> str:
        """The end of the newest action, once the repair came to one."""
        params = {"certificate_id": self._last_id()}
        until = time.monotonic() + deadline_s
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

    def _last_id(self) -> str:
        return Certificate.parse(unverified_payload(self.last)).certificate_id

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """Ask the actuator."""
        with Client(self.site.socket("actuator"), _CALL_TIMEOUT_S) as client:
            return client.call(method, params)

    def powers_mw(self) -> dict[int, int]:
        """What stands in the plant, read past the proxy."""
        return {c.cell_id: c.configured_max_tx_power_mw for c in self.proxy.info().cells}

    def now(self) -> tuple[float, int]:
        """Wall time in seconds and KPM time in milliseconds; -1 while the plant is down."""
        try:
            return time.monotonic(), self.proxy.info().kpm_time_ms
        except RanwrightError:
            return time.monotonic(), -1

    def _spawn(self, name: str, command: list[str], more: dict[str, str]) -> None:
        if name in self._processes:
            self.stop(name)
        site = self.site
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
