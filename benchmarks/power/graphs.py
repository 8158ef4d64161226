"""Power control link by link: learned and classical methods on every family of graphs, one table.

Ratios are to the best of 100 WMMSE starts of 100 rounds on the same graph, averaged over graphs,
with 95 % bootstrap intervals; differences are to the best of 5, graph by graph. Times are CPU times
on one thread, a graph, in batches and alone. Graphs of scenarios (one sub-band, cells with the UEs
that they schedule) are judged under the cap of the highest MCS, random graphs without a cap.

    python -m benchmarks.power [--model model.safetensors] [--rivals pcgnn.safetensors]

Without ``--model`` it is the model of the package, without ``--rivals`` those that lie beside this
file, trained by :mod:`benchmarks.power.rivals` on the same graphs.

A piece is a family with a number of links; pieces that the file has for the same model, rivals and
number of graphs are not measured again, so a run may be cut off and go on.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.machine import code, machine
from benchmarks.power.figure import draw
from benchmarks.power.methods import FP_BEST, REFERENCE, RIVAL, Method, classical, fp_best, learned
from benchmarks.power.rivals import TRAINED_RIVALS, load_rival
from contracts.canonical import digest_bytes
from tools.power.foundation.checkpoint import describe, load_model
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.portfolio import Portfolio
from tools.power.foundation.shipped import SHIPPED
from tools.power.graphs.families import FAMILIES, PCGNN, Family
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.stream import graphs
from tools.power.graphs.twin import TwinCells
from tools.power.runtime import numerics
from twins.scenario import load_scenario

RESULTS = Path(__file__).parents[1] / "results" / "power_graphs.json"
FIGURE = Path(__file__).parents[2] / "docs" / "images" / "power-graphs.png"
TWINS = ("munich", "florence", "etoile", "uma")
PUBLISHED_BITS_PER_HZ = {FP_BEST: 4.652, "pcgnn": 4.613}
"""On PCGNN's own benchmark, K = 20; printed by its authors' code."""
GRAPHS = {10: 1000, 20: 1000, 50: 400, 100: 160, 200: 60}
"""By number of links, so that no piece takes more than a few minutes."""

_SEED = 20_260
_CHUNK_EDGES = 65_536
_ALONE_EDGES = 100_000
_RESAMPLES = 2000


@dataclass(frozen=True)
class Piece:
    """One family with one number of links."""

    family: Family
    links: int
    count: int
    cap_bits_per_hz: float | None = None

    @property
    def name(self) -> str:
        """Its key in the file."""
        return f"{self.family.name}-{self.links}"

    def graphs(self) -> LinkGraphs:
        """Of seeds that no training uses."""
        return graphs(self.family, self.links, _SEED, self.count)


@dataclass(frozen=True)
class Contestants:
    """What is measured, and what it was made of."""

    model: GraphFoundationModel
    rivals: dict[str, nn.Module]
    about: dict[str, Any]

    @classmethod
    def of(cls, model: Path, rivals: list[Path]) -> "Contestants":
        """From files."""
        loaded = [load_rival(p) for p in rivals]
        about = {
            kind: {"digest": digest_bytes(p.read_bytes())} | made
            for p, (kind, _, made) in zip(rivals, loaded, strict=True)
        }
        about["model"] = {"digest": digest_bytes(model.read_bytes())} | describe(model)
        return cls(load_model(model), {kind: rival for kind, rival, _ in loaded}, about)

    def methods(self, piece: Piece) -> dict[str, Method]:
        """All methods by name, the reference first."""
        cap = piece.cap_bits_per_hz
        found = classical(cap)
        if (piece.family, piece.links) == (PCGNN, 20):
            found[FP_BEST] = fp_best
        found |= learned(self.model, self.rivals, cap)
        return {REFERENCE: found.pop(REFERENCE), **found}


def pieces(names: list[str], links: list[int], count: int | None) -> Iterator[Piece]:
    """The pieces of families and scenarios."""
    for name in names:
        if name in FAMILIES:
            for k in links:
                yield Piece(FAMILIES[name], k, count or GRAPHS.get(k, 100))
        else:
            twin = TwinCells(load_scenario(name))
            cap = twin.scenario.radio.max_spectral_efficiency
            yield Piece(twin, twin.cells, count or 400, cap)


def rows(piece: Piece, contestants: Contestants) -> list[dict[str, Any]]:
    """All methods on one piece."""
    some = piece.graphs()
    found = {name: measure(m, some) for name, m in contestants.methods(piece).items()}
    reference, rival = found[REFERENCE][0], found[RIVAL][0]
    return [
        {"method": name, **statistics(value, reference, rival), **times}
        for name, (value, times) in found.items()
    ]


def origins(piece: Piece, model: GraphFoundationModel) -> dict[str, int]:
    """How often each way wins in the portfolio."""
    some, size = piece.graphs(), max(1, _CHUNK_EDGES // piece.links**2)
    portfolio = Portfolio(model)
    chosen: Counter[str] = Counter()
    for i in range(0, len(some), size):
        part = some[i : i + size]
        chosen.update(portfolio.choose(part, cap_bits_per_hz=piece.cap_bits_per_hz).origin)
    return {str(way): times for way, times in chosen.most_common()}


def measure(method: Method, some: LinkGraphs) -> tuple[Tensor, dict[str, float]]:
    """Values [B], and CPU milliseconds a graph in batches and alone."""
    size = max(1, _CHUNK_EDGES // some.links**2)
    method(some[:1])
    started = time.process_time()
    # fresh batches: what a graph caches about itself is part of the work
    found = torch.cat([method(some[i : i + size]) for i in range(0, len(some), size)])
    batched = (time.process_time() - started) / len(some)
    alone = []
    for i in range(min(20, len(some), max(3, _ALONE_EDGES // some.links**2))):
        started = time.process_time()
        method(some[i : i + 1])
        alone.append(time.process_time() - started)
    median = float(torch.tensor(alone).median())
    return found, {"batched_ms": round(1e3 * batched, 4), "alone_ms": round(1e3 * median, 3)}


def statistics(value: Tensor, reference: Tensor, rival: Tensor) -> dict[str, Any]:
    """Ratios to the reference, and their differences to the rival's."""
    ratio = (value / reference).double()
    ahead = ratio - (rival / reference).double()
    return {
        "ratio": _rounded(ratio.mean()),
        "ratio_interval": interval(ratio),
        "fifth_percentile": _rounded(ratio.quantile(0.05)),
        "over_best_of_5": _rounded(ahead.mean()),
        "over_best_of_5_interval": interval(ahead),
        "value": _rounded(value.double().mean()),
    }


