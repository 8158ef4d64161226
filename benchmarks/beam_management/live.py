"""The same as processes: a RIC core, the xApp, and the gNB in real time in this process."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

import xapps.beam_management
from benchmarks.beam_management.offline import CONTROLS, OWN_PERIOD_MS, figures
from benchmarks.beam_management.scenes import Scene
from contracts.e2.llc.beam_control import BeamOrder
from contracts.e2.llc.beam_sets import UeBeams
from contracts.e2.transport import E2Address
from contracts.errors import RanwrightError
from contracts.keys import init_keys
from contracts.rpc import Client
from contracts.site import Site
from twins.beam_gnb.service import BeamNetworkService
from twins.e2node.attach import attached
from xapps.platform.home import RicHome

SEED = 201
SECONDS = 30.0
_NAME = "beam-management"
_START_S = 90.0
_REMEMBERED = 16
_XAPP = Path(xapps.beam_management.__file__).parent


class TimedNetwork(BeamNetworkService):
    """Notes how long it takes from a report to the control that follows from it.

    A control is taken to follow from the latest report that holds all of its UEs.
    """

    def __init__(self, site: Site, speed_kmh: int) -> None:
        self.taken_s: list[float] = []
        self._told: deque[tuple[float, frozenset[int]]] = deque(maxlen=_REMEMBERED)
        super().__init__(site, Scene(speed_kmh, SEED, OWN_PERIOD_MS).stage(), 1.0)

    def beam_reports(self, stop: threading.Event) -> Iterator[tuple[int, tuple[UeBeams, ...]]]:
        """See there; noted before it is encoded."""
        for at_ms, reports in super().beam_reports(stop):
            self._told.append((time.perf_counter(), frozenset(r.ue_id for r in reports)))
            yield at_ms, reports

    def order_beams(self, orders: Sequence[BeamOrder]) -> list[bool]:
        """See there; noted when it has been decoded."""
        now_s, ues = time.perf_counter(), {order.ue_id for order in orders}
        told_s = next((s for s, there in reversed(self._told) if ues <= there), None)
        if told_s is not None:
            self.taken_s.append(now_s - told_s)
        return super().order_beams(orders)


def run(speed_kmh: int) -> dict[str, Any]:
    """One run of :data:`SECONDS`, from when the xApp has switched for the first time."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as undo:
        home = RicHome(Path(folder) / "ric")
        home.create()
        undo.callback(_start(home))
        site = Site(Path(folder) / "site")
        init_keys(site)
        network = TimedNetwork(site, speed_kmh)
        undo.callback(network.close)
        address = E2Address.parse(_ask(home, "status")["services"]["e2"])
        undo.enter_context(attached(network, site, address, open_control=True))
        _deploy(home)
        _wait(lambda: bool(network.taken_s))
        before, began = figures_of(network), len(network.taken_s)
        time.sleep(SECONDS)
        taken_ms = 1000.0 * np.array(network.taken_s[began:])
        after = figures_of(network)
        _ask(home, "undeploy", name=_NAME)
    return {
        "seconds": SECONDS,
        "seed": SEED,
        "controls": int(taken_ms.size),
        "indication_to_control_ms": {
            f"p{q}": round(float(np.quantile(taken_ms, q / 100)), 2) for q in (50, 90, 99)
        },
        "before_the_xapp": before,
        "with_the_xapp_from_the_start_on": after,
    }


def figures_of(network: BeamNetworkService) -> dict[str, float]:
    """Of all frames until now."""
    return figures(network.gnb, Counter())


def _start(home: RicHome) -> Callable[[], None]:
    command = [sys.executable, "-m", "xapps.platform", "--home", str(home.root)]
    with home.log("core").open("ab") as log:
        core = subprocess.Popen([*command, "--controller", _NAME], stdout=log, stderr=log)

    def end() -> None:
        core.terminate()
        core.wait(_START_S)

    _wait(lambda: _answers(home))
    return end


def _deploy(home: RicHome) -> None:
    descriptor = json.loads((_XAPP / "config-file.json").read_text(encoding="utf-8"))
    descriptor["controls"] = {**CONTROLS, "control": True, "hand_over": True}
    _ask(
        home,
        "onboard",
        descriptor=json.dumps(descriptor),
        schema_text=(_XAPP / "schema.json").read_text(encoding="utf-8"),
        command=["-m", "xapps.beam_management"],
        folder=str(_XAPP),
    )
    _ask(home, "deploy", name=_NAME, version=None, digest=None)


def _ask(home: RicHome, method: str, **params: Any) -> Any:
    with Client(home.socket, timeout_s=_START_S) as client:
        return client.call(method, params)


def _answers(home: RicHome) -> bool:
    try:
        return bool(_ask(home, "ping"))
    except RanwrightError as error:
        if error.code != "rpc.unreachable":
            raise
        return False


def _wait(condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + _START_S
    while not condition():
        if time.monotonic() > until_s:
            raise TimeoutError("the RIC, the xApp or its first control did not come in time")
        time.sleep(0.05)
