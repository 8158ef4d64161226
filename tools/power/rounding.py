"""Onto the equipment grid: rounding down, then coordinate search on the exact score."""

import torch
from torch import Tensor

from tools.power.evaluation import Evaluator
from tools.power.limits import PowerLimits

_ELEMENTS_AT_ONCE = 250_000
"""Size of the largest tensor [B, S, U, C] in one evaluation; small enough for the cache."""
_LEAST_GAIN = 1e-9


def polish(
    evaluator: Evaluator, limits: PowerLimits, start: Tensor, rounds: int, pairs: bool = False
) -> Tensor:
    """Best grid point found from ``start`` [C] (indices), never with a lower score than it.

    Each round tries one or two grid steps of every cell, with ``pairs`` also one cell up and
    another down, keeps to the sum limits, and takes the best.
    """
    moves = _moves(len(limits.grid), pairs)
    sizes = torch.tensor([len(g) for g in limits.grid])
    best, best_score = start, float(score(evaluator, limits, start[None])[0])
    for _ in range(rounds):
        tried = best + moves
        inside = ((tried >= 0) & (tried < sizes)).all(-1)
        tried = tried[inside]
        used = limits.values(tried) @ limits.members.T
        tried = tried[(used <= limits.sums).all(-1)]
        if not len(tried):
            break
        scores = score(evaluator, limits, tried)
        winner = int(scores.argmax())
        if float(scores[winner]) <= best_score + _LEAST_GAIN:
            break
        best, best_score = tried[winner], float(scores[winner])
    return best


def score(evaluator: Evaluator, limits: PowerLimits, index: Tensor) -> Tensor:
    """Scores [B] of grid indices [B, C]."""
    return scores_of(evaluator, limits.values(index))


def scores_of(evaluator: Evaluator, power_mw: Tensor) -> Tensor:
    """Scores [B] of powers [B, C], in pieces that fit the cache."""
    samples, ues, cells = evaluator.model.gain_db.shape
    piece = max(1, _ELEMENTS_AT_ONCE // (samples * ues * cells))
    with torch.no_grad():
        return torch.cat([evaluator.score(part) for part in torch.split(power_mw, piece)])


def _moves(cells: int, pairs: bool) -> Tensor:
    unit = torch.eye(cells, dtype=torch.long)
    moves = [unit, -unit, 2 * unit, -2 * unit]
    if pairs:
        up, down = torch.meshgrid(torch.arange(cells), torch.arange(cells), indexing="ij")
        distinct = up != down
        moves.append(unit[up[distinct]] - unit[down[distinct]])
    return torch.cat(moves)
