"""Max-min SINR of ``tools.beams.design`` beside the usual conic programme, where cvxpy is there.

With the level held, max-min SINR is a second-order cone programme (Wiesel, Eldar, Shamai, IEEE
Trans. Signal Processing 54, 2006): each UE's own field, made real, is at least a factor of the norm
of everything it hears. It is asked for the smallest share of all limits that reaches the level, and
the level is bisected until the share is 1. Duality (:mod:`tools.beams.design.max_min`) needs no
solver and also gives a bound; this says whether both find the same, and what each costs: eight UEs,
two sites, power limits alone. With a dark zone one conic solution takes more than a minute.

    python -m benchmarks.beam_design.conic

cvxpy is no dependency; without it nothing is measured, with the reason.
"""

import argparse
import importlib
import importlib.util
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.beam_design.scenes import link_case
from benchmarks.machine import code, machine
from tools.beams.design.answer import to_db
from tools.beams.design.link_problem import LinkProblem, link_problem
from tools.beams.design.max_min import max_min

RESULTS = Path(__file__).parents[1] / "results" / "beam_design_conic.json"
SCENES = 20
_SEED = 20_261
_BRACKET_DB = (-20.0, 60.0)
_CLOSE_DB = 0.005


class ConicMaxMin:
    """The programme of one question under power limits; the level alone changes."""

    def __init__(self, cp: Any, problem: LinkProblem) -> None:
        scale = 1.0 / np.sqrt(problem.noise_mw)
        most = [np.sqrt(site.max_power_mw) for site in problem.sites]
        beams = [
            cp.Variable((rows.shape[1], len(problem.served(s))), complex=True)
            for s, rows in enumerate(problem.channels)
        ]
        self._factor = cp.Parameter(nonneg=True)
        self._share = cp.Variable(nonneg=True)
        limits = [cp.norm(beam, "fro") <= self._share for beam in beams]
        for ue, site in enumerate(problem.serving):
            fields = [
                scale * a * rows[ue] @ beam
                for a, rows, beam in zip(most, problem.channels, beams, strict=True)
            ]
            own = fields[site][int(np.flatnonzero(problem.served(site) == ue)[0])]
            heard = cp.norm(cp.hstack([*fields, np.ones(1)]))
            limits += [cp.imag(own) == 0, self._factor * cp.real(own) >= heard]
        self._programme = cp.Problem(cp.Minimize(self._share), limits)
        self._solved = ("optimal", "optimal_inaccurate")

    def reaches(self, level: float) -> bool:
        """Whether all UEs can have this SINR within all limits."""
        # own field times this is at least the norm of all fields, the own one too, and noise
        self._factor.value = float(np.sqrt(1.0 + 1.0 / level))
        self._programme.solve(solver="CLARABEL")
        return self._programme.status in self._solved and bool(self._share.value <= 1.0)

    def solve_db(self) -> float:
        """The best level in dB, by bisection."""
        low, high = _BRACKET_DB
        while high - low > _CLOSE_DB:
            middle = (low + high) / 2
            low, high = (middle, high) if self.reaches(10 ** (middle / 10)) else (low, middle)
        return (low + high) / 2


def measure(cp: Any, seed: int) -> dict[str, float]:
    """Both ways on one question: least SINR in dB, and CPU seconds."""
    problem = link_problem(*link_case(seed, maximum_dbm=None))
    started = time.process_time()
    own = max_min(problem)
    between = time.process_time()
    conic_db = ConicMaxMin(cp, problem).solve_db()
    return {
        "duality_db": to_db(own.level),
        "bound_db": to_db(own.bound),
        "conic_db": conic_db,
        "duality_s": between - started,
        "conic_s": time.process_time() - between,
    }


def summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Means, and the largest differences between both ways."""
    columns = {k: np.array([r[k] for r in rows]) for k in rows[0]}
    apart = columns["duality_db"] - columns["conic_db"]
    return {
        "scenes": len(rows),
        **{k: round(float(v.mean()), 4) for k, v in columns.items()},
        "duality_below_conic_most_db": round(float(-apart.min()), 4),
        "duality_above_conic_most_db": round(float(apart.max()), 4),
        "conic_above_bound_most_db": round(
            float((columns["conic_db"] - columns["bound_db"]).max()), 4
        ),
    }


def main() -> None:
    """Measure, write and print, or say why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--scenes", type=int, default=SCENES)
    given = parser.parse_args()
    if importlib.util.find_spec("cvxpy") is None:
        print("left out: cvxpy is not installed")
        return
    cp = importlib.import_module("cvxpy")
    with threadpool_limits(limits=1):
        rows = [measure(cp, _SEED + i) for i in range(given.scenes)]
    document = {"seed": _SEED, "cvxpy": cp.__version__, **summary(rows)}
    print(json.dumps(document, indent=1))
    document["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    document |= {"code": code(), "machine": machine()}
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
