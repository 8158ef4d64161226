"""Field calibration: what the reports tell of each cell's clutter loss, tilt error and load.

Clutter shifts all links of a cell alike, tilt shifts them by their elevation. Given positions drawn
from the fingerprint, both follow on a grid from every link of the cell: Gaussian likelihood of a
reported one, probability of staying below the detection floor for one that is not (a censored
regression after Tobin, Econometrica 26, 1958). Without the second, reported links alone would make
every cell look stronger than it is, since the weak ones are those that go unreported.

Where a cell's UEs are seen under much the same elevation only the sum of clutter and tilt is known.
Each interval holds that doubt, and the correlation says where it comes from.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.canonical import Contract
from contracts.network import NetworkSnapshot
from twins.channel import LinkMap, load_link_map
from twins.conditioning import CellEvidence, Posterior
from twins.runtime import seeded
from twins.scenario import Scenario

_POSITIONS = 64
_DRAWS_EACH = 16
_INTERVAL = (0.05, 0.95)
_GRID_CLUTTER = torch.linspace(-4.0, 4.0, 33)
_GRID_TILT = torch.linspace(-3.5, 3.5, 15)
"""Nodes in standard deviations of the prior; draws spread evenly between them."""
_LEAST_PROBABILITY = 1e-30


@dataclass(frozen=True)
class Perturbations:
    """N draws of what differs from the scenario's maps.

    Attributes:
        points: [N, U] index of each UE's point in the link map.
        clutter_db: [N, C] added to all links of a cell; a loss is negative.
        tilt_error_deg: [N, C] down positive.
    """

    points: Tensor
    clutter_db: Tensor
    tilt_error_deg: Tensor


class Estimate(Contract):
    """Posterior mean and central 90 % interval."""

    mean: float
    low: float
    high: float


class CellEstimate(Contract):
    """Hidden perturbations of one cell.

    ``correlation`` is that of clutter loss and tilt error: near -1 or 1 the reports tell the two
    apart badly.
    """

    cell_id: int
    clutter_loss_db: Estimate
    tilt_error_deg: Estimate
    activity: Estimate
    correlation: float


def estimate_cells(
    scenario: Scenario, snapshot: NetworkSnapshot, links: LinkMap | None = None, seed: int = 1
) -> tuple[CellEstimate, ...]:
    """Estimate the perturbations of all cells from one snapshot, in order of ``cell_id``.

    Args:
        scenario: the scenario the snapshot was taken on.
        snapshot: averaged KPM reports; nothing else is read.
        links: link gains; default: the scenario's.
        seed: of the draws.

    Raises:
        RanwrightError: as :class:`twins.conditioning.Posterior`.
    """
    posterior = Posterior(scenario, links or load_link_map(scenario), snapshot)
    drawn = draw_perturbations(scenario, posterior, _POSITIONS, _DRAWS_EACH, seed)
    loss, tilt = -drawn.clutter_db, drawn.tilt_error_deg
    activity = posterior.activity.sample_cells(len(loss), seeded("field", "activity", seed))
    return tuple(
        CellEstimate(
            cell_id=cell_id,
            clutter_loss_db=_estimate(loss[:, c]),
            tilt_error_deg=_estimate(tilt[:, c]),
            activity=_estimate(activity[:, c]),
            correlation=_correlation(loss[:, c], tilt[:, c]),
        )
        for c, cell_id in enumerate(scenario.cell_ids)
    )


def draw_perturbations(
    scenario: Scenario, posterior: Posterior, positions: int, draws_each: int, seed: int
) -> Perturbations:
    """Draw ``positions`` of the UEs, and clutter and tilt ``draws_each`` times for each."""
    generator = seeded("field", "cells", seed)
    evidence = posterior.cell_evidence(positions, generator)
    unknown = scenario.uncertainty
    clutter, tilt = (g.flatten() for g in torch.meshgrid(_GRID_CLUTTER, _GRID_TILT, indexing="ij"))
    weights = torch.stack(
        [_weights(evidence, k, unknown.clutter_loss_db * clutter, tilt) for k in range(positions)]
    )
    cells = weights.shape[1]
    node = torch.multinomial(weights.flatten(0, 1), draws_each, True, generator=generator)
    node = node.reshape(positions, cells, draws_each).transpose(1, 2).flatten(0, 1)
    jitter = torch.rand(2, *node.shape, generator=generator) - 0.5
    step_clutter, step_tilt = (float(g[1] - g[0]) for g in (_GRID_CLUTTER, _GRID_TILT))
    return Perturbations(
        points=evidence.points.repeat_interleave(draws_each, 0),
        clutter_db=unknown.clutter_loss_db * (clutter[node] + step_clutter * jitter[0]),
        tilt_error_deg=unknown.tilt_error_deg * (tilt[node] + step_tilt * jitter[1]),
    )


def _weights(evidence: CellEvidence, k: int, clutter_db: Tensor, tilt: Tensor) -> Tensor:
    """[C, G] posterior of the grid's nodes for the ``k``-th positions; tilt in deviations."""
    slope, deviation = evidence.slope_db[k].unsqueeze(-1), evidence.deviation_db.unsqueeze(-1)
    shift = clutter_db + slope * tilt
    heard = -0.5 * ((evidence.residual_db[k].unsqueeze(-1) - shift) / deviation).square()
    silent = torch.special.ndtr((evidence.headroom_db[k].unsqueeze(-1) - shift) / deviation)
    likelihood = torch.where(
        evidence.reported.unsqueeze(-1), heard, silent.clamp_min(_LEAST_PROBABILITY).log()
    )
    spread = _GRID_CLUTTER.repeat_interleave(len(_GRID_TILT))
    return torch.softmax(likelihood.sum(0) - 0.5 * (spread.square() + tilt.square()), -1)


def _estimate(draws: Tensor) -> Estimate:
    low, high = draws.double().quantile(torch.tensor(_INTERVAL, dtype=torch.float64)).tolist()
    return Estimate(mean=float(draws.double().mean()), low=low, high=high)


def _correlation(first: Tensor, second: Tensor) -> float:
    """0 where one of the two does not vary."""
    return float(torch.corrcoef(torch.stack([first, second]).double())[0, 1].nan_to_num())
