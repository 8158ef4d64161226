"""Our xApps' SDK against a real RIC core and a plant's E2 node."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import islice

import pytest

from contracts.e2.ap import (
    IndicationType,
    RicIndication,
    RicRequestId,
    encode_pdu,
)
from contracts.e2.node_configuration import gnb_of
from contracts.errors import RanwrightError
from contracts.keys import init_keys, load_signer
from contracts.site import Site
from tests.twins.e2node.test_configuration_function import change
from tests.twins.synthetic import link_map, scenario
from tests.xapps.platform.waits import wait_until
from tests.xapps.sdk.rig import Rig, rig
from twins.e2node.attach import CCC_NUMBER
from twins.plant.service import PlantService
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrSettings, RmrState
from xapps.platform.rnib import ConnectionStatus, Node
from xapps.sdk.gnb import CELLS_ACTION
from xapps.sdk.kpm import report_actions, report_trigger
from xapps.sdk.messenger import Received

SCENARIO = scenario()
LINKS = link_map(SCENARIO)


INDICATION = RicIndication(
    RicRequestId(123, 70), CCC_NUMBER, CELLS_ACTION, IndicationType.REPORT, b"", b"?"
)


class Recording:
    """A plant that remembers its reports."""

    def __init__(self, plant: PlantService) -> None:
        self.info, self.apply = plant.info, plant.apply
        self._plant = plant
        self.made = {}

    def reports(self, period_ms, stop):
        for report in self._plant.reports(period_ms, stop):
            self.made[report.kpm_time_ms] = report
            yield report


@pytest.fixture
def site(tmp_path) -> Site:
    made = Site(tmp_path / "site")
    init_keys(made)
    return made


@pytest.fixture
def plant(site) -> Recording:
    return Recording(PlantService(site, SCENARIO, 3, 20.0, LINKS))


@pytest.fixture
def there(tmp_path, plant, site):
    with rig(tmp_path, plant, site) as made:
        yield made


def test_a_node_is_found_and_read_back(there: Rig, plant):
    assert there.directory.connected() == [there.ran_name]
    found = there.gnb().read_back(10)
    assert found == plant.info().model_copy(update={"kpm_time_ms": found.kpm_time_ms})
    wait_until(lambda: not there.core.subscriptions.records())


def test_an_enb_offers_nothing(there: Rig):
    there.core.rnib.put(Node("enb_1", "00F110", "1" * 20, "ENB", ConnectionStatus.CONNECTED))
    with pytest.raises(RanwrightError) as refused:
        there.directory.functions("enb_1")
    assert refused.value.code == "e2.function_missing"


def test_several_read_a_node_back_at_once(there: Rig):
    gnb = there.gnb()
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(gnb.read_back, [20, 20, 20]))
    assert len({info.resource_version for info in found}) == 1
    wait_until(lambda: not there.core.subscriptions.records())


def test_what_an_ended_subscription_left_is_not_for_the_next(there: Rig):
    gnb = there.gnb()
    gnb.read_back(10)
    for instance in range(1, 9):
        left = RicIndication(
            RicRequestId(123, instance), CCC_NUMBER, CELLS_ACTION, IndicationType.REPORT, b"", b"?"
        )
        there.e2._on_indication(Received(12050, encode_pdu(left), there.ran_name, instance))
    assert gnb.read_back(10).node_name


def test_octets_that_are_no_e2ap_are_dropped(there: Rig):
    junk = [b"", b"\xff" * 40, encode_pdu(INDICATION)[:-1], encode_pdu(INDICATION)]
    with RmrEndpoint(RmrSettings()) as somebody:
        to = there.endpoint.name
        somebody.set_routes(f"newrt|start\nrte|12041|{to}\nrte|12050|{to}\nnewrt|end|2\n")
        for mtype in (12041, 12050):
            for payload in junk:
                sent = partial(somebody.send, RmrMessage(mtype, payload))
                wait_until(lambda sent=sent: sent() is RmrState.OK)
    assert there.gnb().read_back(10).node_name


def test_what_nobody_subscribed_to_is_not_kept_for_ever(there: Rig, monkeypatch):
    monkeypatch.setattr("xapps.sdk.e2.EARLY_KEPT_S", 0.0)
    for instance in (70, 71, 71, 72):
        octets = encode_pdu(INDICATION)
        there.e2._on_indication(Received(12050, octets, there.ran_name, instance))
    assert [instance for _, instance, _ in there.e2._early] == [72]


def test_reports_arrive_as_they_were_made(there: Rig, plant):
    gnb = there.gnb()
    with closing(gnb.reports(gnb.read_back(10), 200, 20)) as reports:
        arrived = list(islice(reports, 5))
    assert [plant.made[r.kpm_time_ms] for r in arrived] == arrived
    times = [r.kpm_time_ms for r in arrived]
    assert times == list(range(times[0], times[0] + 1000, 200))
    wait_until(lambda: not there.core.subscriptions.records())


def test_what_the_node_gives_up_ends(there: Rig):
    gnb = there.gnb()
    with closing(gnb.reports(gnb.read_back(10), 200, 20)) as reports:
        next(reports)
        wait_until(lambda: len(there.core.subscriptions.records()) == 1)
        (instance,) = there.core.subscriptions.records()[0].instances.values()
        assert there.core.subscriptions.on_deletion_required(there.ran_name, instance)
        with pytest.raises(RanwrightError) as ended:
            for _ in reports:
                pass
    assert ended.value.code == "e2.closed"


def test_powers_are_set_once(there: Rig, plant, site):
    gnb, signer = there.gnb(), load_signer(site, "actuator")
    before = gnb.read_back(10)
    wanted = (change(plant, 1, -2),)
    ack = gnb.set_powers(before, "c:1", wanted, signer, 10)
    after = gnb.read_back(10)
    assert after.resource_version == before.resource_version + 1
    assert after.cells[0].configured_max_tx_power_mw == wanted[0].to_mw
    assert ack.request_id == "c:1"
    assert ack.resource_version == after.resource_version
    assert before.kpm_time_ms <= ack.kpm_time_ms <= after.kpm_time_ms
    with pytest.raises(RanwrightError) as refused:
        gnb.set_powers(before, "c:1", wanted, signer, 10)
    assert refused.value.code == "control.stale_version"
    forger = load_signer(site, "verifier")
    with pytest.raises(RanwrightError) as refused:
        gnb.set_powers(after, "c:2", wanted, forger, 10)
    assert refused.value.code == "control.bad_credential"
    off_grid = wanted[0].model_copy(update={"to_mw": wanted[0].to_mw + 1})
    with pytest.raises(RanwrightError) as refused:
        gnb.set_powers(after, "c:3", (off_grid,), signer, 10)
    assert refused.value.code == "control.refused"


def test_without_a_way_nothing_is_controlled(there: Rig, plant, site):
    there.may_control(allowed=False)
    gnb = there.gnb()
    node = gnb.read_back(10)
    with pytest.raises(RanwrightError) as refused:
        gnb.set_powers(node, "c:1", (change(plant, 1, -1),), load_signer(site, "actuator"), 10)
    assert refused.value.code == "e2.no_route"


def test_silence_and_refusal_are_told(there: Rig):
    functions = there.directory.functions(there.ran_name)
    with pytest.raises(RanwrightError) as refused:
        there.e2.subscribe(there.ran_name, functions.kpm, report_trigger(200), {1: b"\xff"}, 10)
    assert refused.value.code == "e2.subscription_refused"
    assert "ACTION_NOT_SUPPORTED" in refused.value.message
    assert not there.core.subscriptions.records()
    with pytest.raises(RanwrightError) as unknown:
        there.e2.subscribe("gnb_001_001_000000", functions.kpm, report_trigger(200), {1: b""}, 10)
    assert unknown.value.code == "e2.subscription_refused"


def test_closing_wakes_who_waits(there: Rig):
    node = there.gnb().read_back(10)
    hour_ms = 3_600_000
    actions = report_actions(gnb_of(node.node_name), [c.cell_id for c in node.cells], hour_ms)
    functions = there.directory.functions(there.ran_name)
    reports = there.e2.subscribe(there.ran_name, functions.kpm, report_trigger(hour_ms), actions)
    woken: list[str] = []

    def wait() -> None:
        try:
            reports.next(60)
        except RanwrightError as error:
            woken.append(error.code)

    waiting = threading.Thread(target=wait)
    waiting.start()
    reports.close()
    waiting.join(20)
    assert woken == ["e2.closed"]
