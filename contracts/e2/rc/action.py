"""Action definitions: what to report, by what policy to act, when to ask (E2SM-RC 9.2.1.2)."""

from dataclasses import dataclass
from enum import Enum

from contracts.e2.common.function import STYLE_TYPE
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.per import Codec, choice, enumerated, field, optional, sequence, sequence_of
from contracts.e2.rc.conditions import PARAMETER_TESTS, SMALL_ID, ParameterTest
from contracts.e2.rc.parameters import (
    MOST,
    PARAMETER,
    PARAMETER_REQUESTS,
    Parameter,
    ParameterRequest,
)


@dataclass(frozen=True, slots=True)
class ReportedParameters:
    """Format 1: parameters to report."""

    parameters: tuple[ParameterRequest, ...]


class Decision(Enum):
    """Whether what was asked about may go on."""

    ACCEPT = "accept"
    REJECT = "reject"


DECISION = enumerated(Decision, root=2)


@dataclass(frozen=True, slots=True)
class PolicyAction:
    """What the node does by itself when the conditions hold."""

    id: int
    parameters: tuple[Parameter, ...] | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """An action and the conditions under which the node takes it."""

    action: PolicyAction
    conditions: tuple[ParameterTest, ...] | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """Format 2: policies."""

    policies: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class InsertIndication:
    """Format 3: the node asks, telling these parameters, and waits."""

    id: int
    parameters: tuple[ParameterRequest, ...]
    ue: UeId | None = None


@dataclass(frozen=True, slots=True)
class InsertRequest:
    """An insert indication among several."""

    id: int
    parameters: tuple[ParameterRequest, ...]


@dataclass(frozen=True, slots=True)
class InsertStyle:
    """Insert indications of one style."""

    style_type: int
    indications: tuple[InsertRequest, ...]


@dataclass(frozen=True, slots=True)
class InsertIndications:
    """Format 4: the node asks about several things at once."""

    styles: tuple[InsertStyle, ...]
    ue: UeId | None = None


Format = ReportedParameters | Policies | InsertIndication | InsertIndications


@dataclass(frozen=True, slots=True)
class ActionDefinition:
    """A style and the format that it uses."""

    style_type: int
    format: Format


_POLICY = sequence(
    Policy,
    field(
        "action",
        sequence(
            PolicyAction,
            field("id", SMALL_ID),
            optional("parameters", sequence_of(PARAMETER, 1, MOST)),
            additions=(optional("decision", DECISION),),
        ),
    ),
    optional("conditions", PARAMETER_TESTS),
    additions=(),
)
_INSERT_STYLE = sequence(
    InsertStyle,
    field("style_type", STYLE_TYPE),
    field(
        "indications",
        sequence_of(
            sequence(
                InsertRequest,
                field("id", SMALL_ID),
                field("parameters", PARAMETER_REQUESTS),
                additions=(),
            ),
            1,
            63,
        ),
    ),
    additions=(),
)
_FORMATS: Codec[Format] = choice(
    "action definition format",
    (
        ReportedParameters,
        sequence(ReportedParameters, field("parameters", PARAMETER_REQUESTS), additions=()),
    ),
    (
        Policies,
        sequence(Policies, field("policies", sequence_of(_POLICY, 1, MOST)), additions=()),
    ),
    (
        InsertIndication,
        sequence(
            InsertIndication,
            field("id", SMALL_ID),
            field("parameters", PARAMETER_REQUESTS),
            optional("ue", UE_ID),
            additions=(),
        ),
    ),
    additions=(
        (
            InsertIndications,
            sequence(
                InsertIndications,
                field("styles", sequence_of(_INSERT_STYLE, 1, 63)),
                optional("ue", UE_ID),
                additions=(),
            ),
        ),
    ),
)
ACTION_DEFINITION = sequence(
    ActionDefinition, field("style_type", STYLE_TYPE), field("format", _FORMATS), additions=()
)
