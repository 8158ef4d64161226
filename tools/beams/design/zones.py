"""Beam design for zones: sites and precoders by alternating optimisation, with a proven gap.

Each candidate site is solved alone first; this gives a value and an upper bound on what it can add
to any choice. Few choices are gone through best bound first, and left out once the sum of their
bounds cannot beat the best answer, which proves the choice. Many choices are improved by exchange:
precoders of a choice are optimised, one site is exchanged for another, until no exchange helps.
Where the gap to the bound stays open, a site is started again at random.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tools.beams.design.answer import Answer, Slack, cap_slacks, power_slack, to_db
from tools.beams.design.arrays import Complex
from tools.beams.design.augmented import AugmentedLagrangian, SiteBeams
from tools.beams.design.requirements import BeamRequirements
from tools.beams.design.scene import Scene
from tools.beams.design.zone_problem import ZoneProblem, zone_problem
from twins.runtime import derive_seed

METHOD = "beams.zones"

_MOST_CHOICES = 64
_OPEN_GAP = 1.02
_RESTARTS = 2
_WORTH = 1.0 + 1e-4
_MINIMUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class ZoneAnswer(Answer):
    """Sites and precoders for zones.

    Args:
        objective_dbm: mean over bright zones of their mean received power.
        bound_dbm: no choice of sites and no precoders reach more.
        choices_solved: choices of sites of which the precoders were optimised.
    """

    objective_dbm: float
    bound_dbm: float
    choices_solved: int

    @property
    def gap_db(self) -> float:
        """How much might still be won; 0 where nothing reaches the zones at all."""
        if self.bound_dbm == self.objective_dbm:
            return 0.0
        return self.bound_dbm - self.objective_dbm


def design_zones(
    scene: Scene, wanted: BeamRequirements, streams: int = 1, seed: int = 0
) -> ZoneAnswer:
    """The most power in bright zones that the requirements allow.

    Upper limits (dark zones, sectors, site powers) hold exactly in every answer. A bright zone's
    minimum that was not reached is named in ``infeasible``.

    Args:
        scene: candidate sites and channels.
        wanted: zones, sectors, powers, and how many sites may send.
        streams: independent beams a site sends side by side.
        seed: of restarts; equal inputs give equal answers.

    Raises:
        RanwrightError: ``beams.too_few_sites``, ``beams.no_bright_zone``, ``beams.mixed``,
            ``beams.site_unknown``, ``beams.zone_outside``.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        problem = zone_problem(scene, wanted)
        search = Search(problem, streams, seed)
        choice = search.run()
        found = search.solved[choice]
        chosen = problem.of_sites(choice)
        return ZoneAnswer(
            method=METHOD,
            sites=tuple(site.name for site in chosen.sites),
            beams=found.beams,
            slacks=zone_slacks(chosen, found.beams, wanted),
            seed=seed,
            objective_dbm=to_db(found.objective_mw),
            bound_dbm=to_db(max(search.bound_mw(), found.objective_mw)),
            choices_solved=len(search.solved),
        )


def zone_slacks(
    chosen: ZoneProblem, beams: Sequence[Complex], wanted: BeamRequirements
) -> tuple[Slack, ...]:
    """Every requirement, recomputed from the precoders."""
    slacks = [
        Slack(name, "bright zone", to_db(minimum), to_db(reached))
        for name, minimum, reached in zip(
            chosen.zone_names, chosen.minimum_mw, chosen.zone_mw(beams), strict=True
        )
        if minimum > 0.0
    ]
    mine = {f"{sector.name} at {site.name}" for sector in wanted.sectors for site in chosen.sites}
    mine |= {zone.name for zone in wanted.dark}
    slacks += [
        slack
        for slack in cap_slacks(chosen.caps, chosen.caps.powers.powers(beams), wanted)
        if slack.name in mine
    ]
    powers = zip(chosen.sites, beams, strict=True)
    slacks += [power_slack(site.name, site.max_power_mw, beam) for site, beam in powers]
    return tuple(slacks)


