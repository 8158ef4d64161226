"""Beam design for UEs: the highest sum rate, or the best worst UE, under the requirements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tools.beams.design.answer import Answer, Slack, cap_slacks, power_slack, to_db
from tools.beams.design.arrays import Complex, Real
from tools.beams.design.linear import guarded_zero_forcing, regularised_zero_forcing
from tools.beams.design.link_ascent import LinkAscent
from tools.beams.design.link_problem import LinkProblem, link_problem
from tools.beams.design.max_min import Balanced, max_min
from tools.beams.design.requirements import BeamRequirements
from tools.beams.design.scene import Scene
from tools.beams.design.wmmse import wmmse

Objective = Literal["sum_rate", "max_min"]

_MINIMUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class LinkAnswer(Answer):
    """Precoders for UEs.

    Args:
        objective: what was maximised.
        rates_bps_hz: of the UEs in the order of the requirements, ``[K]``.
        value: sum of the rates in bit/s/Hz; for max-min the least SINR over target in dB.
        bound: the value that no precoders exceed.
        reachable: whether the minimums can be met together, as far as is proven; ``None``: unknown.
    """

    objective: Objective
    rates_bps_hz: tuple[float, ...]
    value: float
    bound: float
    reachable: bool | None

    @property
    def gap(self) -> float:
        """Bound less value, in the unit of the value."""
        return self.bound - self.value


def design_links(
    scene: Scene, wanted: BeamRequirements, objective: Objective = "sum_rate", seed: int = 0
) -> LinkAnswer:
    """Precoders for the UEs of the requirements, each served by the site it hears best.

    Dark zones, sectors and power limits hold exactly in every answer. Minimums that were not
    reached are named in ``infeasible``; ``reachable`` is ``False`` where max-min SINR proves that
    they cannot be met together.

    Args:
        scene: sites and channels; all sites may send.
        wanted: UEs with their minimums, dark zones, sectors, powers.
        objective: the sum rate with the minimums held, or the least SINR over its target (the
            minimums where all UEs have one, else equal).
        seed: of unknown phases; equal inputs give equal answers.

    Raises:
        RanwrightError: ``beams.no_ue``, ``beams.mixed``, ``beams.site_unknown``,
            ``beams.zone_outside``.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        problem = link_problem(scene, wanted, seed)
        asked = problem.minimum_sinr > 0
        targets = problem.minimum_sinr if asked.all() else np.ones(len(asked))
        limited = problem.caps.powers.count > 0 or asked.any() or objective == "max_min"
        balanced = max_min(problem, targets) if limited else None
        reachable = _reachable(balanced) if asked.all() else None
        if objective == "max_min" and balanced is not None:
            beams = balanced.beams
            value, bound = to_db(balanced.level), to_db(balanced.bound)
        else:
            beams = best_sum_rate(problem, balanced)
            value = float(problem.rates_bps_hz(beams).sum())
            bound = matched_filter_bound(problem)
        return LinkAnswer(
            method=f"beams.links.{objective}",
            sites=tuple(site.name for site in problem.sites),
            beams=beams,
            slacks=link_slacks(problem, beams, wanted),
            seed=seed,
            objective=objective,
            rates_bps_hz=tuple(problem.rates_bps_hz(beams).tolist()),
            value=value,
            bound=bound,
            reachable=reachable,
        )


def best_sum_rate(problem: LinkProblem, balanced: Balanced | None) -> tuple[Complex, ...]:
    """WMMSE alone without balanced precoders, else ascents from these and from zero forcing too.

    The best of them and of their starts: minimums first, then rate.
    """
    free = wmmse(problem, regularised_zero_forcing(problem.without_caps()))
    candidates = [problem.within_limits(free)]
    if balanced is not None:
        ascent = LinkAscent(problem)
        starts = [guarded_zero_forcing(problem), balanced.beams]
        candidates += starts + [ascent.solve(start) for start in starts]

    def rank(beams: tuple[Complex, ...]) -> tuple[float, float]:
        return _missed(problem, beams), -float(problem.rates_bps_hz(beams).sum())

    return min(candidates, key=rank)


def matched_filter_bound(problem: LinkProblem) -> float:
    """Sum rate without any interference: matched filters, each site's power poured as water."""
    total = 0.0
    for site, rows in enumerate(problem.channels):
        gains = (abs(rows[problem.served(site)]) ** 2).sum(axis=1) / problem.noise_mw
        shares = water_filling(gains, problem.sites[site].max_power_mw)
        total += float(np.log2(1.0 + gains * shares).sum())
    return total


def water_filling(gains: Real, power: float) -> Real:
    """Powers ``[K]`` of most ``sum log(1 + gain power)`` with a given sum (gains positive)."""
    order = np.sort(1.0 / gains)
    for count in range(len(order), 0, -1):
        level = (power + order[:count].sum()) / count
        if level > order[count - 1]:
            found: Real = np.maximum(0.0, level - 1.0 / gains)
            return found
    return np.zeros_like(gains)


def link_slacks(
    problem: LinkProblem, beams: Sequence[Complex], wanted: BeamRequirements
) -> tuple[Slack, ...]:
    """Every requirement, recomputed from the precoders."""
    slacks = [
        Slack(name, "UE", to_db(float(least)), to_db(float(sinr)))
        for name, least, sinr in zip(
            problem.names, problem.minimum_sinr, problem.sinr(beams), strict=True
        )
        if least > 0.0
    ]
    slacks += cap_slacks(problem.caps, problem.caps.powers.powers(beams), wanted)
    powers = zip(problem.sites, beams, strict=True)
    slacks += [power_slack(site.name, site.max_power_mw, beam) for site, beam in powers]
    return tuple(slacks)


def _reachable(balanced: Balanced | None) -> bool | None:
    if balanced is None:
        return None
    if balanced.level >= 1.0:
        return True
    return False if balanced.bound < 1.0 else None


def _missed(problem: LinkProblem, beams: Sequence[Complex]) -> float:
    least = problem.minimum_sinr
    short = np.where(least > 0, 1.0 - problem.sinr(beams) / np.where(least > 0, least, 1.0), 0.0)
    missed = float(short.max())
    return missed if missed > _MINIMUM_TOLERANCE else 0.0
