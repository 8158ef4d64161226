"""Power control link by link: learned and classical methods on every family of graphs, one table.

Ratios are to the best of 100 WMMSE starts of 100 rounds on the same graph, averaged over graphs,
with 95 % bootstrap intervals. Times are CPU times on one thread, a graph, in batches and alone.

    python -m benchmarks.power_graphs --model model.safetensors --out power_graphs.json
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.machine import code, machine
from tools.power.foundation.checkpoint import load_model
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.portfolio import Portfolio
from tools.power.graphs.families import FAMILIES
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE
from tools.power.graphs.rules import greedy_on_off, open_loop, rounded
from tools.power.graphs.solvers import BOLDEST, best, best_wmmse, full_power, values, wmmse
from tools.power.graphs.stream import graphs
from tools.power.runtime import numerics

Method = Callable[[LinkGraphs], Tensor]
"""Sum rates [B] that a method reaches."""

_SEED = 20_260
_ALONE = 20
_CHUNK_EDGES = 65_536
_RESAMPLES = 2000


@dataclass(frozen=True)
class Row:
    """One method on one family and size."""

    family: str
    links: int
    method: str
    ratio: float
    low: float
    high: float
    fifth_percentile: float
    sum_rate: float
    batched_ms: float
    alone_ms: float


def methods(model: GraphFoundationModel | None) -> dict[str, Method]:
    """All methods by name."""
    chosen: dict[str, Method] = {
        "full power": lambda g: values(g, full_power(g), SUM_RATE)[:, 0],
        "open loop 0.8": lambda g: values(g, open_loop(g), SUM_RATE)[:, 0],
        "greedy on/off": lambda g: values(g, greedy_on_off(g), SUM_RATE)[:, 0],
        "WMMSE best of 1": lambda g: best_wmmse(g, 1).value,
        "WMMSE best of 5": lambda g: best_wmmse(g, 5).value,
        "WMMSE best of 10": lambda g: best_wmmse(g, 10).value,
        "WMMSE best of 100": lambda g: best_wmmse(g, 100).value,
    }
    for starts in (8, 32, 100):
        chosen[f"over-relaxed best of {starts}, 20 rounds"] = partial(_over_relaxed, starts=starts)
    if model is not None:
        chosen["model"] = lambda g: model.answer(g).value
        chosen["model, 20 rounds more"] = lambda g: _refined(model, g)
        chosen["portfolio"] = lambda g: Portfolio(model).choose(g).value
    return chosen


def _over_relaxed(some: LinkGraphs, starts: int) -> Tensor:
    return best_wmmse(some, starts, iterations=20, exponent=BOLDEST).value


@torch.no_grad()
def _refined(model: GraphFoundationModel, some: LinkGraphs) -> Tensor:
    power = model(some).power
    more = wmmse(some, power, 20)
    return best(some, torch.cat([power, more, rounded(power), rounded(more)], -1)).value


def measure(name: str, method: Method, some: LinkGraphs) -> tuple[Tensor, float, float]:
    """Values [B], and CPU milliseconds a graph in batches and alone."""
    size = max(1, _CHUNK_EDGES // some.links**2)
    method(some[:1])
    started = time.process_time()
    # fresh batches: what a graph caches about itself is part of the work
    found = torch.cat([method(some[i : i + size]) for i in range(0, len(some), size)])
    batched = (time.process_time() - started) / len(some)
    alone = []
    for i in range(min(_ALONE, len(some))):
        started = time.process_time()
        method(some[i : i + 1])
        alone.append(time.process_time() - started)
    return found, 1e3 * batched, 1e3 * float(torch.tensor(alone).median())


def interval(ratios: Tensor) -> tuple[float, float]:
    """95 % bootstrap interval of the mean."""
    generator = torch.Generator().manual_seed(_SEED)
    drawn = torch.randint(len(ratios), (_RESAMPLES, len(ratios)), generator=generator)
    means = ratios[drawn].mean(1)
    return float(means.quantile(0.025)), float(means.quantile(0.975))


def table(family: str, links: int, count: int, model: GraphFoundationModel | None) -> list[Row]:
    """All methods on one family and size."""
    some = graphs(FAMILIES[family], links, _SEED, count)
    reference = best_wmmse(some, 100).value
    rows = []
    for name, method in methods(model).items():
        found, batched_ms, alone_ms = measure(name, method, some)
        ratios = (found / reference).double()
        low, high = interval(ratios)
        rows.append(
            Row(
                family,
                links,
                name,
                float(ratios.mean()),
                low,
                high,
                float(ratios.quantile(0.05)),
                float(found.mean()),
                batched_ms,
                alone_ms,
            )
        )
    return rows


def show(row: Row) -> str:
    """A line of the table."""
    return (
        f"{row.family:<9}{row.links:>4}  {row.method:<36}{row.ratio:.4f} "
        f"[{row.low:.4f}, {row.high:.4f}]  p5 {row.fifth_percentile:.3f}  "
        f"{row.sum_rate:8.2f} bit/s/Hz {row.batched_ms:8.2f} ms {row.alone_ms:8.2f} ms alone"
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="checkpoint; without it, classical methods")
    parser.add_argument("--out", type=Path, help="JSON file for the rows")
    parser.add_argument("--graphs", type=int, default=256)
    parser.add_argument("--links", type=int, nargs="+", default=[10, 20, 50, 100, 200])
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    given = parser.parse_args()
    rows = []
    with numerics():
        model = None if given.model is None else load_model(given.model)
        for family in given.families:
            for links in given.links:
                rows += table(family, links, given.graphs, model)
                print("\n".join(show(r) for r in rows if (r.family, r.links) == (family, links)))
    if given.out is not None:
        found = {"machine": machine(), "code": code(), "rows": [asdict(r) for r in rows]}
        given.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
