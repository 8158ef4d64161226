"""Tests of what the phase-1 curves are blind to: line of sight, shadowing, delay and angle spreads.

UEs of one drop are correlated, drops are not. So every quantity is averaged over a drop, and the
drops' averages are held against what TR 38.901 says by Student's t test.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import torch
from scipy.stats import ttest_1samp
from torch import Tensor

from contracts.calibration import LargeScaleTest
from twins.calibration.deployment import Deployment, Drop
from twins.calibration.transcription import Transcription
from twins.tr38901.large_scale import LinkState, Parameter

SIGNIFICANCE = 1e-3
"""Chance that a right twin fails any of the tests of one deployment (Bonferroni)."""

_LOS_BINS_M = (0.0, 60.0, 150.0, math.inf)
_NEIGHBOURS = 8
_LEAST_LINKS = 20
_ROUNDING = 1e-3


@dataclass(frozen=True)
class _Series:
    """Deviations from what is expected, one a drop."""

    name: str
    expected: float
    deviations: list[float]


def large_scale_tests(deployment: Deployment, drops: Sequence[Drop]) -> tuple[LargeScaleTest, ...]:
    """All tests of one deployment; each states what was expected and measured."""
    rows: dict[str, _Series] = {}
    for drop in drops:
        for name, expected, deviation in _quantities(deployment, drop):
            rows.setdefault(name, _Series(name, expected, [])).deviations.append(deviation)
    series = [row for row in rows.values() if len(row.deviations) > 1]
    return tuple(_judged(deployment.name, row, SIGNIFICANCE / len(series)) for row in series)


def _judged(deployment: str, row: _Series, level: float) -> LargeScaleTest:
    values = torch.tensor(row.deviations, dtype=torch.float64)
    mean = float(values.mean())
    if float(values.std()) < _ROUNDING:  # no spread that a t test could use: right or wrong
        p_value = float(abs(mean) < _ROUNDING)
    else:
        p_value = float(ttest_1samp(values.numpy(), 0.0).pvalue)
    return LargeScaleTest(
        deployment=deployment,
        name=row.name,
        expected=round(row.expected, 4),
        measured=round(row.expected + mean, 4),
        p_value=p_value,
        passed=p_value >= level,
    )


def _quantities(deployment: Deployment, drop: Drop) -> Iterator[tuple[str, float, float]]:
    """Name, expected value and deviation from it of everything that one drop shows."""
    yield from _placement(deployment, drop)
    yield from _line_of_sight(deployment, drop)
    yield from _path_loss(deployment, drop)
    values = drop.links.parameters(*Parameter)
    zsd_mean, zsd_deviation = _expected_zsd(deployment, drop)
    values[Parameter.ZSD] = (values[Parameter.ZSD] - zsd_mean) / zsd_deviation
    for state, chosen in drop.links.states().items():
        if int(chosen.sum()) < _LEAST_LINKS:
            continue
        told = Transcription(
            deployment.environment.name, state, deployment.environment.frequency_hz
        )
        standard = {p: (values[p] - told.mean(p)) / told.deviation(p) for p in told.parameters}
        yield from _moments(state, told, standard, chosen)
        yield from _correlations(state, told, standard, chosen, drop)


def _placement(deployment: Deployment, drop: Drop) -> Iterator[tuple[str, float, float]]:
    placement = drop.links.placement
    indoor = placement.indoor
    yield "indoor share", 0.8, float(indoor.double().mean()) - 0.8
    # floors: uniform on 1..N, N uniform on 4..8; so the mean floor is 3.5 and h = 3 (n - 1) + 1.5
    yield "indoor height m", 9.0, float(placement.height_m[indoor].double().mean()) - 9.0
    yield "outdoor height m", 1.5, float(placement.height_m[~indoor].double().mean()) - 1.5
    loss = placement.penetration_db[indoor].double()
    walls = [_wall_db(deployment.environment.frequency_hz, high) for high in (False, True)]
    # the lesser of two uniform distances up to 25 m is 25/3 m on average, at 0.5 dB/m
    mean = sum(walls) / 2.0 + 25.0 / 6.0
    inside = 0.25 * 25.0**2 / 18.0
    variance = ((walls[1] - walls[0]) / 2.0) ** 2 + (4.4**2 + 6.5**2) / 2.0 + inside
    yield "penetration mean dB", mean, float(loss.mean()) - mean
    yield "penetration variance dB2", variance, float((loss - mean).square().mean()) - variance


def _wall_db(frequency_hz: float, high_loss: bool) -> float:
    """TR 38.901 Tables 7.4.3-1 and 7.4.3-2, mean loss."""
    ghz = frequency_hz / 1e9
    concrete = 10.0 ** (-(5.0 + 4.0 * ghz) / 10.0)
    if high_loss:
        return 5.0 - 10.0 * math.log10(0.7 * 10.0 ** (-(23.0 + 0.3 * ghz) / 10.0) + 0.3 * concrete)
    return 5.0 - 10.0 * math.log10(0.3 * 10.0 ** (-(2.0 + 0.2 * ghz) / 10.0) + 0.7 * concrete)


def _line_of_sight(deployment: Deployment, drop: Drop) -> Iterator[tuple[str, float, float]]:
    links = drop.links
    distance = links.offset_m.norm(dim=-1)
    outdoor_leg = (distance - links.placement.indoor_distance_m).clamp(min=0.0)
    expected = _los_probability(
        deployment.environment.name, outdoor_leg, links.placement.height_m
    ).double()
    for low, high in pairwise(_LOS_BINS_M):
        chosen = (outdoor_leg >= low) & (outdoor_leg < high)
        if int(chosen.sum()) >= _LEAST_LINKS:
            share = float(expected[chosen].mean())
            seen = float(links.los[chosen].double().mean())
            yield f"LOS share {low:g}-{high:g} m", share, seen - share


def _los_probability(environment: str, distance_m: Tensor, height_m: Tensor) -> Tensor:
    """TR 38.901 Table 7.4.2-1, written down a second time."""
    reach_m = 63.0 if environment == "UMa" else 36.0
    d = distance_m.double()
    near = 18.0 / d
    probability = near + (1.0 - near) * torch.exp(-d / reach_m)
    if environment == "UMa":
        height = ((height_m.double() - 13.0).clamp(min=0.0) / 10.0) ** 1.5
        probability *= 1.0 + height * (5.0 / 4.0) * (d / 100.0) ** 3 * torch.exp(-d / 150.0)
    return torch.where(d <= 18.0, 1.0, probability.clamp(max=1.0))


def _path_loss(deployment: Deployment, drop: Drop) -> Iterator[tuple[str, float, float]]:
    """Path loss with the largest departure, where the environment's height is known: up to 13 m.

    For higher UEs of UMa, whose environment has a height of its own, that of the mean is held
    against the mean over the heights that it may have.
    """
    links = drop.links
    height, flat = links.placement.height_m.double(), links.offset_m.norm(dim=-1).double()
    told = Transcription.path_loss_db
    at = (deployment.environment.name, flat, height, deployment.site_height_m)
    ghz = deployment.environment.frequency_hz / 1e9
    seen, hidden = told(*at, ghz, torch.ones(()))
    low = (height <= 13.0).expand_as(links.los)
    for state, expected in (("LOS", seen), ("NLOS", hidden)):
        chosen = low & (links.los if state == "LOS" else ~links.los)
        if int(chosen.sum()) >= _LEAST_LINKS:
            off = (links.path_loss_db.double() - expected)[chosen]
            mean = float(expected[chosen].mean())
            yield f"{state} path loss dB", mean, float(off[off.abs().argmax()])
    high = links.los & ~low
    if deployment.environment.name == "UMa" and int(high.sum()) >= _LEAST_LINKS:
        expected = _mean_over_environments(at, ghz, flat, height)
        mean = float(expected[high].mean())
        off = (links.path_loss_db.double() - expected)[high]
        yield "LOS path loss of high UEs dB", mean, float(off.mean())


def _mean_over_environments(
    at: tuple[str, Tensor, Tensor, float], ghz: float, flat: Tensor, height: Tensor
) -> Tensor:
    """TR 38.901 Table 7.4.1-1, note 1: 1 m, or one of 12, 15, ..., h - 1.5 m."""
    g = (5.0 / 4.0) * (flat / 100.0) ** 3 * torch.exp(-flat / 150.0)
    c = ((height - 13.0).clamp(min=0.0) / 10.0) ** 1.5 * torch.where(flat <= 18.0, 0.0, g)
    raised, count = torch.zeros_like(flat), torch.zeros_like(flat)
    for candidate_m in (12.0, 15.0, 18.0, 21.0):
        allowed = (height >= candidate_m + 1.5).expand_as(flat)
        loss = Transcription.path_loss_db(*at, ghz, torch.tensor(candidate_m))[0]
        raised += torch.where(allowed, loss, 0.0)
        count += allowed
    plain = Transcription.path_loss_db(*at, ghz, torch.ones(()))[0]
    return torch.where(count > 0, (plain + c * raised / count.clamp(min=1.0)) / (1.0 + c), plain)


def _expected_zsd(deployment: Deployment, drop: Drop) -> tuple[Tensor, Tensor]:
    """Mean and deviation, TR 38.901 Tables 7.5-7 and 7.5-8, by the outdoor leg."""
    links = drop.links
    km = links.offset_m.norm(dim=-1) / 1000.0
    height = links.placement.height_m
    if deployment.environment.name == "UMa":
        seen = 0.75 - 2.1 * km - 0.01 * (height - 1.5)
        hidden = 0.9 - 2.1 * km - 0.01 * (height - 1.5)
        mean = torch.where(links.los, seen, hidden).clamp(min=-0.5)
        return mean, torch.where(links.los, 0.40, 0.49)
    seen = (0.83 - 14.8 * km + 0.01 * (height - deployment.site_height_m).abs()).clamp(min=-0.21)
    raised = (height - deployment.site_height_m).clamp(min=0.0)
    hidden = (0.2 - 3.1 * km + 0.01 * raised).clamp(min=-0.5)
    return torch.where(links.los, seen, hidden), torch.full_like(seen, 0.35)


def _moments(
    state: LinkState, told: Transcription, standard: dict[Parameter, Tensor], chosen: Tensor
) -> Iterator[tuple[str, float, float]]:
    for parameter, values in standard.items():
        z = values[chosen].double()
        mean, deviation = told.mean(parameter), told.deviation(parameter)
        yield f"{state} {parameter} mean", mean, deviation * float(z.mean())
        # in standard deviations squared; near 1 half of its excess is that of the deviation
        excess = 0.5 * (float(z.square().mean()) - 1.0)
        yield f"{state} {parameter} deviation", deviation, deviation * excess


def _correlations(
    state: LinkState,
    told: Transcription,
    standard: dict[Parameter, Tensor],
    chosen: Tensor,
    drop: Drop,
) -> Iterator[tuple[str, float, float]]:
    for first, second in combinations(standard, 2):
        product = (standard[first][chosen] * standard[second][chosen]).double()
        expected = told.correlation(first, second)
        yield f"{state} {first}-{second}", expected, float(product.mean()) - expected
    yield from _over_the_ground(state, told, standard, chosen, drop)


def _over_the_ground(
    state: LinkState,
    told: Transcription,
    standard: dict[Parameter, Tensor],
    chosen: Tensor,
    drop: Drop,
) -> Iterator[tuple[str, float, float]]:
    """Correlation of neighbouring UEs of a site.

    Step 4 mixes fields of different reach, so a parameter falls off as a mixture of exponentials.
    """
    site, one, other = _neighbours(chosen, drop)
    if len(site) < _LEAST_LINKS:
        return
    gap = (drop.links.points_m[one] - drop.links.points_m[other]).norm(dim=-1).double()
    reach_m = torch.tensor([told.correlation_m(p) for p in standard], dtype=torch.float64)
    falls = torch.exp(-gap.unsqueeze(1) / reach_m)
    among = [[1.0 if a is b else told.correlation(a, b) for b in standard] for a in standard]
    mix = torch.linalg.cholesky(torch.tensor(among, dtype=torch.float64))
    for row, (parameter, values) in enumerate(standard.items()):
        expected = falls @ mix[row].square()
        product = (values[site, one] * values[site, other]).double()
        usual = round(float(expected.mean()), 2)
        yield f"{state} {parameter} of neighbours", usual, float((product - expected).mean())


def _neighbours(chosen: Tensor, drop: Drop) -> tuple[Tensor, Tensor, Tensor]:
    """Site and pair of UEs of one floor in the state, from each UE and its nearest few."""
    points = drop.links.points_m
    distance = torch.cdist(points, points)
    distance.fill_diagonal_(math.inf)
    nearest = distance.topk(_NEIGHBOURS, largest=False).indices
    one = torch.arange(len(points)).unsqueeze(1).expand_as(nearest).reshape(-1)
    other = nearest.reshape(-1)
    height = drop.links.placement.height_m
    both = chosen[:, one] & chosen[:, other] & (height[one] == height[other])
    site, pair = torch.nonzero(both, as_tuple=True)
    return site, one[pair], other[pair]
