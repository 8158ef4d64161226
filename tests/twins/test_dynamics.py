"""A network in motion as a whole: what must hold whatever the figures are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import ExitCode, RanwrightError
from tests.twins.synthetic import link_map
from twins.dynamics import measures
from twins.dynamics.handover import Cause
from twins.dynamics.measures import measure
from twins.dynamics.profile import (
    BeamManagement,
    FileTransfer,
    FullBuffer,
    Group,
    Mobility,
    Profile,
    Slice,
    Traffic,
    load_profile,
)
from twins.dynamics.settings import Settings, start_settings
from twins.dynamics.simulate import Record, simulate
from twins.dynamics.stage import Stage, set_stage
from twins.scenario import load_scenario
from twins.scenario_fields import TABLES_FOLLOW, guide_table

SCENARIO = load_scenario("munich")
ON_FOOT = Mobility(kind="pedestrian", speed_kmh=(3.0, 3.0))
AT_REST = Mobility(kind="static", speed_kmh=(0.0, 0.0))
BY_CAR = Mobility(kind="vehicle", speed_kmh=(30.0, 50.0))


def profile(*groups: tuple[Mobility, Traffic], ues: int = 18) -> Profile:
    return Profile(
        name="test",
        description="test",
        ue_count=ues,
        slices=tuple(Slice(name=f"s{i}") for i in range(len(groups))),
        groups=tuple(
            Group(name=f"g{i}", share=1 / len(groups), slice=f"s{i}", mobility=m, traffic=t)
            for i, (m, t) in enumerate(groups)
        ),
    )


def stage(of: Profile, seconds: float = 2.0, seed: int = 1) -> Stage:
    return set_stage(SCENARIO, of, seconds, seed)


def start(of: Stage) -> Settings:
    return start_settings(of.scenario, of.profile)


def figures(record: Record) -> dict[tuple[str, str], float | None]:
    return {(m.name, m.scope): m.value for m in measure(record)}


@pytest.mark.parametrize("slot_level", [False, True])
def test_a_run_can_be_repeated_and_leaves_its_stage_alone(slot_level: bool) -> None:
    scene = stage(load_profile("urban"), 0.3)
    runs = [simulate(scene, start(scene), slot_level) for _ in range(2)]
    assert measure(runs[0]) == measure(runs[1])
    assert (runs[0].queues.served == runs[1].queues.served).all()
    other = simulate(stage(load_profile("urban"), 0.3, seed=2), start(scene), slot_level)
    assert measure(other) != measure(runs[0])


@pytest.mark.parametrize("slot_level", [False, True])
def test_both_levels_conserve_bits_and_resource_blocks(slot_level: bool) -> None:
    scene = stage(
        profile((ON_FOOT, FullBuffer()), (BY_CAR, FileTransfer(file_mbyte=0.2, files_per_s=3))), 0.5
    )
    record = simulate(scene, start(scene), slot_level)
    come = np.bincount(scene.arrivals.ue, scene.arrivals.bits, scene.ues)
    files = ~scene.arrivals.full_buffer
    assert (record.queues.served.sum(0)[files] <= come[files] + 1e-3).all()
    assert record.prb_share.min() >= 0.0
    assert record.prb_share.max() <= 1.0 + 1e-9
    assert (record.busy_share >= record.prb_share - 1e-9).all()
    ticks = round(10.0 / record.queues.tick_ms)
    away = np.repeat(~record.connected, ticks, axis=0)
    assert record.queues.served[away].sum() == 0.0


def test_data_wait_longer_where_there_is_more_of_it() -> None:
    def delay_ms(files_per_s: float) -> float:
        scene = stage(
            profile((AT_REST, FileTransfer(file_mbyte=0.5, files_per_s=files_per_s))), 4.0
        )
        value = figures(simulate(scene, start(scene)))[measures.DELAY, "network"]
        assert value is not None
        return value

    assert delay_ms(0.5) < delay_ms(4.0) < delay_ms(20.0)


def test_a_sleeping_cell_is_empty_silent_and_cheap() -> None:
    scene = stage(load_profile("contest"), 2.0)
    asleep = np.array(start(scene).energy_saving)
    asleep[1] = "TO_BE_ENERGY_SAVING"
    before = simulate(scene, start(scene))
    after = simulate(scene, replace(start(scene), energy_saving=asleep))
    assert not after.awake[20:, 1].any()
    assert not (after.serving[20:] == 1).any()
    assert after.prb_share[20:, 1].max() == 0.0
    was, now = figures(before), figures(after)
    assert now[measures.POWER, "cell 2"] < 0.1 * was[measures.POWER, "cell 2"]
    assert now[measures.POWER, "network"] < was[measures.POWER, "network"]
    elsewhere = [(measures.CONNECTED, f"cell {c}") for c in SCENARIO.cell_ids if c != 2]
    assert sum(now[k] for k in elsewhere) > sum(was[k] for k in elsewhere)
    drained = [e for e in after.events if e.source == 1 and e.cause is Cause.HANDOVER]
    assert drained
    assert all(e.at_ms <= 100.0 for e in drained)


def test_consumption_has_the_figures_of_the_power_model() -> None:
    """TR 38.864 clause 5.1, category 1: P3 = 55, P4 = 280, A = 0.4, 55 dBm; by hand."""
    scene = stage(profile((AT_REST, FullBuffer()), ues=60), 1.5)
    used = figures(simulate(scene, start(scene)))
    full = [c for c in SCENARIO.cell_ids if used[measures.PRB_USAGE, f"cell {c}"] == 100.0]
    assert full
    psd_share = 40.0 / 10.0 ** (55.0 / 10.0 - 3.0)
    for cell in full:
        power = used[measures.POWER, f"cell {cell}"]
        assert power == pytest.approx(55.0 + 225.0 * (0.4 + 0.6 * psd_share), rel=1e-4)
    idle = stage(profile((AT_REST, FileTransfer(file_mbyte=0.1, files_per_s=1e-6))), 1.5)
    ssb_time = 8 * 4 / (14 * 40)  # eight SSBs of four symbols in the 40 slots of 20 ms
    ssb_power = 225.0 * (0.4 + 0.6 * psd_share * 20 / 273)
    awake = figures(simulate(idle, start(idle)))[measures.POWER, "network"]
    assert awake == pytest.approx(55.0 + ssb_time * ssb_power, rel=1e-4)


def test_ues_of_a_locked_cell_lose_their_links_first() -> None:
    scene = stage(load_profile("contest"), 2.5)
    states = np.array(start(scene).administrative_state)
    states[1] = "LOCKED"
    record = simulate(scene, replace(start(scene), administrative_state=states))
    there = record.serving[0] == 1
    assert there.any()
    failed = {e.ue for e in record.events if e.cause is Cause.TOO_LATE and e.source == 1}
    assert failed == set(np.flatnonzero(there))
    assert not record.awake[:, 1].any()


def test_handovers_do_not_hang_on_what_is_carried() -> None:
    """They are measured on SSBs, so slices and traffic cannot move them."""
    light = stage(profile((BY_CAR, FileTransfer(file_mbyte=0.01, files_per_s=0.1))), 3.0)
    heavy = stage(profile((BY_CAR, FullBuffer())), 3.0)
    events = [simulate(s, start(s)).events for s in (light, heavy)]
    assert events[0]
    assert events[0] == events[1]


def test_beams_beat_the_sector_pattern_and_age_with_their_sweeps() -> None:
    def sinr_db(of: Profile) -> float:
        scene = stage(of, 1.5)
        return float(simulate(scene, start(scene)).sinr_db.mean())

    sector = profile((BY_CAR, FullBuffer()), ues=10)
    fresh, stale = (
        sector.model_copy(
            update={"antenna": BeamManagement(csi_rs_period_ms=ms, measurement_error_db=0.0)}
        )
        for ms in (20, 640)
    )
    assert sinr_db(fresh) > sinr_db(stale)
    assert sinr_db(stale) > sinr_db(sector) + 3.0


def test_the_slot_level_meets_its_block_error_target() -> None:
    scene = stage(profile((AT_REST, FullBuffer())), 2.0)
    record = simulate(scene, start(scene), slot_level=True)
    good = record.sinr_db.mean(0) > 3.0  # below, the tables have no MCS that is robust enough
    blocks, failed = record.blocks[100:, good].sum(), record.failed[100:, good].sum()
    assert failed / blocks == pytest.approx(0.1, abs=0.015)


def test_a_group_may_be_too_small_for_a_single_ue() -> None:
    of = profile((AT_REST, FullBuffer()), (BY_CAR, FullBuffer()), ues=3)
    shares = (0.9, 0.1)
    groups = tuple(
        g.model_copy(update={"share": s}) for g, s in zip(of.groups, shares, strict=True)
    )
    scene = stage(of.model_copy(update={"groups": groups}), 0.1)
    assert (scene.group_of == 0).all()
    assert {m.scope for m in measure(simulate(scene, start(scene)))} >= {"network", "group g0"}


def test_the_guide_lists_every_field_of_a_profile() -> None:
    """Stale? python -m twins.scenario_fields docs/guide/dynamics.md."""
    guide = Path(__file__).parents[2] / "docs" / "guide" / "dynamics.md"
    tables = guide.read_text(encoding="utf-8").partition(TABLES_FOLLOW)[2]
    assert tables == guide_table(Profile)


@pytest.mark.parametrize("mobility", [ON_FOOT, BY_CAR])
def test_levels_agree_on_full_buffers(mobility: Mobility) -> None:
    scene = stage(profile((mobility, FullBuffer())), 1.5)
    flow, slot = (
        figures(simulate(scene, start(scene), level))[measures.VOLUME, "network"]
        for level in (False, True)
    )
    assert 0.75 < slot / flow < 1.2


def test_a_map_without_streets_takes_static_ues_only() -> None:
    uma = load_scenario("uma")
    with pytest.raises(RanwrightError) as caught:
        set_stage(uma, load_profile("urban"), 0.1, 1)
    assert caught.value.code == "dynamics.no_streets"
    assert caught.value.exit_code is ExitCode.USAGE
    scene = set_stage(uma, profile((AT_REST, FullBuffer())), 0.1, 1)
    assert simulate(scene, start(scene)).queues.served.sum() > 0


def test_other_link_maps_will_do() -> None:
    scattered = link_map(SCENARIO)
    scene = set_stage(SCENARIO, profile((AT_REST, FullBuffer())), 0.1, 1, scattered)
    assert simulate(scene, start(scene)).queues.served.sum() > 0


def test_a_profile_with_mistakes_is_explained(tmp_path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\ndescription: x\nue_count: 10\nslices: [{name: all}]\n"
        "groups:\n"
        "  - {name: cars, share: 0.5, slice: gold, traffic: {kind: torrent},\n"
        "     mobility: {kind: vehicle, speed_kmh: [30, 50]}}\n",
        encoding="utf-8",
    )
    with pytest.raises(RanwrightError) as caught:
        load_profile(str(path))
    assert caught.value.code == "profile.malformed"
    assert "mine.yaml:6: groups[0].traffic.kind is 'torrent'" in caught.value.message
    assert "docs/guide/dynamics.md" in caught.value.remedy
    with pytest.raises(RanwrightError) as caught:
        load_profile("rural")
    assert caught.value.code == "profile.unknown"
    assert "urban" in caught.value.remedy


@pytest.mark.parametrize("name", ["urban", "crossing", "contest", "sweeping"])
def test_built_in_profiles(name: str) -> None:
    of = load_profile(name)
    assert of.name == name
    assert sum(of.group_sizes()) == of.ue_count
