import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from tenacity import retry, stop_after_delay, wait_fixed

from contracts.action import ParameterChange
from contracts.dsse import sign
from contracts.e2.credential import CREDENTIAL_PAYLOAD_TYPE
from contracts.errors import RanwrightError
from contracts.keys import init_keys, load_signer
from contracts.network import KpmReport
from contracts.plant_link import ControlRequest, NodeInfo
from contracts.rpc import Client, Server
from contracts.site import Site
from tests.twins.synthetic import link_map, scenario
from twins.plant.service import PlantService
from twins.scenario import load_scenario

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
PACE = 50.0


@pytest.fixture
def site(tmp_path) -> Site:
    made = Site(tmp_path / "site")
    init_keys(made)
    return made


@contextmanager
def plant(site: Site, pace: float = PACE, seed: int = 3):
    service = PlantService(site, SCENARIO, seed, pace, LINKS)
    server = Server(site.socket("plant"), service.handlers())
    server.start()
    try:
        yield service
    finally:
        server.close()


def call(site: Site, method: str, params=None, on_progress=None):
    with Client(site.socket("plant"), timeout_s=20.0) as client:
        return client.call(method, params, on_progress)


def node(site: Site) -> NodeInfo:
    return NodeInfo.model_validate(call(site, "read_back"))


def reports(site: Site, period_ms: int, count: int) -> list[KpmReport]:
    got: list[KpmReport] = []
    call(
        site,
        "subscribe",
        {"period_ms": period_ms, "count": count},
        lambda value: got.append(KpmReport.model_validate(value)),
    )
    return got


def request(service: PlantService, **changes) -> ControlRequest:
    content = {
        "node_name": service.info().node_name,
        "request_id": "1",
        "expected_version": 0,
        "changes": change(),
    }
    return ControlRequest(**(content | changes))


def change(**fields) -> tuple[ParameterChange, ...]:
    return (ParameterChange(**({"cell_id": 2, "from_mw": 40000, "to_mw": 20047} | fields)),)


def powers(info: NodeInfo) -> dict[int, int]:
    return {c.cell_id: c.configured_max_tx_power_mw for c in info.cells}


def test_a_control_is_acked_read_back_and_kept(site):
    with plant(site) as service:
        assert service.apply(request(service)).resource_version == 1
        info = node(site)
        assert powers(info)[2] == 20047
        assert info.resource_version == 1
        report = reports(site, 500, 1)[0]
        assert report.resource_version == 1
    assert b"20047" in site.plant_state.read_bytes()


def test_a_restart_resumes_configuration_version_and_time(site):
    with plant(site) as service:
        service.apply(request(service))
        before = node(site)
    with plant(site):
        after = node(site)
        assert (after.resource_version, after.cells) == (1, before.cells)
        assert after.kpm_time_ms >= before.kpm_time_ms


def test_a_plant_that_begins_anew_is_another_node(site):
    with plant(site) as service:
        first = node(site).node_name
        captured = request(service)
    with plant(site):
        assert node(site).node_name == first
    site.plant_state.unlink()
    with plant(site) as service:
        assert node(site).node_name != first
        with pytest.raises(RanwrightError) as refused:
            service.apply(captured)
        assert refused.value.code == "control.wrong_node"


def test_a_report_after_a_restart_is_the_one_before_it(site):
    with plant(site, pace=1000.0):
        period_ms = 2000
        first = reports(site, period_ms, 1)[0]
    service = PlantService(site, SCENARIO, 3, 1000.0, LINKS)
    start_ms = first.kpm_time_ms - period_ms
    again = service._model.report(service._state.in_force_at(start_ms), start_ms, period_ms)
    assert again == first


def test_another_pace_changes_the_speed_of_time_but_not_the_time(site):
    with plant(site, pace=100.0):
        then = node(site).kpm_time_ms
    with plant(site, pace=1.0):
        now = node(site)
    assert now.pace_factor == 1.0
    assert now.kpm_time_ms >= then


