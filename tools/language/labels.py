"""Marks as numbers, token by token, and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.target import Aggregate, TargetKpi
from tools.language.marks import BOUNDS, PLACES, Act, Mark, Marks, Meaning, Role

ACTS, ROLES, MEANINGS = tuple(Act), tuple(Role), tuple(Meaning)
KPIS: tuple[TargetKpi | None, ...] = (*TargetKpi, None)
AGGREGATES = tuple(Aggregate)
TAGS = 1 + 2 * len(ROLES)
"""Outside, and the beginning and inside of every role."""
NONE = -100
"""Where a class has no meaning and is not learnt."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Offsets = list[tuple[int, int]]


@dataclass(frozen=True)
class Labels:
    """Of a sentence of T tokens: ``tags``, ``kpis``, ``aggregates``, ``meanings`` [T].

    ``links`` are pairs of tokens: the first of a bound, and the first of what it is about.
    ``anchors`` are the first tokens of bounds, and of KPIs and places.
    """

    act: int
    tags: Ints
    kpis: Ints
    aggregates: Ints
    meanings: Ints
    links: tuple[tuple[int, int], ...]
    anchors: tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Scores:
    """What a model says: logits by class.

    Attributes:
        act: [acts].
        tags, kpis, aggregates, meanings: [T, classes].
        links: [T, T] of a bound (row) and what it is about.
    """

    act: Floats
    tags: Floats
    kpis: Floats
    aggregates: Floats
    meanings: Floats
    links: Floats


def label(marks: Marks, offsets: Offsets) -> Labels:
    """The labels of a sentence's tokens."""
    count = len(offsets)
    tags = np.zeros(count, np.int64)
    kpis, aggregates, meanings = (np.full(count, NONE, np.int64) for _ in range(3))
    firsts: list[int] = []
    for mark in marks.marks:
        inside = [
            i for i, (a, b) in enumerate(offsets) if a < mark.end and b > mark.start and b > a
        ]
        role = ROLES.index(mark.role)
        firsts.append(inside[0] if inside else 0)
        tags[inside] = 2 + 2 * role
        tags[inside[:1]] = 1 + 2 * role
        if mark.role is Role.KPI:
            kpis[inside] = KPIS.index(mark.kpi)
            if mark.kpi is not None and mark.aggregate is not None:
                aggregates[inside] = AGGREGATES.index(mark.aggregate)
        if mark.meaning is not None:
            meanings[inside] = MEANINGS.index(mark.meaning)
        elif mark.role in BOUNDS:
            meanings[inside] = len(MEANINGS)
    bounds = tuple(f for f, m in zip(firsts, marks.marks, strict=True) if m.role in BOUNDS)
    others = tuple(f for f, m in zip(firsts, marks.marks, strict=True) if _about(m.role))
    links = tuple((firsts[b], firsts[o]) for b, o in sorted(marks.links))
    act = ACTS.index(marks.act)
    return Labels(act, tags, kpis, aggregates, meanings, links, (bounds, others))


def marks_of(scores: Scores, offsets: Offsets, tokens: list[str]) -> Marks:
    """The likeliest marks."""
    spans = _spans(scores.tags.argmax(-1), offsets, tokens)
    marks = tuple(_mark(scores, role, where, offsets) for role, where in spans)
    links = frozenset(
        (b, o)
        for b, (role, bound) in enumerate(spans)
        for o, (other, about) in enumerate(spans)
        if role in BOUNDS and _about(other) and scores.links[bound[0], about[0]] > 0.0
    )
    real = [i for i, (a, b) in enumerate(offsets) if b > a]
    certainty = min((_certainty(scores.tags[i]) for i in real), default=0.0)
    act = ACTS[int(scores.act.argmax())]
    return Marks(act, marks, links, min(certainty, _certainty(scores.act)))


def _spans(tags: Ints, offsets: Offsets, tokens: list[str]) -> list[tuple[Role, list[int]]]:
    found: list[tuple[Role, list[int]]] = []
    going = False
    for i, (start, end) in enumerate(offsets):
        tag = int(tags[i])
        if end == start:
            going = False
        elif _continues(i, offsets, tokens):
            if going:
                found[-1][1].append(i)
        elif tag == 0:
            going = False
        else:
            role = ROLES[(tag - 1) // 2]
            if going and tag % 2 == 0 and found[-1][0] is role:
                found[-1][1].append(i)
            else:
                found.append((role, [i]))
            going = True
    return found


def _continues(i: int, offsets: Offsets, tokens: list[str]) -> bool:
    """Whether a token goes on with the word before it; a sign before a number is no word."""
    joined = tokens[i].startswith("##") and i > 0 and offsets[i - 1][1] == offsets[i][0]
    return joined and any(c.isalnum() for c in tokens[i - 1])


def _mark(scores: Scores, role: Role, where: list[int], offsets: Offsets) -> Mark:
    start, end = offsets[where[0]][0], offsets[where[-1]][1]
    if role is Role.KPI:
        kpi = KPIS[int(scores.kpis[where].mean(0).argmax())]
        aggregate = AGGREGATES[int(scores.aggregates[where].mean(0).argmax())]
        return Mark(role, start, end, kpi=kpi, aggregate=aggregate)
    if role in BOUNDS:
        best = int(scores.meanings[where].mean(0).argmax())
        return Mark(role, start, end, meaning=MEANINGS[best] if best < len(MEANINGS) else None)
    return Mark(role, start, end)


def _about(role: Role) -> bool:
    return role is Role.KPI or role in PLACES


def _certainty(logits: Floats) -> float:
    shifted = np.exp(logits - logits.max())
    return float(shifted.max() / shifted.sum())
