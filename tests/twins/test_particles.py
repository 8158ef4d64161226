"""Importance resampling: what a UE was seen to receive sharpens what the twin says of it."""

import math
from dataclasses import replace

import pytest
import torch

from tests.twins.synthetic import link_map, scenario, snapshot
from twins.conditioning import Posterior
from twins.flow import FlowModel, FlowResult
from twins.particles import Particles
from twins.plant import Plant

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
PLANT_SEEDS = range(6)
PARTICLES = 96
HALF_MS = 5_000
POWER_MW = torch.full((1, len(SCENARIO.cell_ids)), 40_000.0)


def simulate(draw, serving, seed: int, window_ms: int = HALF_MS) -> FlowResult:
    return FlowModel(SCENARIO).run(
        draw.gain_db,
        draw.fading_m,
        serving,
        POWER_MW,
        draw.activity,
        window_ms // 100,
        torch.Generator().manual_seed(seed),
    )


@pytest.fixture(scope="module")
def cases():
    """Snapshots of 20 s, networks of the RSRP posterior, two windows of each, and the truth."""
    made = []
    for seed in PLANT_SEEDS:
        plant = Plant(SCENARIO, seed, LINKS)
        taken = snapshot(plant, plant.observe(100, 200))
        posterior = Posterior(SCENARIO, LINKS, taken)
        draw = posterior.sample(PARTICLES, torch.Generator().manual_seed(1))
        ids = SCENARIO.cell_ids
        serving = torch.tensor([[ids.index(ue.serving_cell) for ue in taken.ues]])
        halves = simulate(draw, serving, 2), simulate(draw, serving, 3)
        made.append((plant, taken, posterior, draw, serving, halves))
    return made


def test_rates_of_a_later_window_are_predicted_better_and_honestly(cases):
    plain, weighed, inside = [], [], []
    for plant, taken, posterior, draw, serving, halves in cases:
        particles = Particles.weigh(draw, *halves, HALF_MS, taken)
        generator = torch.Generator().manual_seed(4)
        gain_db, fading_m = particles.sample(64, generator)
        resampled = replace(
            draw,
            gain_db=gain_db,
            fading_m=fading_m,
            activity=posterior.activity.sample(64, generator),
        )
        later = snapshot(plant, plant.observe(100, 200))
        measured = torch.tensor([ue.throughput_mbps for ue in later.ues]).log()
        before = torch.cat([h.throughput_mbps() for h in halves]).log()
        after = simulate(resampled, serving, 5, later.window_ms).throughput_mbps().log()
        plain.append(before.mean(0) - measured)
        weighed.append(after.mean(0) - measured)
        inside.append((after.quantile(0.05, 0) <= measured) & (measured <= after.quantile(0.95, 0)))
    error = torch.cat(weighed).square().mean().sqrt()
    assert error < 0.7 * torch.cat(plain).square().mean().sqrt()
    assert 0.82 <= torch.cat(inside).float().mean().item() <= 0.97


def test_weights_are_a_distribution_in_which_enough_particles_count(cases):
    _, taken, _, draw, _, halves = cases[0]
    absurd = taken.model_copy(
        update={"ues": tuple(ue.model_copy(update={"sinr_db": 39.0}) for ue in taken.ues)}
    )
    for seen in (taken, absurd):
        cumulative = Particles.weigh(draw, *halves, HALF_MS, seen).cumulative
        weights = cumulative.diff(dim=-1, prepend=torch.zeros(len(taken.ues), 1))
        assert torch.allclose(cumulative[:, -1], torch.ones(len(taken.ues)).double())
        assert (weights.square().sum(-1).reciprocal() >= 15.9).all()


def test_ues_that_were_never_active_are_judged_by_their_sinr_alone(cases):
    _, taken, _, draw, _, halves = cases[0]
    silent = [ue.model_copy(update={"throughput_mbps": None}) for ue in taken.ues]
    seen = taken.model_copy(update={"ues": tuple(silent)})
    cumulative = Particles.weigh(draw, *halves, HALF_MS, seen).cumulative
    first, second = (w.sinr_db.double() for w in halves)
    noise = (first - second).square().mean(0) / 2.0
    of_a_report = noise * HALF_MS * taken.reports / taken.window_ms
    rounding = 0.5 / math.pi * torch.exp(-2.0 * (math.pi / 0.5) ** 2 * of_a_report)
    variance = noise * (0.5 + HALF_MS / taken.window_ms) + 0.02**2 + rounding.square() / 2.0
    off = torch.tensor([ue.sinr_db for ue in silent]) - (first + second) / 2.0
    alone = torch.softmax(-0.5 * off.square() / variance, 0).T
    unflattened = alone.square().sum(-1).reciprocal() >= 16.0
    assert unflattened.sum() > 50
    assert torch.allclose(cumulative[unflattened], alone[unflattened].cumsum(-1), atol=1e-5)


def test_draws_are_equal_for_equal_seeds_only(cases):
    _, taken, _, draw, _, halves = cases[0]
    particles = Particles.weigh(draw, *halves, HALF_MS, taken)
    first, again, other = (
        particles.sample(8, torch.Generator().manual_seed(s))[0] for s in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_smoothing_keeps_means_and_deviations_and_leaves_unreported_links_alone(cases):
    _, taken, _, draw, _, halves = cases[0]
    particles = Particles.weigh(draw, *halves, HALF_MS, taken)
    weights = particles.cumulative.diff(dim=-1, prepend=torch.zeros(len(taken.ues), 1)).float()
    mean = torch.einsum("up,puc->uc", weights, draw.gain_db)
    spread = torch.einsum("up,puc->uc", weights, (draw.gain_db - mean).square()).sqrt()
    gain_db, _ = particles.sample(4000, torch.Generator().manual_seed(6))
    off = (gain_db.mean(0) - mean) / spread
    ratio = gain_db.std(0) / spread
    assert off[particles.reported].abs().max() < 0.1
    assert ratio[particles.reported].sub(1.0).abs().max() < 0.1
    u, c = (~particles.reported).nonzero()[0].tolist()
    assert set(gain_db[:, u, c].tolist()) <= set(draw.gain_db[:, u, c].tolist())
    u, c = particles.reported.nonzero()[0].tolist()
    assert not set(gain_db[:, u, c].tolist()) <= set(draw.gain_db[:, u, c].tolist())
