"""A plain plant on E2: three cells, nine UEs, one formula, and faults on demand.

Tests look at it over a local socket, and change it there in no other way than back to its start.

Faults come from ``fault.yaml`` in the site and are read at every request:
``control``: ignore | half | misapply | refuse | die_before | die_after | lose_answer | foreign
``control_2``: the same, for the second stage only
``reports``: silent | flood | stuck | lost_ue | weak | drift | tenfold | contradictory | twice
(also ``revert``: the values go back on the same version)
``rollback``, ``fall_back``: refuse
``stubborn``, ``stubborn_mw``: a cell, and the values that it refuses
"""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from secrets import token_hex
from threading import Event
from typing import Any

import yaml

from contracts.e2.transport import E2Address
from contracts.errors import RanwrightError
from contracts.network import CellConfiguration, CellMeasurement, KpmReport, UeMeasurement
from contracts.plant_link import ControlAck, ControlRequest, NodeInfo
from contracts.process import configure_logging, serve, sole_process
from contracts.site import Site
from contracts.units import mw_to_dbm
from twins.e2node.attach import attached

PACE = float(os.environ.get("PACE", "100"))
CELLS = (1, 2, 3)
FLOOD = 5


class PlainPlant:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.lock = threading.Lock()
        self.again = False
        if site.plant_state.exists():
            state = json.loads(site.plant_state.read_text())
        else:
            powers = dict.fromkeys(map(str, CELLS), 20_000)
            state = {"name": f"plain-{token_hex(4)}", "powers": powers, "version": 7, "time": 1000}
        self.powers = {int(c): mw for c, mw in state["powers"].items()}
        self.name = state["name"]
        self.version, self.time_ms = state["version"], state["time"]
        self.save()

    def save(self) -> None:
        state = {"name": self.name, "powers": self.powers}
        state |= {"version": self.version, "time": self.time_ms}
        temporary = self.site.plant_state.with_suffix(".new")
        temporary.write_text(json.dumps(state))
        temporary.replace(self.site.plant_state)

    def fault(self, name: str) -> str | None:
        path = self.site.root / "fault.yaml"
        return (yaml.safe_load(path.read_text()) or {}).get(name) if path.exists() else None

    def info(self) -> NodeInfo:
        with self.lock:
            return NodeInfo(
                node_name=self.name,
                scenario="plain",
                scenario_digest="sha256:" + "5" * 64,
                kpm_time_ms=self.time_ms,
                pace_factor=PACE,
                resource_version=self.version,
                cells=tuple(
                    CellConfiguration(
                        cell_id=c, configured_max_tx_power_mw=mw, digital_tilt_decidegrees=0
                    )
                    for c, mw in self.powers.items()
                ),
            )

    def read_back(self, _params: Any, _emit: Any) -> Any:
        return self.info().model_dump(mode="json")

    def reset(self, _params: Any, _emit: Any) -> Any:
        """The first values again, on a new version; only tests can ask for it."""
        with self.lock:
            self.powers, self.version = dict.fromkeys(CELLS, 20_000), self.version + 1
            self.save()

    def subscribe(self, params: Any, emit: Any) -> Any:
        for report in islice(self.reports(params["period_ms"], Event()), params["count"]):
            emit(report.model_dump(mode="json"))

    def reports(self, period_ms: int, stop: Event) -> Iterator[KpmReport]:
        while not stop.wait(period_ms / 1000.0 / PACE):
            while self.fault("reports") == "silent":
                if stop.wait(0.05):
                    return
            report = self.report(period_ms)
            for _ in range(FLOOD if self.fault("reports") == "flood" else 1):
                yield report

    def report(self, period_ms: int) -> KpmReport:
        fault = self.fault("reports")
        with self.lock:
            again = fault == "twice" and not self.again
            self.again = again
            if fault != "stuck" and not again:
                self.time_ms += period_ms
            if fault == "revert":
                self.powers = dict.fromkeys(CELLS, 20_000)
            total = sum(self.powers.values())
            drift = {"drift": 0.5, "tenfold": 10.0}.get(fault or "", 1.1 if again else 1.0)
            rates = {c: drift * 30.0 * mw / total for c, mw in self.powers.items()}
            ues = [self.ue(c, n, rates[c], period_ms, fault) for c in CELLS for n in range(3)]
            forged = 10.0 if fault == "contradictory" else 1.0
            return KpmReport(
                kpm_time_ms=self.time_ms,
                period_ms=period_ms,
                resource_version=self.version,
                cells=tuple(
                    CellMeasurement(
                        cell_id=c,
                        ue_throughput_mbps=forged * rates[c],
                        prb_usage_percent=50,
                        connected_ues=3,
                        average_power_w=100 + self.powers[c] / 1000,
                    )
                    for c in CELLS
                ),
                ues=tuple(ues[1:] if fault == "lost_ue" else ues),
            )

    def ue(
        self, cell: int, number: int, rate: float, period_ms: int, fault: str | None
    ) -> UeMeasurement:
        loss_db = 160.0 if fault == "weak" and self.powers[1] != 20_000 else 120.0
        return UeMeasurement(
            ue_id=cell * 10 + number,
            serving_cell=cell,
            dl_volume_mbit=rate * period_ms / 1000.0,
            dl_active_time_ms=period_ms,
            sinr_db=10,
            rsrp_dbm={c: mw_to_dbm(mw) - loss_db for c, mw in self.powers.items()},
        )

    def apply(self, request: ControlRequest) -> ControlAck:
        way = request.request_id.rpartition(":")[2]
        if way.isdigit():
            fault = self.fault(f"control_{way}") or self.fault("control")
        else:
            fault = self.fault("fall_back" if way == "fall_back" else "rollback")
        refused = self.fault("stubborn"), self.fault("stubborn_mw") or []
        if any(c.cell_id == refused[0] and c.to_mw in refused[1] for c in request.changes):
            fault = "refuse"
        with self.lock:
            return self.carry_out(request, fault)

    def carry_out(self, request: ControlRequest, fault: str | None) -> ControlAck:
        if request.expected_version != self.version:
            raise RanwrightError("control.stale_version", "stale", "Read back.")
        if fault == "refuse":
            raise RanwrightError("control.refused", "The node does not want to.", "Ask it.")
        if fault == "die_before":
            die()
        if fault != "ignore":
            kept = request.changes[:1] if fault == "half" else request.changes
            off_mw = 1000 if fault == "misapply" else 0
            self.change(request.request_id, {c.cell_id: c.to_mw + off_mw for c in kept})
        if fault == "die_after":
            die()
        ack = ControlAck(
            request_id=request.request_id, resource_version=self.version, kpm_time_ms=self.time_ms
        )
        if fault == "foreign":
            self.change("foreign:change", {3: 19_000})
        if fault == "lose_answer":
            raise BrokenPipeError
        return ack

    def change(self, request_id: str, values: dict[int, int]) -> None:
        if any(self.powers[c] != mw for c, mw in values.items()):
            with (self.site.root / "plant_changes.log").open("a") as log:
                log.write(request_id + "\n")
        self.powers.update(values)
        self.version += 1
        self.save()


def die() -> None:
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--e2", type=E2Address.parse, required=True)
    arguments = parser.parse_args()
    site = Site(arguments.site)
    configure_logging()
    with sole_process(site, "plant"):
        plant = PlainPlant(site)
        watched = {"read_back": plant.read_back, "subscribe": plant.subscribe, "reset": plant.reset}
        with attached(plant, site, arguments.e2):
            serve(site, "plant", watched)


if __name__ == "__main__":
    main()