def interval(values: Tensor) -> list[float]:
    """95 % bootstrap interval of the mean."""
    generator = torch.Generator().manual_seed(_SEED)
    drawn = torch.randint(len(values), (_RESAMPLES, len(values)), generator=generator)
    means = values[drawn].mean(1)
    return [_rounded(means.quantile(q)) for q in (0.025, 0.975)]


def _rounded(value: Tensor) -> float:
    return round(float(value), 5)


def show(name: str, piece: dict[str, Any]) -> None:
    """Print the lines of a piece."""
    print(f"{name}, {piece['graphs']} graphs")
    for row in piece["rows"]:
        low, high = row["ratio_interval"]
        print(
            f"  {row['method']:<36}{row['ratio']:.4f} [{low:.4f}, {high:.4f}]"
            f"  p5 {row['fifth_percentile']:.3f}  {row['over_best_of_5']:+.4f} to best of 5"
            f"  {row['value']:9.3f}  {row['batched_ms']:9.3f} ms {row['alone_ms']:9.2f} ms alone"
        )
    print(f"  best of the portfolio from: {piece['origins']}")
    if name == "pcgnn-20":
        print(f"  published, bit/s/Hz in all: {PUBLISHED_BITS_PER_HZ}")


def is_there(document: dict[str, Any], piece: Piece, about: dict[str, Any]) -> bool:
    """Whether a piece was measured with the same contestants on as many graphs."""
    found = document["pieces"].get(piece.name)
    digests = {name: made["digest"] for name, made in about.items()}
    return found is not None and (found["graphs"], found["digests"]) == (piece.count, digests)


def main() -> None:
    """Measure what is missing, write, print, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--rivals", type=Path, nargs="*", default=sorted(TRAINED_RIVALS.glob("*")))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--figure", type=Path, default=FIGURE)
    parser.add_argument("--graphs", type=int, help="of each piece; default by number of links")
    parser.add_argument("--links", type=int, nargs="+", default=list(GRAPHS))
    parser.add_argument(
        "--families", nargs="+", choices=[*FAMILIES, *TWINS], default=[*FAMILIES, *TWINS]
    )
    given = parser.parse_args()
    document: dict[str, Any] = {"seed": _SEED, "pieces": {}}
    if given.out.is_file():
        document = json.loads(given.out.read_text(encoding="utf-8"))
    with numerics():
        contestants = Contestants.of(given.model, given.rivals)
        document |= {"published": PUBLISHED_BITS_PER_HZ, "contestants": contestants.about}
        for piece in pieces(given.families, given.links, given.graphs):
            if not is_there(document, piece, contestants.about):
                document["pieces"][piece.name] = {
                    "family": piece.family.name,
                    "links": piece.links,
                    "graphs": piece.count,
                    "digests": {n: made["digest"] for n, made in contestants.about.items()},
                    "rows": rows(piece, contestants),
                    "origins": origins(piece, contestants.model),
                    "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "code": code(),
                    "machine": machine(),
                }
                partial = given.out.with_suffix(".partial")
                partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
                partial.replace(given.out)
            show(piece.name, document["pieces"][piece.name])
    draw(document, given.figure)


if __name__ == "__main__":
    main()
