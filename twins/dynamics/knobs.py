"""The knobs: standard parameters that a run can be started with, and what each must move.

Names, ranges and units come from :mod:`contracts.dictionary`; values are those of the field as it
is transmitted, so 6 is an a3-Offset of 3 dB and 60 a digitalTilt of 6 degrees.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from contracts.dictionary import ParameterRecord, check_value, lookup, to_real
from contracts.dictionary.rules import ParameterValue
from contracts.errors import ExitCode, RanwrightError
from twins.dynamics.profile import Profile
from twins.dynamics.settings import Settings
from twins.scenario import Scenario

Scope = Literal["network", "cell", "relation", "slice"]


@dataclass(frozen=True)
class Knob:
    """One parameter.

    Attributes:
        name: ``object.name`` in the dictionary.
        scope: what it can be set for: one value for all, or also one for a cell, for a neighbour
            (or a pair of cells), or for a slice.
        field: the attribute of :class:`twins.dynamics.settings.Settings` it sets.
        enters: what in the simulation reads it.
        real: from the transmitted value to the setting's unit.
        alias: the same quantity in E2SM-RC, accepted in its place.
    """

    name: str
    scope: Scope
    field: str
    enters: str
    real: Callable[[str, Any], Any]
    alias: str | None = None

    @property
    def record(self) -> ParameterRecord:
        """Its entry in the dictionary."""
        return lookup(self.name)


@dataclass(frozen=True)
class Turn:
    """A knob turned to a value, for all (no target) or for one cell, relation or slice.

    Written ``NAME=VALUE`` or ``NAME@TARGET=VALUE``; a target is a cell id, ``SOURCE:NEIGHBOUR``
    for one relation (a lone cell id: every relation towards it), or the name of a slice.
    """

    knob: Knob
    value: ParameterValue
    target: str | None = None

    def __str__(self) -> str:
        at = "" if self.target is None else f"@{self.target}"
        return f"{self.knob.name}{at}={self.value}"


def _scaled(name: str, value: float) -> float:
    return to_real(name, float(value))


def _digits(_name: str, value: str) -> float:
    """``ms160`` and ``fc4``."""
    return float(re.sub(r"\D", "", value))


def _text(_name: str, value: str) -> str:
    return value


def _bits(_name: str, value: int) -> Any:
    return np.array([bit == "1" for bit in f"{value:08b}"])


_QUOTA = "E2SM-RC control style 2 action 6"

KNOBS: Mapping[str, Knob] = {
    knob.name: knob
    for knob in (
        Knob(
            "NRSectorCarrier.configuredMaxTxPower",
            "cell",
            "tx_power_mw",
            "signal and interference of the cell, its RSRP, its power amplifiers",
            _scaled,
        ),
        Knob(
            "CommonBeamformingFunction.digitalTilt",
            "cell",
            "tilt_deg",
            "vertical pattern, or the codebooks of the beams",
            _scaled,
        ),
        Knob(
            "NRCellRelation.cellIndividualOffset",
            "relation",
            "individual_offset_db",
            "added to the neighbour's RSRP in event A3",
            _scaled,
        ),
        Knob(
            "EventTriggerConfig.a3-Offset",
            "network",
            "a3_offset_db",
            "how much better a neighbour must be",
            _scaled,
        ),
        Knob(
            "EventTriggerConfig.hysteresis",
            "network",
            "hysteresis_db",
            "added to the entering condition of event A3",
            _scaled,
        ),
        Knob(
            "EventTriggerConfig.timeToTrigger",
            "network",
            "time_to_trigger_ms",
            "how long event A3 must hold",
            _digits,
        ),
        Knob(
            "FilterConfig.filterCoefficientRSRP",
            "network",
            "filter_coefficient",
            "memory of the layer-3 filter",
            _digits,
        ),
        Knob(
            "RLF-TimersAndConstants.t310",
            "network",
            "t310_ms",
            "from out of sync to a failed link",
            _digits,
        ),
        Knob(
            "RRMPolicyRatio.rRMPolicyDedicatedRatio",
            "slice",
            "dedicated_percent",
            "share of the PRBs that others never get",
            _scaled,
            f"{_QUOTA}.Dedicated PRB Policy Ratio",
        ),
        Knob(
            "RRMPolicyRatio.rRMPolicyMinRatio",
            "slice",
            "min_percent",
            "share of the PRBs guaranteed when needed",
            _scaled,
            f"{_QUOTA}.Min PRB Policy Ratio",
        ),
        Knob(
            "RRMPolicyRatio.rRMPolicyMaxRatio",
            "slice",
            "max_percent",
            "share of the PRBs never exceeded",
            _scaled,
            f"{_QUOTA}.Max PRB Policy Ratio",
        ),
        Knob(
            "NRCellDU.administrativeState",
            "cell",
            "administrative_state",
            "LOCKED: off the air at once; SHUTTINGDOWN: off once its UEs are handed over",
            _text,
        ),
        Knob(
            "CESManagementFunction.energySavingControl",
            "cell",
            "energy_saving",
            "hands the cell's UEs over, then deep sleep",
            _text,
        ),
        Knob(
            "NRCellDU.ssbPeriodicity",
            "network",
            "ssb_period_ms",
            "SSB overhead, samples of RSRP, beam sweeps, interruption of handovers, micro sleep",
            _scaled,
        ),
        Knob(
            "ServingCellConfigCommon.ssb-PositionsInBurst",
            "network",
            "ssb_positions",
            "beams that can be found, SSB overhead",
            _bits,
        ),
    )
}
"""Every knob by name."""

_TURN = re.compile(r"(?P<name>[^@=]+)(@(?P<target>[^=]+))?=(?P<value>.+)")


def parse_turn(text: str, scenario: Scenario) -> Turn:
    """Read ``NAME[@TARGET]=VALUE`` and check the value.

    Args:
        text: as typed; the object may be left out of the name where one knob alone has it.
        scenario: its equipment says the range of powers.

    Raises:
        RanwrightError: ``dynamics.turn`` for another form, ``dynamics.unknown_knob``, or as
            :func:`contracts.dictionary.check_value`.
    """
    parts = _TURN.fullmatch(text.strip())
    if parts is None:
        raise RanwrightError(
            "dynamics.turn",
            f"{text!r} sets nothing.",
            "Write NAME=VALUE or NAME@TARGET=VALUE.",
            ExitCode.USAGE,
        )
    knob = _knob(parts["name"])
    literals = knob.record.literals
    numeric = literals is None or isinstance(literals[0], int)
    value: ParameterValue = parts["value"]
    if numeric and re.fullmatch(r"[+-]?\d+", parts["value"]):
        value = int(parts["value"])
    check_value(knob.record.id, value, scenario.equipment)
    return Turn(knob, value, parts["target"])


def apply(
    turns: tuple[Turn, ...], settings: Settings, scenario: Scenario, profile: Profile
) -> Settings:
    """The settings after some turns, in order.

    Raises:
        RanwrightError: ``dynamics.target`` for a target the network does not have.
    """
    for turn in turns:
        knob = turn.knob
        real = knob.real(knob.record.id, turn.value)
        if knob.scope == "network":
            if turn.target is not None:
                raise _no_target(turn, "nothing: it holds for the whole network")
            settings = replace(settings, **{knob.field: real})
            continue
        values = getattr(settings, knob.field).copy()
        values[_where(turn, scenario, profile)] = real
        settings = replace(settings, **{knob.field: values})
    return settings


def _where(turn: Turn, scenario: Scenario, profile: Profile) -> Any:
    """Index of the target in the setting's array."""
    if turn.target is None:
        return slice(None)
    if turn.knob.scope == "slice":
        names = [s.name for s in profile.slices]
        if turn.target not in names:
            raise _no_target(turn, ", ".join(names))
        return names.index(turn.target)
    source, colon, neighbour = turn.target.rpartition(":")
    ids = [str(cell_id) for cell_id in scenario.cell_ids]
    if (turn.knob.scope == "cell" and colon) or {source, neighbour} - {"", *ids}:
        raise _no_target(turn, ", ".join(ids))
    column = ids.index(neighbour)
    if turn.knob.scope == "cell":
        return column
    return (ids.index(source) if source else slice(None)), column


def _knob(name: str) -> Knob:
    found = [k for k in KNOBS.values() if name in (k.name, k.record.name, k.alias)]
    if len(found) == 1:
        return found[0]
    raise RanwrightError(
        "dynamics.unknown_knob",
        f"There is no knob {name[:100]!r}.",
        f"Known are {', '.join(KNOBS)}.",
        ExitCode.USAGE,
    )


def _no_target(turn: Turn, known: str) -> RanwrightError:
    return RanwrightError(
        "dynamics.target",
        f"{turn.knob.name} cannot be set for {turn.target!r}.",
        f"It can be set for {known}.",
        ExitCode.USAGE,
    )
