"""The contracts by name, for ``ranwright schema NAME``."""

import re
from typing import Any

from contracts.action import ActionPlan, Candidate
from contracts.activation import Activation, ActivationPlan
from contracts.calibration import CalibrationCertificate
from contracts.canonical import Contract
from contracts.certificate import Approval, Certificate, Receipt
from contracts.decision import Decision
from contracts.deployment import (
    DeploymentCertificate,
    DeploymentPlan,
    DeploymentVerdict,
    RicView,
)
from contracts.dictionary.profile import EquipmentProfile
from contracts.dictionary.record import ParameterRecord
from contracts.dsse import SignedEnvelope
from contracts.errors import ExitCode, RanwrightError
from contracts.evidence import Evidence
from contracts.gap import GapRecord
from contracts.intent import Clarification, Intent, Refusal
from contracts.network import KpmReport, NetworkSnapshot
from contracts.plant_link import ControlAck, ControlRequest, NodeInfo
from contracts.policy import Policy
from contracts.problem import Problem
from contracts.record import Record
from contracts.requirement import Requirement
from contracts.verdict import Verdict

_PUBLISHED: tuple[type[Contract], ...] = (
    ActionPlan,
    Activation,
    ActivationPlan,
    Approval,
    CalibrationCertificate,
    Candidate,
    Certificate,
    Clarification,
    ControlAck,
    ControlRequest,
    Decision,
    DeploymentCertificate,
    DeploymentPlan,
    DeploymentVerdict,
    EquipmentProfile,
    Evidence,
    GapRecord,
    Intent,
    KpmReport,
    NetworkSnapshot,
    NodeInfo,
    ParameterRecord,
    Policy,
    Problem,
    Receipt,
    Record,
    Refusal,
    Requirement,
    RicView,
    SignedEnvelope,
    Verdict,
)

SCHEMAS: dict[str, type[Contract]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower(): kind for kind in _PUBLISHED
}
"""Published contracts by snake-case name."""


def json_schema(name: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a contract; class names work as well.

    Raises:
        RanwrightError: ``schema.unknown``.
    """
    kind = SCHEMAS.get(name) or {k.__name__: k for k in _PUBLISHED}.get(name)
    if kind is None:
        raise RanwrightError(
            "schema.unknown",
            f"There is no contract {name!r}.",
            f"Use one of {', '.join(sorted(SCHEMAS))}.",
            ExitCode.USAGE,
        )
    return kind.model_json_schema()