class Search:
    """Choices of sites and what was found for them."""

    def __init__(self, problem: ZoneProblem, streams: int, seed: int) -> None:
        self.problem = problem
        self.solved: dict[tuple[int, ...], SiteBeams] = {}
        self._streams = streams
        self._seed = seed
        # what one site adds to a choice is bounded without minimums, which others may fill
        alone = problem if problem.choose == 1 else _without_minimums(problem)
        self._alone = [self._solve(alone.of_sites([s]), None) for s in range(len(problem.sites))]
        self._choices = math.comb(len(problem.sites), problem.choose)

    def run(self) -> tuple[int, ...]:
        """The best choice found."""
        count, choose = len(self.problem.sites), self.problem.choose
        if choose == 1:
            self.solved = {(s,): found for s, found in enumerate(self._alone)}
        elif self._choices <= _MOST_CHOICES:
            self._all(combinations(range(count), choose))
        else:
            self._exchange()
        return self._best()

    def bound_mw(self) -> float:
        """No choice of sites reaches more."""
        if self._choices > _MOST_CHOICES and self.problem.choose > 1:
            return sum(sorted((a.bound_mw for a in self._alone), reverse=True)[: self._size])
        bounds = []
        for choice in combinations(range(len(self.problem.sites)), self._size):
            found = self.solved.get(choice)
            bounds.append(min(self._sum(choice), found.bound_mw if found else math.inf))
        return max(bounds)

    @property
    def _size(self) -> int:
        return self.problem.choose

    def _sum(self, choice: Iterable[int]) -> float:
        return sum(self._alone[s].bound_mw for s in choice)

    def _all(self, choices: Iterable[tuple[int, ...]]) -> None:
        """Branch and bound over a list."""
        for choice in sorted(choices, key=self._sum, reverse=True):
            if not self.solved or self._may_beat(choice):
                self._try(choice)

    def _exchange(self) -> None:
        """Alternating optimisation: precoders of a choice, then one site for another."""
        count = len(self.problem.sites)
        order = sorted(range(count), key=lambda s: self._alone[s].objective_mw, reverse=True)
        current = tuple(sorted(order[: self._size]))
        self._try(current)
        while True:
            swaps = [
                tuple(sorted({*current, new} - {old}))
                for old in reversed(order)
                if old in current
                for new in order
                if new not in current
            ]
            for choice in swaps:
                if choice not in self.solved and self._may_beat(choice):
                    self._try(choice)
            best = self._best()
            if best == current:
                return
            current = best

    def _may_beat(self, choice: tuple[int, ...]) -> bool:
        best = self._best()
        return self._missed(best) > _MINIMUM_TOLERANCE or (
            self._sum(choice) > _WORTH * self.solved[best].objective_mw
        )

    def _try(self, choice: tuple[int, ...]) -> None:
        share = 1.0 / math.sqrt(len(choice))
        start = [share * self._alone[s].beams[0] for s in choice]
        self.solved[choice] = self._solve(self.problem.of_sites(choice), start)

    def _best(self) -> tuple[int, ...]:
        """Minimums first, then power."""
        return min(self.solved, key=lambda c: (self._missed(c), -self.solved[c].objective_mw))

    def _missed(self, choice: tuple[int, ...]) -> float:
        zones = self.problem.of_sites(choice).zone_mw(self.solved[choice].beams)
        wanted = self.problem.minimum_mw
        short = np.where(wanted > 0, 1.0 - zones / np.where(wanted > 0, wanted, 1.0), 0.0)
        missed = float(short.max())
        return missed if missed > _MINIMUM_TOLERANCE else 0.0

    def _solve(self, problem: ZoneProblem, start: Sequence[Complex] | None) -> SiteBeams:
        """From a start, or from the least leaking beams; again at random while the gap is open."""
        lagrangian = AugmentedLagrangian(problem)
        if start is None:
            best = lagrangian.solve(lagrangian.leaking_least(self._streams))
        else:
            best = lagrangian.solve(lagrangian.turned(start))
        names = ".".join(site.name for site in problem.sites)
        random = np.random.default_rng(derive_seed("beam-restart", self._seed, names))
        for _ in range(_RESTARTS):
            if best.bound_mw <= _OPEN_GAP * best.objective_mw:
                break
            again = lagrangian.solve(
                [
                    random.normal(size=(site.array.elements, 2 * self._streams)).view(np.complex128)
                    / site.array.elements
                    for site in problem.sites
                ]
            )
            bound = min(best.bound_mw, again.bound_mw)
            better = max(best, again, key=lambda found: found.objective_mw)
            best = SiteBeams(better.beams, better.objective_mw, bound)
        return best


def _without_minimums(problem: ZoneProblem) -> ZoneProblem:
    return ZoneProblem(
        problem.sites,
        problem.bright,
        np.zeros_like(problem.minimum_mw),
        problem.zone_names,
        problem.caps,
        problem.choose,
    )
