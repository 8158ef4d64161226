"""The part of the operator policy on xApps: who may run on the site's RIC, and who approves."""

from typing import Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract

ACTUATOR = "actuator"
"""Name of the only xApp that may send E2 control."""

E2_CONTROL_REQ = 12040
"""RMR message type of an E2 control request (facts: ric.md section 4.6)."""


class XappRule(Contract):
    """One xApp that may be deployed.

    ``approval`` says who approves what is done with it: a ``person``; the ``policy`` itself; or the
    policy for what Ranwright ships (``release``) - to deploy this release's package, or to retire
    another one - and a person for everything else.
    """

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    may_send: tuple[int, ...] = Field(description="RMR message types; those of the core are free")
    approval: Literal["person", "release", "policy"]


class XappRules(Contract):
    """What the policy says of deployments; no xApp that is not named runs on the site's RIC."""

    allowed: tuple[XappRule, ...] = Field(min_length=1)
    shared_policy_types: tuple[int, ...] = Field(
        description="A1 policy types that several xApps may take; of others one xApp alone"
    )
    validity_s: int = Field(gt=0, le=86_400, description="from certificate to deployment")

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [rule.name for rule in self.allowed]
        if len(set(names)) != len(names):
            raise ValueError(f"an xApp is named twice: {names}")
        others = [r.name for r in self.allowed if r.name != ACTUATOR]
        if any(E2_CONTROL_REQ in r.may_send for r in self.allowed if r.name in others):
            raise ValueError(f"{E2_CONTROL_REQ} (E2 control) is for the {ACTUATOR} alone")
        return self

    def of(self, name: str) -> XappRule | None:
        """The rule of an xApp, ``None`` where it may not be deployed."""
        return next((rule for rule in self.allowed if rule.name == name), None)
