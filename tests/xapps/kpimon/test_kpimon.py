"""The KPI monitor as it is deployed: its process under a RIC core's process, on a plant's node."""

import json
import os
import signal
from pathlib import Path

import httpx
import pytest

import xapps.kpimon
from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.e2.transport import E2Address
from contracts.errors import RanwrightError
from contracts.keys import init_keys
from contracts.site import Site
from tests.twins.synthetic import link_map, scenario
from tests.xapps.platform.lifecycle.rics import RicProcess
from tests.xapps.platform.waits import wait_until
from twins.e2node.attach import attached
from twins.plant.service import PlantService

HERE = Path(xapps.kpimon.__file__).parent
SCENARIO = scenario()
LINKS = link_map(SCENARIO)


@pytest.fixture
def ric(tmp_path):
    made = RicProcess(tmp_path / "ric")
    made.start()
    yield made
    made.end()


@pytest.fixture
def plant(tmp_path, ric):
    site = Site(tmp_path / "site")
    init_keys(site)
    made = PlantService(site, SCENARIO, 3, 20.0, LINKS)
    with attached(made, site, E2Address.parse(ric.ask("status")["services"]["e2"])):
        yield made


def shared(ric: RicProcess, name: str):
    with ric.redis() as sdl:
        found = sdl.get(f"{{kpimon}},{name}")
    return json.loads(found) if found else None


def metrics(ric: RicProcess) -> dict[str, float]:
    address = ric.instance()["address"]
    lines = httpx.get(f"http://{address}:8080/metrics").text.splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def test_a_node_is_monitored_whatever_happens_to_the_xapp(ric, plant):
    ric.ask(
        "onboard",
        descriptor=(HERE / "config-file.json").read_text(),
        schema_text=(HERE / "schema.json").read_text(),
        command=["-m", "xapps.kpimon"],
        folder=str(HERE),
    )
    ric.ask("deploy", name="kpimon", version=None, digest=None)
    name = ran_name(gnb_of(plant.info().node_name))
    first = wait_until(lambda: shared(ric, name), 60)
    cells = [c.cell_id for c in plant.info().cells]
    assert [c["cell_id"] for c in first["cells"]] == cells
    reported = metrics(ric)
    for cell in cells:
        assert reported[f'cell_prb_usage_percent{{cell="{cell}",ran_name="{name}"}}'] > 0
    assert reported[f'node_reports_total{{ran_name="{name}"}}'] >= 1

    before = ric.instance()["pid"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: ric.instance()["pid"] not in (None, before), 60)
    later = shared(ric, name)["kpm_time_ms"]
    wait_until(lambda: shared(ric, name)["kpm_time_ms"] > later + 1000, 60)

    with pytest.raises(RanwrightError) as refused:
        ric.ask("configure", name="kpimon", controls={"period_ms": 1})
    assert refused.value.code == "xapp.bad_controls"
    ric.ask("configure", name="kpimon", controls={"period_ms": 400, "silence_timeout_s": 10})
    wait_until(lambda: shared(ric, name)["period_ms"] == 400, 60)

    ric.ask("undeploy", name="kpimon")
    figures = ric.ask("status")["figures"]
    assert figures["subscriptions"] == figures["xapps_registered"] == 0
