"""The LTE plant in ns-3: its seams everywhere, the real program where ns-3 is installed."""

import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from contracts.action import ParameterChange
from contracts.errors import RanwrightError
from contracts.network import KpmReport
from contracts.plant_link import ControlRequest, NodeInfo
from contracts.rpc import Client, Server
from contracts.site import Site
from tests.twins.needs_ns3 import built_program
from tests.twins.synthetic import link_map
from twins.ns3 import Ns3Plant, Ns3Settings, build
from twins.ns3.commands import TCP_EVERY, describe, require_lte
from twins.ns3.process import Ns3Process, Sample, parse_answer
from twins.ns3.service import Ns3Service
from twins.plant.truth import draw_truth
from twins.scenario import Scenario, load_scenario

FULL_BLOCK_MBPS = 18.336
"""25 resource blocks, I_TBS 26: TS 36.213 Table 7.1.7.2.1-1, one block a millisecond."""


def lte_scenario(**changes) -> Scenario:
    """The three cells of one site and four UEs, the last of which downloads by TCP."""
    full = load_scenario("munich_lte")
    carrier = full.carrier.model_copy(update={"resource_blocks": 25, "bandwidth_hz": 5e6})
    few = {"sites": full.sites[:1], "ue_count": 4, "carrier": carrier, "ue_min_rsrp_dbm": -90.0}
    return full.model_copy(update=few | changes)


SCENARIO = lte_scenario()
LINKS = link_map(SCENARIO)


@pytest.fixture(scope="session")
def program() -> Path:
    return built_program()


def network(*ues: str, powers_dbm: tuple[float, ...] = (46.0, 46.0), seed: int = 1) -> list[str]:
    """Two cells on 25 resource blocks; UEs as words after their place."""
    cells = [f"cell {500 * i} 0 30 {p}" for i, p in enumerate(powers_dbm)]
    return [f"carrier 25 9 2 {seed}", *cells, *(f"ue 200 0 1.5 {ue}" for ue in ues), "begin"]


def measured(process: Ns3Process, duration_ms: int = 1000) -> Sample:
    """After the radio has settled: the next measurements of layer 1 come every 200 ms."""
    process.run(400)
    return process.run(duration_ms)


# -- the seams, without ns-3 --------------------------------------------------------------------


def test_an_answer_with_measurements_is_read():
    line = (
        '{"time_ms":200,"ues":[{"serving":1,"ip_bytes":5600,"active_ms":180,"sinr_db":null,'
        '"rsrp_dbm":[-91.5,null]}],"cells":[{"prb_usage":0.5},{"prb_usage":1}],'
        '"handovers":[[0,1]]}\n'
    )
    sample = parse_answer(line)
    assert sample is not None
    assert sample.ues[0].rsrp_dbm == (-91.5, None)
    assert sample.ues[0].sinr_db is None
    assert sample.handovers == ((0, 1),)
    assert [c.prb_usage for c in sample.cells] == [0.5, 1.0]


def test_an_answer_without_measurements_is_none():
    assert parse_answer('{"ok":true}\n') is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "run",
        "[]",
        '{"time_ms":1}',
        '{"ok":true,"more":1}',
        '{"time_ms":-1,"ues":[],"cells":[]}',
    ],
)
def test_any_other_answer_is_malformed(line):
    with pytest.raises(RanwrightError) as refused:
        parse_answer(line)
    assert refused.value.code == "ns3.malformed_answer"


def test_a_refusal_says_why():
    with pytest.raises(RanwrightError, match="there is no such command") as refused:
        parse_answer('{"error":"there is no such command"}')
    assert refused.value.code == "ns3.refused"


@pytest.mark.parametrize("fading", [True, False])
def test_the_description_carries_the_truth_of_the_links(fading):
    truth = draw_truth(SCENARIO, LINKS, 7)
    lines = list(describe(SCENARIO, LINKS, truth, 7, fading))
    assert lines[0] == "carrier 25 9 2 7"
    assert lines[-1] == "begin"
    cells = [line.split() for line in lines if line.startswith("cell ")]
    assert [float(c[-1]) for c in cells] == pytest.approx([46.0206] * 3, abs=1e-4)
    ues = [line.split() for line in lines if line.startswith("ue ")]
    assert [u[4] for u in ues] == ["udp"] * (TCP_EVERY - 1) + ["tcp"]
    for u, words in enumerate(ues):
        numbers = [float(w) for w in words[6:]]
        assert numbers[:3] == pytest.approx(truth.gain_db[u].tolist(), rel=1e-6)
        assert numbers[3:] == pytest.approx(truth.fading_m[u].tolist() if fading else [], rel=1e-6)


