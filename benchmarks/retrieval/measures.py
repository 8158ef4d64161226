"""Questions, and what is counted of the answers."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

QUERIES = Path(__file__).parent / "queries"
DRAWS = 2_000
MISSED = 10**6

Row = dict[str, object]


class Query(NamedTuple):
    """A question and the ids that answer it; none for one that nothing answers."""

    style: str
    text: str
    gold: tuple[str, ...]


def load(name: str) -> list[Query]:
    """The questions of one file."""
    lines = (QUERIES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    return [Query(row["style"], row["query"], tuple(row["gold"])) for row in rows]


def rank(found: list[str], gold: tuple[str, ...]) -> int:
    """Place of the first right answer, from 0."""
    return min((at for at, name in enumerate(found) if name in gold), default=MISSED)


def summary(ranks: list[int]) -> Row:
    """R@1, R@5, R@10 and mean reciprocal rank, each with a bootstrap interval of 95 % (seed 1)."""
    array = np.asarray(ranks)
    values = {f"r{k}": (array < k).astype(float) for k in (1, 5, 10)}
    values["mrr"] = np.where(array < MISSED, 1.0 / (array + 1.0), 0.0)
    return {"n": len(ranks)} | {name: interval(value) for name, value in values.items()}


def interval(values: np.ndarray) -> list[float]:
    """Mean, and its interval."""
    draws = np.random.default_rng(1).choice(values, size=(DRAWS, len(values))).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return [round(float(x), 3) for x in (values.mean(), low, high)]
