import pytest
import torch

from contracts.errors import RanwrightError
from tests.twins.synthetic import link_map, scenario, snapshot
from twins.channel import candidate_points, rsrp_dbm
from twins.plant import Plant
from twins.plant.truth import draw_truth
from twins.runtime import derive_seed

SCENARIO = scenario()
LINKS = link_map(SCENARIO)


def test_equal_seeds_give_equal_plants_and_reports():
    first, second = (Plant(SCENARIO, 5, LINKS) for _ in range(2))
    assert torch.equal(first.truth.gain_db, second.truth.gain_db)
    assert first.observe(2) == second.observe(2)


def test_a_report_does_not_depend_on_what_was_observed_before():
    patient, hasty = Plant(SCENARIO, 5, LINKS), Plant(SCENARIO, 5, LINKS)
    assert hasty.observe(3)[2] == patient.model.report(patient.configuration, 2000, 1000)


def test_other_seeds_give_other_plants():
    first, second = (draw_truth(SCENARIO, LINKS, seed) for seed in (5, 6))
    assert not torch.equal(first.points, second.points)
    assert not torch.equal(first.clutter_db, second.clutter_db)


def test_the_hidden_seed_is_not_the_seed_of_the_twin():
    assert derive_seed("plant", "perturbations", 7) != derive_seed("twin", "networks", 7, 0)
    plain = torch.randn(9, generator=torch.Generator().manual_seed(7))
    truth = draw_truth(SCENARIO, LINKS, 7)
    assert not torch.allclose(truth.clutter_db, 2.0 * plain)


def test_perturbations_have_the_declared_spread():
    truths = [draw_truth(SCENARIO, LINKS, seed) for seed in range(40)]
    clutter = torch.stack([t.clutter_db for t in truths])
    tilt = torch.stack([t.tilt_error_deg for t in truths])
    assert clutter.std().item() == pytest.approx(2.0, rel=0.15)
    assert tilt.std().item() == pytest.approx(1.0, rel=0.15)
    one = truths[0]
    traced = LINKS.select(one.points).gain_db(
        torch.tensor([s.digital_tilt_decidegrees / 10.0 for s in SCENARIO.sectors])
        + one.tilt_error_deg
    )
    shadowing = one.gain_db - traced - one.clutter_db
    assert shadowing.std().item() == pytest.approx(4.0, rel=0.1)


def test_ues_stand_on_distinct_covered_points():
    points = draw_truth(SCENARIO, LINKS, 1).points
    assert points.unique().numel() == SCENARIO.ue_count
    assert torch.isin(points, candidate_points(SCENARIO, LINKS)).all()


def test_more_ues_than_points_share_points():
    crowded = SCENARIO.model_copy(update={"ue_count": 1000})
    assert draw_truth(crowded, LINKS, 1).points.numel() == 1000


def test_a_scenario_without_coverage_is_refused():
    dark = SCENARIO.model_copy(update={"ue_min_rsrp_dbm": 0.0})
    with pytest.raises(RanwrightError) as refused:
        Plant(dark, 1, LINKS)
    assert refused.value.code == "scenario.no_coverage"


def test_configuring_sets_absolute_values_and_shows_in_reports():
    plant = Plant(SCENARIO, 5, LINKS)
    before = snapshot(plant, plant.observe(5))
    plant.configure({1: 1262})
    plant.configure({1: 1262})
    after = snapshot(plant, plant.observe(5))
    assert after.resource_version == 2
    assert after.tx_power_mw == before.tx_power_mw | {1: 1262}
    loss_db = 10 * torch.log10(torch.tensor(40000.0 / 1262.0)).item()
    drops = [
        b.rsrp_dbm[1] - a.rsrp_dbm[1]
        for b, a in zip(before.ues, after.ues, strict=True)
        if 1 in a.rsrp_dbm and b.rsrp_dbm[1] > -90.0
    ]
    assert sum(drops) / len(drops) == pytest.approx(loss_db, abs=0.5)


def test_handover_keeps_its_hysteresis_over_configurations():
    plant = Plant(SCENARIO, 5, LINKS)
    start = torch.tensor(plant.configuration.serving)
    plant.configure(dict.fromkeys((1, 2, 3), 1262))
    moved = torch.tensor(plant.configuration.serving)
    assert (moved != start).any()
    powers = torch.tensor(plant.configuration.tx_power_mw, dtype=torch.float32)
    rsrp = rsrp_dbm(SCENARIO, plant.truth.gain_db, powers)
    own = rsrp.gather(1, moved.unsqueeze(1)).squeeze(1)
    assert (rsrp.amax(1) - own <= SCENARIO.radio.handover_offset_db + 1e-4).all()


def test_an_unknown_cell_is_refused():
    plant = Plant(SCENARIO, 5, LINKS)
    with pytest.raises(RanwrightError) as refused:
        plant.configure({99: 40000})
    assert refused.value.code == "control.unknown_cell"
    assert plant.configuration.resource_version == 0
