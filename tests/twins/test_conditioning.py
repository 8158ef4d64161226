import pytest
import torch

from contracts.errors import RanwrightError
from tests.twins.synthetic import link_map, scenario, snapshot
from twins.activity import ActivityPosterior
from twins.channel import candidate_points, load_link_map
from twins.conditioning import Posterior
from twins.plant import Plant
from twins.scenario import load_scenario

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
PLANT_SEEDS = range(8)


def draws(posterior: Posterior, n: int = 300, seed: int = 4):
    return posterior.sample(n, torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def conditioned():
    """Plants, their snapshots, and the twins conditioned on them."""
    made = []
    for seed in PLANT_SEEDS:
        plant = Plant(SCENARIO, seed, LINKS)
        taken = snapshot(plant, plant.observe(10))
        made.append((plant, taken, Posterior(SCENARIO, LINKS, taken)))
    return made


def reported_in(taken) -> torch.Tensor:
    return torch.tensor([[c in ue.rsrp_dbm for c in taken.cell_ids] for ue in taken.ues])


def test_true_gains_lie_in_the_90_percent_intervals_about_90_percent_of_the_time(conditioned):
    reported, unreported = [], []
    for plant, taken, posterior in conditioned:
        gain = draws(posterior).gain_db
        low, high = gain.quantile(0.05, 0), gain.quantile(0.95, 0)
        inside = (low <= plant.truth.gain_db) & (plant.truth.gain_db <= high)
        mask = reported_in(taken)
        reported.append(inside[mask])
        unreported.append(inside[~mask])
    assert 0.86 <= torch.cat(reported).float().mean().item() <= 0.94
    assert 0.80 <= torch.cat(unreported).float().mean().item() <= 0.97


def test_reported_links_are_tight_and_unbiased(conditioned):
    for plant, taken, posterior in conditioned[:3]:
        gain = draws(posterior).gain_db
        mask = reported_in(taken)
        error = (gain.mean(0) - plant.truth.gain_db)[mask]
        assert gain.std(0)[mask].median() < 0.5
        assert abs(error.median().item()) < 0.1


def test_unreported_links_stay_below_the_detection_floor(conditioned):
    _, taken, posterior = conditioned[0]
    gain = draws(posterior).gain_db
    sent_dbm = 10 * torch.log10(torch.tensor(40000.0 / (12 * 273)))
    assert (gain + sent_dbm)[:, ~reported_in(taken)].max() <= -80.0
    for u, ue in enumerate(taken.ues):
        floor = max(-125.0, max(ue.rsrp_dbm.values()) - 30.0)
        silent = [i for i, c in enumerate(taken.cell_ids) if c not in ue.rsrp_dbm]
        assert (gain[:, u, silent] + sent_dbm <= floor + 1e-3).all()


def test_fingerprints_find_the_neighbourhood(conditioned):
    plant, _, posterior = conditioned[0]
    positions = LINKS.point_positions_m
    candidates = candidate_points(SCENARIO, LINKS)
    expected = torch.einsum(
        "uk,ukx->ux", posterior.point_weights, positions[candidates[posterior.points]]
    )
    error = (expected - positions[plant.truth.points]).norm(dim=-1)
    spread = (positions - positions.mean(0)).norm(dim=-1).mean()
    assert error.median() < spread / 3


def test_draws_are_equal_for_equal_seeds_only(conditioned):
    _, _, posterior = conditioned[0]
    first, second = draws(posterior, 8), draws(posterior, 8)
    assert torch.equal(first.gain_db, second.gain_db)
    assert torch.equal(first.activity, second.activity)
    assert not torch.equal(first.gain_db, draws(posterior, 8, seed=5).gain_db)


def test_a_statistical_scenario_is_conditioned_by_the_same_code():
    """Many of its links are near the detection floor or weaker than the nine that are reported."""
    uma = load_scenario("uma").model_copy(update={"ue_count": 60})
    links = load_link_map(uma)
    plant = Plant(uma, 1, links)
    taken = snapshot(plant, plant.observe(300, 200))
    gain = draws(Posterior(uma, links, taken), 200).gain_db
    off = (gain.mean(0) - plant.truth.gain_db) / gain.std(0)
    assert off[reported_in(taken)].abs().max() < 5.0
    inside = (gain.quantile(0.05, 0) <= plant.truth.gain_db) & (
        plant.truth.gain_db <= gain.quantile(0.95, 0)
    )
    assert 0.86 <= inside.float().mean().item() <= 0.94


def test_a_perfect_model_and_no_error_leave_no_doubt():
    certain = SCENARIO.model_copy(
        update={
            "uncertainty": SCENARIO.uncertainty.model_copy(
                update={
                    "clutter_loss_db": 0.0,
                    "shadowing_db": 0.0,
                    "tilt_error_deg": 0.0,
                    "activity": 0.0,
                }
            )
        }
    )
    plant = Plant(certain, 3, LINKS)
    taken = snapshot(plant, plant.observe(10))
    drawn = draws(Posterior(certain, LINKS, taken), 20)
    mask = reported_in(taken)
    assert (drawn.gain_db.mean(0) - plant.truth.gain_db)[mask].abs().median() < 0.05
    assert (drawn.activity - certain.traffic.activity).abs().max() < 0.01


def test_the_time_with_data_informs_about_traffic():
    plant = Plant(SCENARIO, 1, LINKS)
    taken = snapshot(plant, plant.observe(10))
    wide = SCENARIO.model_copy(
        update={"uncertainty": SCENARIO.uncertainty.model_copy(update={"activity": 0.3})}
    )
    quiet = taken.ues[0].model_copy(update={"dl_active_time_ms": 0.3 * taken.window_ms})
    lonely = taken.model_copy(update={"ues": (quiet,)})
    activity = ActivityPosterior(wide, lonely).sample(500, torch.Generator().manual_seed(0))
    assert activity.mean().item() == pytest.approx(0.31, abs=0.03)


def test_the_activity_of_a_cell_is_known_to_within_its_counting_error(conditioned):
    """Also after handovers, which mix UEs of different activities."""
    off = []
    for seed in PLANT_SEEDS:
        plant = Plant(SCENARIO, seed, LINKS)
        plant.configure({1: 10048, 5: 10048, 9: 10048})
        taken = snapshot(plant, plant.observe(50, 200))
        drawn = ActivityPosterior(SCENARIO, taken).sample(300, torch.Generator().manual_seed(0))
        for cell in taken.cell_ids:
            members = [u for u, ue in enumerate(taken.ues) if ue.serving_cell == cell]
            if members:
                mean = drawn[:, members].mean(-1).double()
                truth = plant.model.truth.activity[members].mean()
                off.append((mean.mean() - truth) / mean.std())
    assert torch.stack(off).square().mean().sqrt().item() == pytest.approx(1.0, abs=0.3)


def test_a_snapshot_of_other_cells_is_refused(conditioned):
    _, taken, _ = conditioned[0]
    other = taken.model_copy(update={"cells": taken.cells[:-1]})
    with pytest.raises(RanwrightError) as refused:
        Posterior(SCENARIO, LINKS, other)
    assert refused.value.code == "twin.cells_differ"
