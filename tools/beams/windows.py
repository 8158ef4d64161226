"""Windows over sequences of beam powers, and how they are split for training and for judging."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace

import numpy as np

from contracts.errors import ExitCode, RanwrightError
from tools.beams.trackers import Array
from twins.runtime import derive_seed

PAST = 8
FUTURE = 5
STEP_S = 0.1
"""Between samples of DeepSense 6G; horizons are 0.1 to 0.5 s."""


@dataclass(frozen=True)
class Sequence:
    """One vehicle on its way.

    Attributes:
        scenario: it was recorded in.
        number: within the scenario.
        power: [T, beams] received power, linear.
    """

    scenario: int
    number: int
    power: Array


@dataclass(frozen=True)
class Windows:
    """N pieces of sequences.

    Attributes:
        past: [N, past, beams] linear power.
        future: [N, future, beams].
        scenario: [N].
        sequence: [N] which sequence each comes from, unique over scenarios.
    """

    past: Array
    future: Array
    scenario: Array
    sequence: Array

    def __len__(self) -> int:
        return len(self.past)

    def where(self, chosen: Array) -> "Windows":
        """Those that a mask or an index chooses."""
        return Windows(
            self.past[chosen], self.future[chosen], self.scenario[chosen], self.sequence[chosen]
        )


@dataclass(frozen=True)
class Split:
    """Sequences by what they are used for; no sequence is in two parts."""

    training: list[Sequence]
    validation: list[Sequence]
    test: list[Sequence]


def windows(
    sequences: Iterable[Sequence], past: int = PAST, future: int = FUTURE, stride: int = 1
) -> Windows:
    """All windows of all sequences; shorter sequences give none.

    Args:
        stride: samples from one step to the next; 2 is a vehicle at twice the speed.

    Raises:
        RanwrightError: ``beams.no_windows`` when all sequences are too short.
    """
    taken = np.arange(past + future) * stride
    parts, scenario, sequence = [], [], []
    for n, one in enumerate(sequences):
        starts = np.arange(max(0, len(one.power) - int(taken[-1])))
        parts.append(one.power[starts[:, None] + taken])
        scenario.append(np.full(len(starts), one.scenario))
        sequence.append(np.full(len(starts), n))
    if not sum(map(len, parts)):
        raise RanwrightError(
            "beams.no_windows",
            f"No sequence has {taken[-1] + 1} samples.",
            "Give longer sequences.",
            ExitCode.USAGE,
        )
    whole = np.concatenate(parts)
    return Windows(
        whole[:, :past], whole[:, past:], np.concatenate(scenario), np.concatenate(sequence)
    )


def joined(parts: list[Windows]) -> Windows:
    """One after the other; sequences of different parts may share a number."""
    names = [f.name for f in fields(Windows)]
    return Windows(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def indices_only(some: Windows, floor: float = 0.1) -> Windows:
    """The same futures, with nothing left of the past but which beam was best."""
    best = some.past.argmax(-1)[..., None]
    one = np.where(np.arange(some.past.shape[-1]) == best, 1.0, floor).astype(np.float32)
    return replace(some, past=one)


def held_out_sequences(sequences: list[Sequence], seed: int, share: float = 0.2) -> Split:
    """A share of every scenario's sequences for the test, and as many for validation."""
    return _split(sequences, seed, share, share)


def held_out_scenarios(
    sequences: list[Sequence], scenarios: tuple[int, ...], seed: int, share: float = 0.15
) -> Split:
    """Whole scenarios for the test; of the others, a share of the sequences for validation."""
    inside, outside = parted(sequences, lambda s: s.scenario not in scenarios)
    rest = _split(inside, seed, 0.0, share)
    return Split(rest.training, rest.validation, outside)


def parted(
    sequences: list[Sequence], condition: Callable[[Sequence], bool]
) -> tuple[list[Sequence], list[Sequence]]:
    """Those that meet a condition, and the others."""
    return [s for s in sequences if condition(s)], [s for s in sequences if not condition(s)]


def _split(sequences: list[Sequence], seed: int, test: float, validation: float) -> Split:
    split = Split([], [], [])
    for scenario in sorted({s.scenario for s in sequences}):
        own = [s for s in sequences if s.scenario == scenario]
        drawn = np.random.default_rng(derive_seed("beams", "split", seed, scenario))
        order = drawn.permutation(len(own))
        first = round(test * len(own))
        second = first + max(1, round(validation * len(own)))
        for part, chosen in (
            (split.test, order[:first]),
            (split.validation, order[first:second]),
            (split.training, order[second:]),
        ):
            part += [own[i] for i in sorted(chosen)]
    return split