@pytest.mark.parametrize("scenario", [load_scenario("munich"), lte_scenario(ue_count=301)])
def test_what_lte_cannot_play_is_refused(scenario):
    with pytest.raises(RanwrightError) as refused:
        require_lte(scenario)
    assert refused.value.code == "ns3.not_lte"


def script(folder: Path, text: str) -> Path:
    made = folder / "script"
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(made.stat().st_mode | stat.S_IXUSR)
    return made


def test_a_program_that_ends_is_an_error_with_its_last_words(tmp_path):
    with pytest.raises(RanwrightError, match="out of luck") as refused:
        Ns3Process(script(tmp_path, "read line; echo out of luck >&2; exit 3"), ["begin"])
    assert refused.value.code == "ns3.died"
    assert "ended with 3" in refused.value.message


@pytest.mark.parametrize("text", ["exit 1", """echo '["3.44", "/nowhere"]'"""])
def test_an_interpreter_without_ns3_is_refused(tmp_path, text):
    settings = Ns3Settings(python=script(tmp_path, text), cache=tmp_path)
    with pytest.raises(RanwrightError, match="RANWRIGHT_NS3_PYTHON") as refused:
        build(settings)
    assert refused.value.code == "ns3.not_installed"


def test_an_interpreter_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RanwrightError) as refused:
        build(Ns3Settings(python=tmp_path / "none", cache=tmp_path))
    assert refused.value.code == "ns3.not_installed"


@pytest.mark.parametrize("compiler", ["false", "no-such-compiler"])
def test_a_compiler_that_fails_is_an_error_and_leaves_nothing(tmp_path, compiler):
    (tmp_path / "ns3" / "lib64").mkdir(parents=True)
    (tmp_path / "ns3" / "lib64" / "libns3.44-core.so").touch()
    python = script(tmp_path, f"""echo '["3.44", "{tmp_path}/ns3"]'""")
    cache = tmp_path / "cache"
    with pytest.raises(RanwrightError, match="g\\+\\+") as refused:
        build(Ns3Settings(python=python, cache=cache, compiler=compiler))
    assert refused.value.code == "ns3.compile_failed"
    assert list(cache.iterdir()) == []


# -- the program --------------------------------------------------------------------------------


def test_power_moves_rsrp_exactly_and_throughput_with_it(program):
    ues = ("udp 1 -125 -160", "udp 1 -160 -125")
    with Ns3Process(program, network(*ues)) as process:
        before = measured(process)
        process.command("tx 0 34")
        after = measured(process)
    rsrp = [[s.ues[u].rsrp_dbm[u] for s in (before, after)] for u in range(2)]
    per_element_db = 10 * 2.4771212547196626  # 25 resource blocks of 12 sub-carriers
    assert rsrp[0][0] == pytest.approx(46.0 - per_element_db - 125.0, abs=1e-6)
    assert rsrp[0][1] - rsrp[0][0] == pytest.approx(-12.0, abs=1e-6)
    assert rsrp[1][1] == rsrp[1][0]
    assert after.ues[0].ip_bytes < 0.6 * before.ues[0].ip_bytes
    assert after.ues[1].ip_bytes == pytest.approx(before.ues[1].ip_bytes, rel=0.02)


def test_one_ue_near_its_cell_gets_what_the_largest_block_carries(program):
    with Ns3Process(program, network("udp 1 -70 -150")) as process:
        sample = measured(process)
    mbps = sample.ues[0].ip_bytes * 8e-3 / sample.ues[0].active_ms
    assert 0.95 * FULL_BLOCK_MBPS < mbps < FULL_BLOCK_MBPS
    assert sample.ues[0].active_ms == 1000
    # 25 resource blocks make 13 groups, of which the scheduler of ns-3 uses the 12 whole ones
    assert sample.cells[0].prb_usage == pytest.approx(1.0, abs=0.01)
    assert sample.cells[1].prb_usage == 0.0


