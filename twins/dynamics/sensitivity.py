"""Sensitivity: each knob turned alone, with common random numbers, against what it must move.

Both runs of a pair share UEs, ways, packets, fading and errors, so that a difference is the knob's.
The claim is one-sided and tested over the seeds with a paired t-test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field
from scipy.stats import ttest_1samp

from contracts.canonical import Contract
from twins.channel import load_link_map
from twins.dynamics import measures
from twins.dynamics.knobs import apply, parse_turn
from twins.dynamics.measures import measure
from twins.dynamics.profile import load_profile
from twins.dynamics.settings import start_settings
from twins.dynamics.simulate import simulate
from twins.dynamics.stage import set_stage
from twins.runtime import configure_thread
from twins.scenario import Scenario

SIGNIFICANCE = 0.01
SEEDS = 8
SECONDS = {"crossing": 6.0, "contest": 2.0, "sweeping": 1.0}
"""Of network time by profile."""

Figures = dict[tuple[str, str], float]
Key = tuple[str, str]
"""Name and scope of a measurement."""


@dataclass(frozen=True)
class Trial:
    """A knob turned.

    Attributes:
        profile: built-in profile that shows it.
        turns: as :func:`twins.dynamics.knobs.parse_turn` reads them; the last is the one on trial,
            those before it hold in both runs.
        rises: what must rise.
        falls: what must fall.
        keeps: what must stay exactly as it is.
    """

    profile: str
    turns: tuple[str, ...]
    rises: tuple[Key, ...] = ()
    falls: tuple[Key, ...] = ()
    keeps: tuple[Key, ...] = ()


class Sensitivity(Contract):
    """What one turn did to one measurement."""

    turn: str = Field(description="knob, target and value")
    profile: str = Field(description="under which it was turned")
    name: str = Field(description="measurement")
    scope: str = Field(description="network, or whose")
    expected: str = Field(description="rises, falls or keeps")
    before: float = Field(description="mean over the seeds")
    after: float = Field(description="mean over the seeds")
    p_value: float = Field(description="of no change as expected; of keeps, 1 if nothing changed")
    shown: bool = Field(description="significant in the expected direction, or unchanged")


_HANDOVERS = (measures.HANDOVERS, "network")
_PING_PONGS = (measures.PING_PONGS, "network")
_FAILURES = (measures.LINK_FAILURES, "network")
_POWER = (measures.POWER, "network")
_SINR = (measures.SINR, "network")
_THROUGHPUT = (measures.THROUGHPUT, "network")
_ASLEEP = (measures.ASLEEP, "network")
_INTERRUPTED = (measures.INTERRUPTED, "network")

TRIALS: tuple[Trial, ...] = (
    Trial(
        "contest",
        ("NRSectorCarrier.configuredMaxTxPower@2=1262",),
        falls=((measures.POWER, "cell 2"), (measures.CONNECTED, "cell 2")),
    ),
    Trial("contest", ("CommonBeamformingFunction.digitalTilt=120",), rises=(_SINR, _THROUGHPUT)),
    Trial(
        "crossing",
        ("NRCellRelation.cellIndividualOffset@2=10",),
        rises=(_HANDOVERS, (measures.CONNECTED, "cell 2")),
    ),
    Trial(
        "crossing",
        ("EventTriggerConfig.a3-Offset=0", "EventTriggerConfig.a3-Offset=12"),
        falls=(_HANDOVERS, _PING_PONGS),
    ),
    Trial("crossing", ("EventTriggerConfig.hysteresis=6",), falls=(_HANDOVERS, _PING_PONGS)),
    Trial(
        "crossing",
        ("EventTriggerConfig.timeToTrigger=ms0", "EventTriggerConfig.timeToTrigger=ms1280"),
        rises=((measures.TOO_LATE, "network"),),
        falls=(_HANDOVERS, _PING_PONGS),
    ),
    Trial(
        "crossing",
        ("FilterConfig.filterCoefficientRSRP=fc8",),
        falls=(_HANDOVERS, _PING_PONGS),
    ),
    Trial("crossing", ("RLF-TimersAndConstants.t310=ms200",), rises=(_FAILURES,)),
    Trial(
        "contest",
        ("RRMPolicyRatio.rRMPolicyMinRatio@realtime=50",),
        rises=((measures.IN_TIME, "slice realtime"),),
        falls=((measures.THROUGHPUT, "slice broadband"),),
        keeps=(_HANDOVERS, _INTERRUPTED),
    ),
    Trial(
        "contest",
        (
            "RRMPolicyRatio.rRMPolicyMinRatio@realtime=50",
            "RRMPolicyRatio.rRMPolicyDedicatedRatio@realtime=50",
        ),
        falls=((measures.VOLUME, "slice broadband"), (measures.PRB_USAGE, "network")),
        keeps=(_HANDOVERS, _INTERRUPTED),
    ),
    Trial(
        "contest",
        ("RRMPolicyRatio.rRMPolicyMaxRatio@broadband=30",),
        rises=((measures.IN_TIME, "slice realtime"),),
        falls=((measures.VOLUME, "slice broadband"), (measures.PRB_USAGE, "network")),
        keeps=(_HANDOVERS, _INTERRUPTED),
    ),
    Trial(
        "contest",
        ("NRCellDU.administrativeState@2=LOCKED",),
        rises=(_FAILURES, _ASLEEP, _INTERRUPTED),
        falls=(_POWER,),
    ),
    Trial(
        "contest",
        ("NRCellDU.administrativeState@2=SHUTTINGDOWN",),
        rises=(_ASLEEP,),
        falls=(_POWER, (measures.CONNECTED, "cell 2")),
    ),
    Trial(
        "contest",
        ("CESManagementFunction.energySavingControl@2=TO_BE_ENERGY_SAVING",),
        rises=(_ASLEEP,),
        falls=(_POWER, (measures.PRB_USAGE, "cell 2")),
    ),
    Trial(
        "contest",
        # without handovers, whose measurements would change as well
        ("EventTriggerConfig.a3-Offset=30", "NRCellDU.ssbPeriodicity=160"),
        rises=(_THROUGHPUT,),
        falls=(_POWER,),
    ),
    Trial(
        "crossing",
        ("EventTriggerConfig.a3-Offset=0", "NRCellDU.ssbPeriodicity=160"),
        rises=(_INTERRUPTED,),
    ),
    Trial(
        "sweeping",
        ("ServingCellConfigCommon.ssb-PositionsInBurst=128",),
        falls=(_SINR,),
    ),
)
"""Every knob at least once."""

Progress = Callable[[int, int], None]


def sensitivity(
    scenario: Scenario,
    trials: Sequence[Trial] = TRIALS,
    seeds: int = SEEDS,
    on_progress: Progress | None = None,
) -> tuple[Sensitivity, ...]:
    """Run trials at flow level.

    Args:
        scenario: where; the trials name cells 2 and 3.
        trials: what to turn.
        seeds: how many pairs of runs.
        on_progress: called with runs done and runs in all.
    """
    configure_thread()
    links = load_link_map(scenario)
    arms = dict.fromkeys((t.profile, turns) for t in trials for turns in (t.turns[:-1], t.turns))
    figures: dict[tuple[str, tuple[str, ...]], list[Figures]] = {arm: [] for arm in arms}
    done = 0
    for profile_name in dict.fromkeys(name for name, _ in arms):
        profile = load_profile(profile_name)
        start = start_settings(scenario, profile)
        for seed in range(1, seeds + 1):
            stage = set_stage(scenario, profile, SECONDS[profile_name], seed, links)
            for name, texts in arms:
                if name != profile_name:
                    continue
                turns = tuple(parse_turn(text, scenario) for text in texts)
                settings = apply(turns, start, scenario, profile)
                figures[name, texts].append(_figures(measure(simulate(stage, settings))))
                done += 1
                if on_progress is not None:
                    on_progress(done, len(arms) * seeds)
    return tuple(row for t in trials for row in _rows(t, figures))


def _figures(measured: Sequence[measures.Measurement]) -> Figures:
    return {(m.name, m.scope): m.value for m in measured if m.value is not None}


def _rows(
    trial: Trial, figures: dict[tuple[str, tuple[str, ...]], list[Figures]]
) -> list[Sensitivity]:
    before = figures[trial.profile, trial.turns[:-1]]
    after = figures[trial.profile, trial.turns]
    rows = []
    for expected in ("rises", "falls", "keeps"):
        for key in getattr(trial, expected):
            values = np.array([[b[key], a[key]] for b, a in zip(before, after, strict=True)])
            p_value = _p_value(values[:, 1] - values[:, 0], expected)
            rows.append(
                Sensitivity(
                    turn=trial.turns[-1],
                    profile=trial.profile,
                    name=key[0],
                    scope=key[1],
                    expected=expected,
                    before=float(values[:, 0].mean()),
                    after=float(values[:, 1].mean()),
                    p_value=p_value,
                    shown=p_value == 1.0 if expected == "keeps" else p_value < SIGNIFICANCE,
                )
            )
    return rows


def _p_value(change: np.ndarray, expected: str) -> float:
    """Of the paired test; where all differences are equal, the limit of its statistic."""
    if expected == "keeps":
        return float(not change.any())
    towards = change if expected == "rises" else -change
    if np.ptp(towards) == 0.0:
        return 0.0 if towards[0] > 0 else 1.0
    return float(ttest_1samp(towards, 0.0, alternative="greater").pvalue)