def test_a_state_of_another_plant_is_refused(site):
    with plant(site, seed=3):
        pass
    with pytest.raises(RanwrightError) as refused:
        PlantService(site, SCENARIO, 4, PACE, LINKS)
    assert refused.value.code == "plant.other_plant"
    site.plant_state.write_bytes(b"{}")
    with pytest.raises(RanwrightError) as refused:
        PlantService(site, SCENARIO, 3, PACE, LINKS)
    assert refused.value.code == "plant.state_malformed"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("control.wrong_node", {"node_name": "another"}),
        ("control.stale_version", {"expected_version": 1}),
        ("control.unknown_cell", {"changes": change(cell_id=77)}),
        ("control.unknown_parameter", {"changes": change(parameter="NRCellDU.reboot")}),
        ("control.out_of_range", {"changes": change(to_mw=40001)}),
        ("control.out_of_range", {"changes": change(to_mw=0)}),
        ("control.off_grid", {"changes": change(to_mw=20000)}),
        ("control.repeated_cell", {"changes": change() * 2}),
        ("control.unknown_cell", {"changes": (*change(), *change(cell_id=77))}),
    ],
)
def test_a_wrong_control_is_refused_and_changes_nothing(site, code, changes):
    with plant(site) as service:
        with pytest.raises(RanwrightError) as refused:
            service.apply(request(service, **changes))
        assert refused.value.code == code
        info = node(site)
        assert info.resource_version == 0
        assert set(powers(info).values()) == {40000}


def test_a_control_repeated_is_stale(site):
    with plant(site) as service:
        service.apply(request(service))
        with pytest.raises(RanwrightError) as refused:
            service.apply(request(service))
        assert refused.value.code == "control.stale_version"
        assert node(site).resource_version == 1


def test_nobody_controls_over_the_local_socket(site):
    with plant(site) as service:
        signed = sign(request(service), CREDENTIAL_PAYLOAD_TYPE, load_signer(site, "actuator"))
        with pytest.raises(RanwrightError) as refused:
            call(site, "control", {"envelope": signed.model_dump(mode="json")})
        assert refused.value.code == "rpc.bad_request"
        assert node(site).resource_version == 0


def test_reports_are_consecutive_whole_periods_that_come_when_they_are_due(site):
    with plant(site, pace=20.0):
        started_ms = node(site).kpm_time_ms
        began = time.monotonic()
        got = reports(site, 1000, 4)
        passed_s = time.monotonic() - began
        times = [r.kpm_time_ms for r in got]
        assert times == [times[0] + 1000 * i for i in range(4)]
        assert times[0] % 1000 == 0
        assert times[0] - 1000 >= started_ms
        assert passed_s * 20.0 >= 3.0


def test_two_subscribers_get_equal_reports_and_neither_waits_for_the_other(site):
    with plant(site, pace=20.0):
        slow_done = threading.Event()

        def dawdle() -> None:
            with Client(site.socket("plant"), timeout_s=60.0) as client:
                client.call(
                    "subscribe", {"period_ms": 1000, "count": 40}, lambda _: slow_done.wait(10.0)
                )

        thread = threading.Thread(target=dawdle)
        thread.start()
        began = time.monotonic()
        first, second = [], []
        other = threading.Thread(target=lambda: second.extend(reports(site, 1000, 10)))
        other.start()
        first.extend(reports(site, 1000, 10))
        other.join()
        assert time.monotonic() - began < 5.0
        by_time = {r.kpm_time_ms: r for r in first}
        common = [r for r in second if r.kpm_time_ms in by_time]
        assert common
        assert all(by_time[r.kpm_time_ms] == r for r in common)
        slow_done.set()
        thread.join()


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"period_ms": 150, "count": 1},
        {"period_ms": 0, "count": 1},
        {"period_ms": 100, "count": 0},
    ],
)
def test_a_malformed_subscription_is_refused(site, params):
    with plant(site):
        with pytest.raises(RanwrightError) as refused:
            call(site, "subscribe", params)
        assert refused.value.code == "subscription.malformed"


@contextmanager
def process(site: Site):
    command = [sys.executable, "-m", "twins.plant", "--site", str(site.root)]
    command += ["--scenario", "uma", "--seed", "3", "--pace", "20"]
    started = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(20)


@retry(stop=stop_after_delay(90), wait=wait_fixed(0.1), reraise=True)
def ready(site: Site) -> int:
    return call(site, "ping")["pid"]


def test_the_process_survives_a_kill(site):
    beforehand = PlantService(site, load_scenario("uma"), 3, 20.0)
    beforehand.apply(request(beforehand))
    with process(site) as first:
        assert ready(site) == first.pid
        before = node(site)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    with process(site) as second:
        assert ready(site) == second.pid
        after = node(site)
        assert after.resource_version == 1
        assert after.cells == before.cells
        assert after.kpm_time_ms >= before.kpm_time_ms
    assert second.returncode == 0
