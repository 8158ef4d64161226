"""The twin conditioned on a snapshot: where its UEs may stand, and how strong their links may be.

The only input is what the reports say. Three steps, each a textbook Gaussian one:

1. *Fingerprint.* For each UE, a posterior over the street points from its RSRP vector: Gaussian
   likelihood for reported cells, probability of staying below the detection floor for the others.
2. *Cells.* Given drawn points, clutter loss and tilt error of each cell by Bayesian linear
   regression of the residuals of all UEs that report it.
3. *Links.* Reported links: prior (trace, clutter, tilt, shadowing) and measurement weighted by
   their precisions. Unreported links: the prior, truncated at the detection floor.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from twins.activity import ActivityPosterior
from twins.channel import LinkMap, candidate_points, rsrp_dbm
from twins.reports import reading_deviation_db
from twins.scenario import Scenario

_POINTS_KEPT = 128
_UES_AT_ONCE = 64
_FINGERPRINT_ROUNDS = 3
_LEAST_VARIANCE = 1e-6
_LEAST_PROBABILITY = 1e-30


@dataclass(frozen=True)
class Draw:
    """Networks drawn from the posterior.

    Attributes:
        gain_db: [N, U, C].
        fading_m: [N, U, C] Nakagami m.
        activity: [N, U] probability of having data in a step.
    """

    gain_db: Tensor
    fading_m: Tensor
    activity: Tensor


@dataclass(frozen=True)
class CellEvidence:
    """What each link says of its cell, for N draws of the positions.

    Attributes:
        points: [N, U] index of each UE's point in the link map.
        residual_db: [N, U, C] measured gain less the map's; meaningless where not reported.
        headroom_db: [N, U, C] what the map's gain may gain before the cell is reported.
        slope_db: [N, U, C] change of the gain per standard deviation of the tilt error.
        reported: [U, C] bool.
        deviation_db: [U, C] of a link's measured gain about the map's: shadowing and reading.
    """

    points: Tensor
    residual_db: Tensor
    headroom_db: Tensor
    slope_db: Tensor
    reported: Tensor
    deviation_db: Tensor


class Posterior:
    """Networks that fit a snapshot. UEs are in order of ``ue_id``, cells in order of ``cell_id``.

    Raises:
        RanwrightError: ``twin.cells_differ`` when the snapshot's cells are not the scenario's.
    """

    def __init__(self, scenario: Scenario, links: LinkMap, snapshot: NetworkSnapshot) -> None:
        if snapshot.cell_ids != scenario.cell_ids:
            raise RanwrightError(
                "twin.cells_differ",
                f"The snapshot holds cells {snapshot.cell_ids}, {scenario.name} has others.",
                "Take the snapshot on the scenario of this twin.",
            )
        unknown = scenario.uncertainty
        self._clutter_variance = max(unknown.clutter_loss_db**2, _LEAST_VARIANCE)
        self._shadowing_variance = max(unknown.shadowing_db**2, _LEAST_VARIANCE)
        self._evidence = _Evidence.of(scenario, snapshot)
        self.activity = ActivityPosterior(scenario, snapshot)
        self._candidates = candidate_points(scenario, links)
        points = links.select(self._candidates)
        self._gain, self._slope = _tilt_expansion(scenario, points)
        self._severity = points.fading_severity()
        self.point_weights, self.points = self._fingerprint()
        self._cumulative = self.point_weights.cumsum(-1)

    def sample(self, n: int, generator: torch.Generator) -> Draw:
        """Draw ``n`` networks."""
        evidence = self._evidence
        at = self._draw_points(n, generator)
        gain, slope = self._gain[at], self._slope[at]
        clutter, tilt = self._draw_cells(evidence.gain_db - gain, slope, generator)
        prior = gain + clutter.unsqueeze(1) + slope * tilt.unsqueeze(1)
        heard = self._draw_reported(prior, generator)
        unheard = self._draw_unreported(prior, generator)
        return Draw(
            gain_db=torch.where(evidence.reported, heard, unheard),
            fading_m=self._severity[at],
            activity=self.activity.sample(n, generator),
        )

    def cell_evidence(self, n: int, generator: torch.Generator) -> CellEvidence:
        """Draw ``n`` positions of every UE and compare its links with the map there."""
        evidence, at = self._evidence, self._draw_points(n, generator)
        reading = torch.where(evidence.reported, evidence.deviation_db, 0.0)
        return CellEvidence(
            points=self._candidates[at],
            residual_db=evidence.gain_db - self._gain[at],
            headroom_db=evidence.ceiling_db - self._gain[at],
            slope_db=self._slope[at],
            reported=evidence.reported,
            deviation_db=(self._shadowing_variance + reading.square()).sqrt(),
        )

    def strain(self) -> dict[str, float]:
        """How far the reported links stretch the uncertainty model: mean squares by variances.

        ``clutter`` is of the cells' expected clutter; ``shadowing`` of what is then left of each
        reported link.
        """
        evidence = self._evidence
        shift, _ = self._estimate_clutter(self.point_weights, self.points)
        expected = torch.einsum("uk,ukc->uc", self.point_weights, self._gain[self.points])
        left = evidence.gain_db - expected - shift
        variance = self._shadowing_variance + evidence.deviation_db.square()
        return {
            "clutter": float(shift.square().mean() / self._clutter_variance),
            "shadowing": float((left.square() / variance)[evidence.reported].mean()),
        }

    def _fingerprint(self) -> tuple[Tensor, Tensor]:
        """Weights [U, K] and indices [U, K] of each UE's likeliest points.

        Clutter is common to all links of a cell, so it is estimated on the way: residuals under
        the present weights shift the map, and the rounds after that rely on it more.
        """
        cells = self._gain.shape[1]
        shift, spread = torch.zeros(cells), torch.full((cells,), self._clutter_variance)
        for _ in range(_FINGERPRINT_ROUNDS):
            weights, points = self._weigh_points(shift, spread)
            shift, spread = self._estimate_clutter(weights, points)
        return weights, points

    def _weigh_points(self, shift: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
        evidence = self._evidence
        variance = spread + self._shadowing_variance + self._slope.square()
        kept = min(_POINTS_KEPT, self._gain.shape[0])
        weights, points = [], []
        for start in range(0, evidence.gain_db.shape[0], _UES_AT_ONCE):
            rows = slice(start, start + _UES_AT_ONCE)
            total = variance + evidence.deviation_db[rows, None].square()
            deviation = total.sqrt()
            reported = (evidence.gain_db[rows, None] - self._gain - shift) / deviation
            silent = (evidence.ceiling_db[rows, None] - self._gain - shift) / deviation
            log_weight = torch.where(
                evidence.reported[rows, None],
                -0.5 * reported.square() - 0.5 * total.log(),
                torch.special.ndtr(silent).clamp_min(_LEAST_PROBABILITY).log(),
            ).sum(-1)
            best, index = log_weight.topk(kept, -1)
            weights.append(torch.softmax(best, -1))
            points.append(index)
        return torch.cat(weights), torch.cat(points)

    def _estimate_clutter(self, weights: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and variance [C] of the clutter, from the expected residuals."""
        evidence = self._evidence
        expected = torch.einsum("uk,ukc->uc", weights, self._gain[points])
        residual = torch.where(evidence.reported, evidence.gain_db - expected, 0.0).sum(0)
        count = evidence.reported.sum(0)
        precision = 1.0 / self._clutter_variance + count / self._shadowing_variance
        return residual / self._shadowing_variance / precision, 1.0 / precision

    def _draw_points(self, n: int, generator: torch.Generator) -> Tensor:
        """[n, U] indices into the candidate points."""
        uniform = torch.rand(self.points.shape[0], n, generator=generator)
        position = torch.searchsorted(self._cumulative, uniform, right=True)
        return self.points.gather(1, position.clamp(max=self.points.shape[1] - 1)).T

    def _draw_cells(
        self, residual: Tensor, slope: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Clutter in dB and tilt error in standard deviations, each [n, C].

        Two unknowns a cell, so the normal equations are solved in closed form.
        """
        reported, noise = self._evidence.reported, self._shadowing_variance
        weight = reported / (noise + self._evidence.deviation_db.square())
        residual = torch.where(reported, residual, 0.0)
        a11 = 1.0 / self._clutter_variance + weight.sum(0)
        a12 = (slope * weight).sum(1)
        a22 = 1.0 + (slope.square() * weight).sum(1)
        b1, b2 = (residual * weight).sum(1), (residual * slope * weight).sum(1)
        determinant = a11 * a22 - a12.square()
        tilt_mean = (a11 * b2 - a12 * b1) / determinant
        tilt_deviation = (a11 / determinant).sqrt()
        tilt = tilt_mean + tilt_deviation * torch.randn(b1.shape, generator=generator)
        clutter = (b1 - a12 * tilt) / a11
        return clutter + torch.randn(b1.shape, generator=generator) / a11.sqrt(), tilt

    def _draw_reported(self, prior: Tensor, generator: torch.Generator) -> Tensor:
        measured = 1.0 / self._evidence.deviation_db.square()
        precision = 1.0 / self._shadowing_variance + measured
        mean = (prior / self._shadowing_variance + self._evidence.gain_db * measured) / precision
        return mean + torch.randn(prior.shape, generator=generator) / precision.sqrt()

    def _draw_unreported(self, prior: Tensor, generator: torch.Generator) -> Tensor:
        """Normal, truncated from above, by inversion; double precision for the far tail."""
        deviation, ceiling = self._shadowing_variance**0.5, self._evidence.ceiling_db
        limit = torch.special.ndtr((ceiling - prior).double() / deviation)
        uniform = torch.rand(prior.shape, generator=generator, dtype=torch.float64)
        drawn = prior + deviation * torch.special.ndtri((uniform * limit).clamp_min(1e-300))
        return torch.minimum(drawn.float(), ceiling)


@dataclass(frozen=True)
class _Evidence:
    """What the reports say of the gains.

    Attributes:
        reported: [U, C] bool.
        gain_db: [U, C] measured gain; 0 where not reported.
        deviation_db: [U, C] standard deviation of the measured gain.
        ceiling_db: [U, C] gain below which a cell goes unreported.
    """

    reported: Tensor
    gain_db: Tensor
    deviation_db: Tensor
    ceiling_db: Tensor

    @classmethod
    def of(cls, scenario: Scenario, snapshot: NetworkSnapshot) -> "_Evidence":
        model, power_mw = scenario.measurement, snapshot.tx_power_mw
        ids = scenario.cell_ids
        rsrp = torch.tensor(
            [[ue.rsrp_dbm.get(c, float("nan")) for c in ids] for ue in snapshot.ues]
        ).reshape(len(snapshot.ues), len(ids))
        reported = ~rsrp.isnan()
        best = rsrp.nan_to_num(nan=-float("inf")).amax(-1, keepdim=True)
        floor = (best - model.detection_range_db).clamp(min=model.detection_floor_dbm)
        if model.max_reported_cells < len(ids):
            # a full report leaves out what is weaker than the weakest in it
            full = reported.sum(-1, keepdim=True) >= model.max_reported_cells
            weakest = rsrp.nan_to_num(nan=float("inf")).amin(-1, keepdim=True)
            floor = torch.where(full, torch.maximum(floor, weakest), floor)
        single = reading_deviation_db(model, 1)
        # near the floor only the lucky readings are reported: trust such a mean like one reading
        marginal = rsrp < floor + 2.0 * single
        mean = reading_deviation_db(model, snapshot.reports)
        sent = rsrp_dbm(
            scenario,
            torch.zeros(1, len(ids)),
            torch.tensor([power_mw[c] for c in ids], dtype=torch.float32),
        )
        return cls(
            reported=reported,
            gain_db=(rsrp - sent).nan_to_num(nan=0.0),
            deviation_db=torch.where(marginal, single, max(mean, _LEAST_VARIANCE)),
            ceiling_db=floor - sent,
        )


def _tilt_expansion(scenario: Scenario, links: LinkMap) -> tuple[Tensor, Tensor]:
    """Gain [P, C] in dB, and its slope per standard deviation of the tilt error."""
    nominal = torch.tensor([s.digital_tilt_decidegrees / 10.0 for s in scenario.sectors])
    error = scenario.uncertainty.tilt_error_deg
    above, below = links.gain_db(nominal + error), links.gain_db(nominal - error)
    return links.gain_db(nominal), (above - below) / 2.0
