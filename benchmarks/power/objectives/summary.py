"""Rows with bootstrap intervals over graphs and seeds."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.pieces import Values
from twins.runtime import derive_seed

RESAMPLES = 1000
ALL = "all"
Floats = NDArray[np.float64]
Key = tuple[str, ...]


def rows_of(found: Iterable[tuple[Key, int, Values]]) -> list[dict[str, Any]]:
    """A row for each key and test set, and one for all sets together.

    Args:
        found: key, seed and ``{set: {"ratio": [...], "held": [...], "ms": float}}``.
    """
    by_key: dict[tuple[Key, str], dict[int, Values]] = defaultdict(dict)
    for key, seed, sets in found:
        for name, values in sets.items():
            by_key[key, name][seed] = values
        by_key[key, ALL][seed] = _together(sets.values())
    return [_row(key, name, seeds) for (key, name), seeds in by_key.items()]


def _together(sets: Iterable[Values]) -> Values:
    chosen = list(sets)
    joined: Values = {"ratio": [r for s in chosen for r in s["ratio"]]}
    if "held" in chosen[0]:
        joined["held"] = [h for s in chosen for h in s["held"]]
    return joined


def _row(key: Key, name: str, seeds: dict[int, Values]) -> dict[str, Any]:
    ratios = np.array([v["ratio"] for v in seeds.values()])  # [seeds, graphs]
    row: dict[str, Any] = {"key": list(key), "set": name, "seeds": len(ratios)}
    row |= {"graphs": ratios.shape[1]}
    if not ratios.size:
        return row
    low, high = interval(ratios)
    row |= {"ratio": float(ratios.mean()), "low": low, "high": high}
    row |= {"fifth_percentile": float(np.quantile(ratios, 0.05))}
    if len(ratios) > 1:
        row["seed_means"] = [round(float(m), 5) for m in ratios.mean(1)]
    first = next(iter(seeds.values()))
    if "held" in first:
        row["held"] = float(np.mean([v["held"] for v in seeds.values()]))
    if "ms" in first:
        row["batched_ms"] = float(np.mean([v["ms"] for v in seeds.values()]))
    return row


def interval(ratios: Floats) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of ratios [seeds, graphs], both resampled."""
    rng = np.random.default_rng(derive_seed("power_objectives", "bootstrap"))
    seeds, count = ratios.shape
    means = [
        ratios[rng.integers(0, seeds, seeds)][:, rng.integers(0, count, count)].mean()
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