def test_traffic_is_on_as_often_as_asked(program):
    with Ns3Process(program, network("udp 0.5 -70 -150", "udp 0 -70 -150")) as process:
        sample = measured(process, 10_000)
    assert sample.ues[0].active_ms == pytest.approx(5000, abs=1500)
    mbps = sample.ues[0].ip_bytes * 8e-3 / sample.ues[0].active_ms
    assert mbps > 0.9 * FULL_BLOCK_MBPS  # active is the time in which it is served, not more
    assert sample.ues[1].active_ms == 0
    assert sample.ues[1].ip_bytes == 0


def test_tcp_fills_a_good_link(program):
    with Ns3Process(program, network("tcp 1 -70 -150")) as process:
        process.run(2000)
        sample = process.run(1000)
    assert sample.ues[0].ip_bytes * 8e-6 > 0.8 * FULL_BLOCK_MBPS


def test_a_ue_hands_over_when_a_neighbour_is_better_by_the_offset(program):
    with Ns3Process(program, network("udp 1 -100 -103")) as process:
        process.run(1000)
        process.command("tx 0 42")  # the neighbour is 1 dB better: less than the offset
        stays = process.run(1500)
        process.command("tx 0 36")
        moved = process.run(1500)
        there = process.run(500)
    assert stays.ues[0].serving == 0
    assert stays.handovers == ()
    assert moved.handovers == ((0, 1),)
    assert there.ues[0].serving == 1
    assert there.cells[1].prb_usage > 0.9
    assert there.ues[0].ip_bytes > 0


def fading_network(seed: int) -> list[str]:
    return network("udp 0.8 -110 -115 1 2", "tcp 1 -118 -112 3 1", seed=seed)


def test_equal_seeds_give_equal_bytes(program):
    samples = []
    for seed in (5, 5, 6):
        with Ns3Process(program, fading_network(seed)) as process:
            samples.append([process.run(500) for _ in range(3)])
    assert samples[0] == samples[1]
    assert samples[0] != samples[2]


def test_links_fade_around_their_mean(program):
    with Ns3Process(program, network("udp 1 -100 -150 1 1")) as process:
        process.run(1000)
        readings = [process.run(200).ues[0].rsrp_dbm[0] for _ in range(20)]
    mean_dbm = 46.0 - 24.771212547 - 100.0
    assert len(set(readings)) == 20
    assert sum(readings) / 20 == pytest.approx(mean_dbm, abs=1.0)


def test_a_killed_process_is_an_error(program):
    with Ns3Process(program, network("udp 1 -100 -110")) as process:
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(RanwrightError) as refused:
            process.run(100)
        assert refused.value.code == "ns3.died"
        assert "-9" in refused.value.message


@pytest.mark.parametrize(
    "line",
    [
        "",
        "dance",
        "run",
        "run 0",
        "run -5",
        "run ten",
        "run 100 200",
        "run 1e9",
        "tx 2 40",
        "tx -1 40",
        "tx 0",
        "tx 0 nan",
        "tx 0 200",
        "tx 0 40 1",
        "begin",
        "cell 0 0 0 40",
    ],
)
def test_a_wrong_command_is_refused_and_changes_nothing(program, running, line):
    with pytest.raises(RanwrightError) as refused:
        running.command(line)
    assert refused.value.code == "ns3.refused"
    assert running.run(1).ues[0].serving == 0


@pytest.fixture(scope="module")
def running(program):
    with Ns3Process(program, network("udp 1 -100 -110")) as process:
        yield process


@pytest.mark.parametrize(
    "commands",
    [
        ["run 100"],
        ["begin"],
        ["carrier 110 9 2 1"],
        ["carrier 25 9 2"],
        ["cell 0 0 30 46", "ue 0 0 1.5 udp 1"],
        ["cell 0 0 30 46", "ue 0 0 1.5 udp 2 -100"],
        ["cell 0 0 30 46", "ue 0 0 1.5 sctp 1 -100"],
        ["cell 0 0 30 46", "ue 0 0 1.5 udp 1 -100 1 1"],
        ["cell 0 0 30 46", "ue 0 0 1.5 udp 1 -100", "cell 0 0 30 46"],
    ],
)
def test_a_wrong_description_is_refused(program, commands):
    with pytest.raises(RanwrightError) as refused:
        Ns3Process(program, commands)
    assert refused.value.code == "ns3.refused"


# -- the plant ----------------------------------------------------------------------------------


