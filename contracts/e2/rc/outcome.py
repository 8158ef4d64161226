"""What became of a control: its outcome (E2SM-RC 9.2.1.8)."""

from dataclasses import dataclass

from contracts.e2.common.function import STYLE_TYPE
from contracts.e2.common.shapes import boxed
from contracts.e2.per import Codec, choice, field, sequence, sequence_of
from contracts.e2.rc.conditions import SMALL_ID
from contracts.e2.rc.parameters import (
    MOST,
    PARAMETER,
    PARAMETER_RESULT,
    Parameter,
    ParameterResult,
)


@dataclass(frozen=True, slots=True)
class Results:
    """Format 1: values of elements."""

    parameters: tuple[ParameterResult, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionResults:
    """Values of elements after one action among several."""

    action: int
    parameters: tuple[ParameterResult, ...]


@dataclass(frozen=True, slots=True)
class StyleResults:
    """Results of the actions of one style."""

    style_type: int
    actions: tuple[ActionResults, ...]


@dataclass(frozen=True, slots=True)
class ActionsResults:
    """Format 2: results of several actions."""

    styles: tuple[StyleResults, ...]


@dataclass(frozen=True, slots=True)
class TreeResults:
    """Format 3: parameters of any shape."""

    parameters: tuple[Parameter, ...] = ()


ControlOutcome = Results | ActionsResults | TreeResults

_ACTION_RESULTS = sequence(
    ActionResults,
    field("action", SMALL_ID),
    field("parameters", sequence_of(PARAMETER_RESULT, 1, MOST)),
    additions=(),
)
_STYLE_RESULTS = sequence(
    StyleResults,
    field("style_type", STYLE_TYPE),
    field("actions", sequence_of(_ACTION_RESULTS, 1, 63)),
    additions=(),
)
_FORMATS: Codec[ControlOutcome] = choice(
    "control outcome format",
    (
        Results,
        sequence(Results, field("parameters", sequence_of(PARAMETER_RESULT, 0, 255)), additions=()),
    ),
    additions=(
        (
            ActionsResults,
            sequence(
                ActionsResults, field("styles", sequence_of(_STYLE_RESULTS, 1, 63)), additions=()
            ),
        ),
        (
            TreeResults,
            sequence(
                TreeResults, field("parameters", sequence_of(PARAMETER, 0, 255)), additions=()
            ),
        ),
    ),
)
CONTROL_OUTCOME = boxed(_FORMATS)
