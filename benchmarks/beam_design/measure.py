"""All methods on one question of ``benchmarks.beam_design``."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.beam_design.rivals import penalty_gradient
from contracts.units import dbm_to_mw
from tools.beams.design.answer import to_db
from tools.beams.design.arrays import Complex
from tools.beams.design.channels import RandomMultipath, lattice
from tools.beams.design.fractional import fractional_programming
from tools.beams.design.linear import (
    guarded_zero_forcing,
    maximum_ratio,
    regularised_zero_forcing,
    zero_forcing,
)
from tools.beams.design.link_problem import LinkProblem, link_problem
from tools.beams.design.links import design_links, matched_filter_bound
from tools.beams.design.max_min import max_min
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.requirements import BeamRequirements
from tools.beams.design.scene import Scene
from tools.beams.design.wmmse import wmmse
from tools.beams.design.zone_baselines import (
    exhaustive,
    matched_filter,
    truncated_zero_forcing,
)
from tools.beams.design.zone_baselines import zero_forcing as zone_zero_forcing
from tools.beams.design.zone_problem import ZoneProblem, zone_problem
from tools.beams.design.zones import design_zones

_BETWEEN_M = 1.7


def zone_piece(case: Callable[[int], tuple[Scene, BeamRequirements]], seed: int) -> dict[str, Any]:
    """All methods on one question: power in dBm, worst dark point against the limit, seconds."""
    scene, wanted = case(seed)
    started = time.process_time()
    answer = design_zones(scene, wanted)
    seconds = time.process_time() - started
    names = [site.name for site in scene.sites]
    chosen = tuple(names.index(name) for name in answer.sites)
    problem = zone_problem(scene, wanted)
    rows = {
        "design": zone_row(problem.of_sites(chosen), answer.beams)
        | between(scene, wanted, chosen, answer.beams)
        | {"seconds": seconds, "gap_db": answer.gap_db, "held": answer.feasible}
    }
    methods = {
        "matched filter": matched_filter,
        "zero forcing": zone_zero_forcing,
    }
    if wanted.site_count == 1:
        methods["zero forcing, best rank"] = truncated_zero_forcing
        methods["penalty gradient"] = penalty_gradient
    for name, method in methods.items():
        started = time.process_time()
        choice, beams = exhaustive(problem, method)
        seconds = time.process_time() - started
        rows[name] = zone_row(problem.of_sites(choice), beams) | {"seconds": seconds}
    return rows


def zone_row(chosen: ZoneProblem, beams: Sequence[Complex]) -> dict[str, float]:
    """What beams bring to the zones."""
    used = chosen.caps.powers.powers(beams) / chosen.caps.limit_mw
    return {
        "power_dbm": max(-300.0, to_db(chosen.objective_mw(beams))),
        "over_db": max(-300.0, to_db(float(used.max()))),
    }


def between(
    scene: Scene, wanted: BeamRequirements, choice: Sequence[int], beams: Sequence[Complex]
) -> dict[str, float]:
    """What a dark zone receives between the points at which it was held, where there are any."""
    if not isinstance(scene.propagation, RandomMultipath):
        return {}
    points = lattice(wanted.dark[0].area, _BETWEEN_M)
    sites = [scene.sites[index] for index in choice]
    powers = PowerMap.of_points(scene.propagation.rows(sites, points)).powers(beams)
    shares = powers / dbm_to_mw(wanted.dark[0].maximum_dbm)
    return {
        "between_over_db": max(-300.0, to_db(float(shares.max()))),
        "between_share_over": float((shares > 1.0).mean()),
    }


def link_piece(case: Callable[[int], tuple[Scene, BeamRequirements]], seed: int) -> dict[str, Any]:
    """All methods on one question: sum rate, least SINR, limits and minimums, seconds."""
    scene, wanted = case(seed)
    problem = link_problem(scene, wanted)
    regular = regularised_zero_forcing(problem)
    start = regularised_zero_forcing(problem.without_caps())
    started = time.process_time()
    free = wmmse(problem, start)
    rows = {"WMMSE": link_row(problem, free) | {"seconds": time.process_time() - started}}
    started = time.process_time()
    fractional = fractional_programming(problem, start, rounds=300)
    rows["fractional programming"] = link_row(problem, fractional) | {
        "seconds": time.process_time() - started
    }
    rows["maximum ratio, turned down"] = link_row(problem, maximum_ratio(problem))
    if len(wanted.ues) <= 8:
        rows["zero forcing, turned down"] = link_row(problem, zero_forcing(problem))
    rows["regularised zero forcing, turned down"] = link_row(problem, regular)
    rows["WMMSE, turned down"] = link_row(problem, problem.within_limits(free))
    if problem.caps.powers.count:
        rows["zero forcing, best nulls"] = link_row(problem, guarded_zero_forcing(problem))
    started = time.process_time()
    answer = design_links(scene, wanted)
    seconds = time.process_time() - started
    rows["design, sum rate"] = link_row(problem, answer.beams) | {"seconds": seconds}
    started = time.process_time()
    balanced = max_min(problem)
    rows["design, max-min"] = link_row(problem, balanced.beams) | {
        "seconds": time.process_time() - started,
        "gap_db": to_db(balanced.bound / balanced.level),
    }
    for row in rows.values():
        row["of_bound"] = row["sum_bps_hz"] / matched_filter_bound(problem)
    return rows


def link_row(problem: LinkProblem, beams: tuple[Complex, ...]) -> dict[str, float]:
    """What precoders bring to the UEs, and whether all requirements hold."""
    sinr, used = problem.sinr(beams), float(problem.use(beams).max())
    kept = used <= 1.0 + 1e-6 and bool((sinr >= problem.minimum_sinr * (1.0 - 1e-6)).all())
    return {
        "sum_bps_hz": float(problem.rates_bps_hz(beams).sum()),
        "least_sinr_db": max(-300.0, to_db(float(sinr.min()))),
        "over_db": max(-300.0, to_db(used)),
        "held": float(kept),
    }