def test_the_plant_reports_and_is_configured(program):
    with Ns3Plant(SCENARIO, 3, LINKS, fading=False) as plant:
        before = plant.observe(3)
        assert [r.kpm_time_ms for r in before] == [200, 400, 600]
        assert {u.ue_id for u in before[-1].ues} == {0, 1, 2, 3}
        assert all(u.dl_volume_mbit > 0 for u in before[-1].ues)
        assert sum(c.connected_ues for c in before[-1].cells) == 4
        busiest = max(before[-1].cells, key=lambda c: c.connected_ues).cell_id
        plant.configure({busiest: 10024})
        after = plant.observe(2)[-1]
        assert after.resource_version == plant.resource_version == 1
        powers = {c.cell_id: c.configured_max_tx_power_mw for c in plant.cells}
        assert powers == {1: 40000, 2: 40000, 3: 40000} | {busiest: 10024}
        ue = next(u for u in before[-1].ues if u.serving_cell == busiest).ue_id
        drop_db = before[-1].ues[ue].rsrp_dbm[busiest] - after.ues[ue].rsrp_dbm[busiest]
        assert drop_db == pytest.approx(6.0, abs=5.0)  # two readings, each with an error of 1 dB
        with pytest.raises(RanwrightError) as refused:
            plant.configure({9: 40000})
        assert refused.value.code == "control.unknown_cell"
        assert plant.resource_version == 1


@pytest.fixture
def site(program, tmp_path) -> Site:
    made = Site(tmp_path / "site")
    made.create()
    return made


def call(site: Site, method: str, params=None, on_progress=None):
    with Client(site.socket("plant"), timeout_s=60.0) as client:
        return client.call(method, params, on_progress)


def node(site: Site) -> NodeInfo:
    return NodeInfo.model_validate(call(site, "read_back"))


def reports(site: Site, count: int) -> list[KpmReport]:
    got: list[KpmReport] = []
    call(
        site,
        "subscribe",
        {"period_ms": 200, "count": count},
        lambda value: got.append(KpmReport.model_validate(value)),
    )
    return got


def request(service: Ns3Service, **changes) -> ControlRequest:
    content = {
        "node_name": service.info().node_name,
        "request_id": "1",
        "expected_version": 0,
        "changes": (ParameterChange(cell_id=2, from_mw=40000, to_mw=20047),),
    }
    return ControlRequest(**(content | changes))


def test_the_service_serves_the_plant_link(site):
    with Ns3Plant(SCENARIO, 3, LINKS) as plant:
        service = Ns3Service(plant)
        server = Server(site.socket("plant"), service.handlers())
        server.start()
        try:
            assert node(site).kpm_time_ms == 0
            assert [r.kpm_time_ms for r in reports(site, 2)] == [200, 400]
            assert node(site).kpm_time_ms == 400  # time stands while nobody subscribes

            ack = service.apply(request(service))
            assert (ack.resource_version, ack.kpm_time_ms) == (1, 400)
            powers = {c.cell_id: c.configured_max_tx_power_mw for c in node(site).cells}
            assert powers == {1: 40000, 2: 20047, 3: 40000}
            assert reports(site, 1)[0].resource_version == 1

            for code, wrong in (
                ("control.stale_version", request(service)),
                ("control.wrong_node", request(service, node_name="another")),
            ):
                with pytest.raises(RanwrightError) as refused:
                    service.apply(wrong)
                assert refused.value.code == code
            assert node(site).resource_version == 1
            with pytest.raises(RanwrightError) as refused:
                call(site, "subscribe", {"period_ms": 1000, "count": 1})
            assert refused.value.code == "subscription.period_not_served"

            both: list[list[KpmReport]] = []
            threads = [
                threading.Thread(target=lambda: both.append(reports(site, 4))) for _ in range(2)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            by_time = {r.kpm_time_ms: r for r in both[0]}
            assert all(by_time.get(r.kpm_time_ms, r) == r for r in both[1])
            assert all(len(got) == 4 for got in both)
        finally:
            server.close()


def test_a_service_without_its_process_says_so(site):
    with Ns3Plant(SCENARIO, 3, LINKS) as plant:
        server = Server(site.socket("plant"), Ns3Service(plant).handlers())
        server.start()
        try:
            os.kill(plant.pid, signal.SIGKILL)
            with pytest.raises(RanwrightError) as refused:
                reports(site, 1)
            assert refused.value.code == "ns3.died"
        finally:
            server.close()
