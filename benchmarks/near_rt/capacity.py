"""Whether one process serves a twin of many cells and UEs: are its reports on time, at what cost.

    python -m benchmarks.near_rt.capacity --cells 50 --ues 1000 --period-ms 100 --seconds 10

The plant is a TR 38.901 one of the built-in ``uma`` scenario's kind, with more sites. Its reports
are made, put into KPM and E2AP, and left there: no RIC takes part. One is on time when it is ready
before the next period has ended.
"""

import argparse
import json
import math
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts.e2.ap import IndicationType, RicIndication, RicRequestId, encode_pdu
from contracts.e2.node_configuration import gnb_of
from contracts.keys import init_keys
from contracts.process import collect_rarely
from contracts.site import Site
from twins.channel import load_link_map
from twins.e2node.attach import KPM_NUMBER
from twins.e2node.measurement import Measurement
from twins.e2node.network import Action
from twins.plant.service import PlantService
from twins.scenario import Scenario, Sector, SitePlan, load_scenario
from xapps.power_control.readings import UES_ACTION, actions, trigger

_SITE_DISTANCE_M = 500.0
_SEED = 1


def capacity_of(cells: int, ues: int, period_ms: int, seconds: float) -> dict[str, object]:
    """Measured in a process of its own, as a plant is."""
    command = [sys.executable, "-m", "benchmarks.near_rt.capacity", "--cells", str(cells)]
    more = ["--ues", str(ues), "--period-ms", str(period_ms), "--seconds", str(seconds)]
    done = subprocess.run([*command, *more], check=True, stdout=subprocess.PIPE, text=True)
    row: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return row


def grown(cells: int, ues: int) -> Scenario:
    """The ``uma`` scenario with other numbers of cells and UEs, on a square grid of sites."""
    uma = load_scenario("uma")
    like = uma.sites[0]
    side = math.ceil(math.sqrt(math.ceil(cells / 3)))
    sites = []
    for number in range(math.ceil(cells / 3)):
        row, column = divmod(number, side)
        sectors = tuple(
            Sector(**{**like.sectors[k].model_dump(), "cell_id": 3 * number + k + 1})
            for k in range(min(3, cells - 3 * number))
        )
        place = (column * _SITE_DISTANCE_M, row * _SITE_DISTANCE_M, like.position_m[2])
        sites.append(SitePlan(name=f"site{number + 1}", position_m=place, sectors=sectors))
    changes = {"name": "grown", "sites": tuple(sites), "ue_count": ues}
    return Scenario.model_validate({**uma.model_dump(), **changes})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=50)
    parser.add_argument("--ues", type=int, default=1000)
    parser.add_argument("--period-ms", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    row = _measure(arguments.cells, arguments.ues, arguments.period_ms, arguments.seconds)
    sys.stdout.write(json.dumps(row) + "\n")


def _measure(cells: int, ues: int, period_ms: int, seconds: float) -> dict[str, object]:
    scenario = grown(cells, ues)
    with TemporaryDirectory() as folder:
        site = Site(Path(folder))
        init_keys(site)
        plant = PlantService(site, scenario, _SEED, 1.0, load_link_map(scenario))
        node = plant.info()
        wanted = actions(gnb_of(node.node_name), scenario.cell_ids, period_ms)
        asked = [Action(number, definition) for number, definition in wanted.items()]
        reporter = Measurement(plant, KPM_NUMBER).subscribe(trigger(period_ms), asked).reporter
        collect_rarely()
        stop = threading.Event()
        late_ms, octets = [], 0
        count = 0
        first_s = cpu_s = 0.0
        for report in reporter.reports(stop):
            message = RicIndication(
                RicRequestId(123, 1),
                KPM_NUMBER,
                report.action_id,
                IndicationType.REPORT,
                report.header,
                report.message,
                0,
            )
            octets = len(encode_pdu(message))
            if report.action_id != UES_ACTION:
                continue
            count += 1
            if count == _WARM_UP:
                first_s, cpu_s = time.perf_counter(), time.process_time()
            elif count > _WARM_UP:
                due_s = first_s + (count - _WARM_UP) * period_ms / 1000.0
                late_ms.append(1000.0 * (time.perf_counter() - due_s))
                if time.perf_counter() - first_s >= seconds:
                    break
        passed_s = time.perf_counter() - first_s
        cpu_share = (time.process_time() - cpu_s) / passed_s
        stop.set()
    return {
        "cells": cells,
        "ues": ues,
        "period_ms": period_ms,
        "reports": len(late_ms),
        "on_time_share": round(sum(late < period_ms for late in late_ms) / len(late_ms), 3),
        "cpu_share": round(cpu_share, 2),
        "cpu_ms_a_report": round(1000.0 * cpu_share * passed_s / len(late_ms), 1),
        "slowest_ms": round(max(late_ms), 1),
        "report_octets": octets,
    }


_WARM_UP = 5

if __name__ == "__main__":
    main()
