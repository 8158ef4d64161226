"""Deployments of xApps: certified like actions, carried out by the site's RIC.

A plan says what shall be done with which package, to the digest; the verifier judges it against
what the RIC shows (:class:`RicView`), the approver approves, the verifier signs, and the RIC does
that once, and nothing else.
"""

from typing import Literal, Self

import rfc8785
from pydantic import AwareDatetime, Field, JsonValue, model_validator

from contracts.canonical import Contract, Digest
from contracts.certificate import Approval
from contracts.clock import Instant
from contracts.dsse import SignedEnvelope
from contracts.verdict import Check, RiskClass
from contracts.xapp_rules import XappRules

DEPLOYMENT_VERDICT_PAYLOAD_TYPE = "application/vnd.ranwright.deployment-verdict+json"
DEPLOYMENT_PAYLOAD_TYPE = "application/vnd.ranwright.deployment+json"

Operation = Literal["deploy", "configure", "undeploy"]
_HEX_32 = r"^[0-9a-f]{32}$"
_HEX_64 = r"^[0-9a-f]{64}$"


class DeploymentPlan(Contract):
    """What shall be done with an xApp on one RIC.

    ``trace_id`` is of the request: the same asked again is another plan. ``controls`` are those to
    come into force; ``None``: those of the descriptor (``deploy``). The message and policy types
    are the descriptor's own, repeated for who approves.
    """

    trace_id: str = Field(min_length=1, max_length=64)
    operation: Operation
    ric_id: str = Field(pattern=_HEX_32)
    name: str
    version: str
    package_digest: str = Field(pattern=_HEX_64, description="as the RIC computes it")
    controls: dict[str, JsonValue] | None = None
    received_types: tuple[int, ...]
    sent_types: tuple[int, ...]
    policy_types: tuple[int, ...]
    ends_at: AwareDatetime | None = Field(
        default=None, description="when the RIC retires it by itself; None: it stays"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.operation == "configure" and self.controls is None:
            raise ValueError("configure needs controls")
        if self.operation == "undeploy" and self.controls is not None:
            raise ValueError("undeploy takes no controls")
        if self.operation != "deploy" and self.ends_at is not None:
            raise ValueError("only a deployment has an end")
        try:
            rfc8785.dumps(self.controls)
        except rfc8785.CanonicalizationError as error:
            raise ValueError(f"the controls have no canonical form: {error}") from error
        return self

    def __str__(self) -> str:
        return f"{self.operation} {self.name} {self.version}"


class PackageView(Contract):
    """An onboarded package, whole: its digest can be computed again."""

    descriptor: str
    schema_text: str
    command: tuple[str, ...]
    folder: str


class InstanceView(Contract):
    """A deployed xApp."""

    name: str
    version: str
    package_digest: str
    policy_types: tuple[int, ...]


class RicView(Contract):
    """What a RIC shows of itself to who judges a plan for it."""

    ric_id: str
    package: PackageView | None = Field(description="None: none of this name and version")
    instances: tuple[InstanceView, ...]
    free_address: str | None = Field(description="where the xApp's ports are free; None: nowhere")

    def instance(self, name: str) -> InstanceView | None:
        """The deployed xApp of a name."""
        return next((i for i in self.instances if i.name == name), None)


class DeploymentVerdict(Contract):
    """The verifier's judgement of one plan."""

    trace_id: str
    plan_digest: Digest
    view_digest: Digest = Field(description="of the RicView that it was judged against")
    policy_digest: Digest
    passed: bool
    checks: tuple[Check, ...]
    judged_at: Instant

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it failed; empty when it passed."""
        return tuple(f"{c.name}: {c.reason}" for c in self.checks if not c.passed)


class DeploymentCertificate(Contract):
    """The permission to carry a plan out once; signed by the verifier."""

    deployment_id: str = Field(pattern=_HEX_32)
    trace_id: str
    plan: DeploymentPlan
    verdict_digest: Digest
    policy_digest: Digest
    approval: SignedEnvelope
    issued_at: Instant
    expires_at: AwareDatetime


def deployment_id_of(approval: Approval) -> str:
    """What the certificate of an approval is called: of one approval there is one."""
    return approval.digest.removeprefix("sha256:")[:32]


def deployment_risk(
    plan: DeploymentPlan, rules: XappRules, release_digest: str | None
) -> RiskClass:
    """Whether a person must approve: the approver decides by it, the RIC checks it again.

    Args:
        plan: what shall be done.
        rules: of the policy.
        release_digest: of this release's package of the xApp, computed by who asks.
    """
    rule = rules.of(plan.name)
    if rule is None or rule.approval == "person":
        return "high"
    if rule.approval == "policy":
        return "low"
    is_release = plan.package_digest == release_digest
    ships = plan.operation == "deploy" and is_release and plan.controls is None
    makes_way = plan.operation == "undeploy" and release_digest is not None and not is_release
    return "low" if ships or makes_way else "high"
