"""The beam-management xApp as it is deployed: its process, a RIC core's, a gNB with beams."""

import json
import os
import signal
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import xapps.beam_management
from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.e2.transport import E2Address
from contracts.keys import init_keys
from contracts.site import Site
from tests.twins.beam_gnb.stages import beam_stage
from tests.xapps.platform.lifecycle.rics import RicProcess
from tests.xapps.platform.waits import wait_until
from twins.beam_gnb.service import BeamNetworkService
from twins.e2node.attach import attached

HERE = Path(xapps.beam_management.__file__).parent
NAME = "beam-management"


@pytest.fixture
def ric(tmp_path, request):
    made = RicProcess(tmp_path / "ric")
    made.start(*request.param)
    yield made
    made.end()


@contextmanager
def node(tmp_path, ric):
    site = Site(tmp_path / "site")
    if not site.trust.exists():
        init_keys(site)
    network = BeamNetworkService(site, beam_stage(), 1.0)
    address = E2Address.parse(ric.ask("status")["services"]["e2"])
    try:
        with attached(network, site, address, open_control=True):
            yield network
    finally:
        network.close()


def deploy(ric, **changes):
    descriptor = json.loads((HERE / "config-file.json").read_text())
    descriptor["controls"] |= changes
    ric.ask(
        "onboard",
        descriptor=json.dumps(descriptor),
        schema_text=(HERE / "schema.json").read_text(),
        command=["-m", "xapps.beam_management"],
        folder=str(HERE),
    )
    ric.ask("deploy", name=NAME, version=None, digest=None)


def metrics(ric):
    address = ric.instance()["address"]
    lines = httpx.get(f"http://{address}:8080/metrics").text.splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def told(ric, network):
    name = ran_name(gnb_of(network.info().node_name))
    with ric.redis() as sdl:
        found = sdl.get(f"{{beam_management}},{name}")
    return json.loads(found) if found else None


def is_ordered(network):
    return bool(network.gnb.ordered_ues)


@pytest.mark.parametrize("ric", [("--controller", NAME)], indirect=True)
def test_it_switches_through_restarts_and_lets_go_when_it_ends(tmp_path, ric):
    with node(tmp_path, ric) as network:
        deploy(ric, control=True, hand_over=True)
        first = wait_until(lambda: told(ric, network), 60)
        assert set(first) == {"kpm_time_ms", "mode", "beams", "proposals"}
        wait_until(lambda: is_ordered(network), 60)
        wait_until(lambda: (told(ric, network) or {})["mode"] == "control", 60)
        wait_until(lambda: metrics(ric)["beam_orders_total"] > 20, 60)
        assert not any(n.startswith("beam_controls_refused_total{") for n in metrics(ric))

        before = ric.instance()["pid"]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: not is_ordered(network), 60)  # the gNB sweeps by itself again
        wait_until(lambda: ric.instance()["pid"] not in (None, before), 60)
        wait_until(lambda: is_ordered(network), 60)

    with node(tmp_path, ric) as network:  # the node was gone, and is back
        wait_until(lambda: is_ordered(network), 60)
        ric.ask("undeploy", name=NAME)
        wait_until(lambda: not is_ordered(network), 60)
    assert ric.ask("status")["figures"]["subscriptions"] == 0


@pytest.mark.parametrize("ric", [()], indirect=True)
def test_without_a_route_to_control_it_advises_and_says_so(tmp_path, ric):
    with node(tmp_path, ric) as network:
        deploy(ric, control=True)
        advice = wait_until(
            lambda: (t := told(ric, network)) and t["mode"] == "advice" and t["beams"] and t, 60
        )
        assert all(0 <= beam < 32 for beam in advice["beams"].values() if beam is not None)
        assert not is_ordered(network)
        refused = 'beam_controls_refused_total{code="e2.no_route"}'
        assert wait_until(lambda: metrics(ric).get(refused), 60) >= 1
