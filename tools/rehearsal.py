"""Rehearsal: a candidate tried on the twin before it is proposed, and what the tool's model missed.

Tools optimise on fast models. A few roll-outs show where the model is wrong for this candidate; its
error, given back as a reserve, corrects the next solution (space mapping, Bandler et al. 1994). The
seed differs from every seed of the verifier, so a rehearsal proves nothing and spoils nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.action import Candidate, KpiPrediction
from contracts.network import NetworkSnapshot
from contracts.problem import Problem
from tools.margins import relative_margin
from twins.rollout import Twin, kpi_samples
from twins.scenario import Scenario

ROLLOUTS = 48
SEED = 77_003
_LEAST_DEVIATION = 1e-3
_RARE = 1e-6


@dataclass(frozen=True)
class Rehearsal:
    """How a candidate did.

    Attributes:
        candidate: with the twin's median predictions and margins in place of the tool's.
        log_held: logarithm of the estimated probability that all requirements hold.
        model_error: by requirement, the tool's relative margin less the twin's median.
    """

    candidate: Candidate
    log_held: float
    model_error: Mapping[str, float]


class Rehearsals:
    """Rehearses candidates of one problem on one snapshot with common random numbers."""

    def __init__(self, problem: Problem, snapshot: NetworkSnapshot, scenario: Scenario) -> None:
        self._problem = problem
        self._snapshot = snapshot
        self._twin = Twin(scenario, snapshot)

    def rehearse(self, candidate: Candidate) -> Rehearsal:
        """Roll a candidate out over windows as long as the snapshot's."""
        paired = self._twin.roll_out(
            candidate.tx_power_mw, ROLLOUTS, SEED, self._snapshot.window_ms
        )
        predicted = {(p.kpi, p.cells): p for p in candidate.predictions}
        log_held, errors, predictions, medians = 0.0, {}, [], []
        for sourced in self._problem.requirements:
            r = sourced.requirement
            before, after = kpi_samples(
                r.kpi, r.cells, self._snapshot, paired, self._problem.thresholds
            )
            margins = relative_margin(r, before.double(), after.double()).nan_to_num(nan=-1.0)
            p = predicted[r.kpi, r.cells]
            model = relative_margin(r, p.before_in_kpi_unit, p.after_in_kpi_unit)
            median = float(margins.median())
            errors[r.describe()] = float(model) - median
            medians.append(median)
            log_held += _log_held(margins - sourced.reserve_share)
            predictions.append(
                KpiPrediction(
                    kpi=r.kpi,
                    cells=r.cells,
                    before_in_kpi_unit=float(before.nanmedian()),
                    after_in_kpi_unit=float(after.nanmedian()),
                )
            )
        tried = candidate.model_copy(
            update={
                "predictions": tuple(predictions),
                "worst_margin": min(medians),
                "objective_value": log_held,
            }
        )
        return Rehearsal(candidate=tried, log_held=log_held, model_error=errors)


def _log_held(margins: Tensor) -> float:
    """Margins that vary are taken as normal; those that do not (power, coverage) are counted."""
    deviation = float(margins.std())
    if deviation < _LEAST_DEVIATION:
        return math.log(max(float((margins >= 0).double().mean()), _RARE))
    counted = (margins >= 0).double().mean()
    normal = torch.special.log_ndtr(margins.mean() / deviation)
    # ratios take few values: there the count says more than a normal law
    few_values = len(set(margins.tolist())) < len(margins) // 2
    return float(counted.clamp(min=_RARE).log() if few_values else normal)
