"""The checks alone: every rule can fail, and none but its own does then."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.deployment import (
    DeploymentPlan,
    InstanceView,
    Operation,
    PackageView,
    RicView,
    deployment_risk,
)
from contracts.xapp_rules import XappRule, XappRules
from tests.xapps.platform.deployments.papers import SCHEMA, descriptor
from xapps.platform.deployments.judge import judge, package_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RIC, OTHER = "0" * 32, "1" * 64
RULES = XappRules(
    allowed=(
        XappRule(name="quiet", may_send=(30010,), approval="person"),
        XappRule(name="actuator", may_send=(12040,), approval="release"),
    ),
    shared_policy_types=(20008,),
    validity_s=300,
)


def shown(folder: Path, text: str) -> PackageView:
    return PackageView(
        descriptor=text, schema_text=SCHEMA, command=("quiet.py",), folder=str(folder)
    )


def plan_of(view: PackageView, operation: Operation = "deploy", **changes: Any) -> DeploymentPlan:
    package = package_of(view)
    fields = {
        "trace_id": "t",
        "operation": operation,
        "ric_id": RIC,
        "name": package.name,
        "version": package.version,
        "package_digest": package.digest,
        "received_types": package.descriptor.received_types(),
        "sent_types": package.descriptor.sent_types(),
        "policy_types": package.descriptor.policies,
    }
    return DeploymentPlan.model_validate(fields | changes)


def view_of(package: PackageView | None, *instances: InstanceView, **changes: Any) -> RicView:
    fields = {"ric_id": RIC, "package": package, "instances": instances, "free_address": "a"}
    return RicView.model_validate(fields | changes)


def failed(plan: DeploymentPlan, view: RicView, rules: XappRules = RULES) -> list[str]:
    return [check.name for check in judge(plan, view, rules, NOW) if not check.passed]


def holder(plan: DeploymentPlan, **changes: Any) -> InstanceView:
    fields = {
        "name": plan.name,
        "version": plan.version,
        "package_digest": plan.package_digest,
        "policy_types": plan.policy_types,
    }
    return InstanceView.model_validate(fields | changes)


def test_each_rule_fails_alone(tmp_path: Path) -> None:
    package = shown(tmp_path, descriptor())
    plan = plan_of(package)
    view = view_of(package)
    assert failed(plan, view) == []
    assert failed(plan, view_of(package, ric_id="1" * 32)) == ["deployment.other_ric"]
    assert failed(plan, view_of(package, holder(plan))) == ["deployment.deployed"]
    assert failed(plan, view_of(package, free_address=None)) == ["deployment.no_address"]
    assert failed(plan, view_of(None)) == ["deployment.not_onboarded"]
    broken = package.model_copy(update={"descriptor": "{}"})
    assert failed(plan, view_of(broken)) == ["deployment.bad_package"]
    rival = holder(plan, name="rival")
    assert failed(plan, view_of(package, rival)) == ["deployment.policy_type_taken"]
    shared = shown(tmp_path, descriptor(policies=[20008]))
    others = plan_of(shared)
    assert failed(others, view_of(shared, holder(others, name="rival"))) == []
    for change, code in (
        ({"package_digest": OTHER}, "deployment.digest"),
        ({"received_types": (1,)}, "deployment.not_as_declared"),
        ({"policy_types": (1,)}, "deployment.not_as_declared"),
        ({"controls": {"period_ms": 1}}, "deployment.bad_controls"),
        ({"ends_at": NOW}, "deployment.over"),
    ):
        assert failed(plan_of(package, **change), view) == [code]


def test_what_is_done_with_a_deployed_xapp_names_it_to_the_digest(tmp_path: Path) -> None:
    package = shown(tmp_path, descriptor())
    for operation, controls in (("configure", {"period_ms": 20}), ("undeploy", None)):
        plan = plan_of(package, operation, controls=controls)  # type: ignore[arg-type]
        assert failed(plan, view_of(package, holder(plan))) == []
        assert failed(plan, view_of(package)) == ["deployment.not_deployed"]
        another = holder(plan, package_digest=OTHER)
        assert failed(plan, view_of(package, another)) == ["deployment.not_deployed"]


def test_what_could_not_be_deployed_any_more_can_be_retired(tmp_path: Path) -> None:
    package = shown(tmp_path, descriptor("stranger"))
    plan = plan_of(package, "undeploy")
    assert failed(plan, view_of(None, holder(plan))) == []
    assert failed(plan_of(package), view_of(package)) == [
        "deployment.name_not_allowed",
        "deployment.message_type_not_allowed",
    ]


def test_no_policy_gives_control_to_another_xapp(tmp_path: Path) -> None:
    package = shown(tmp_path, descriptor(sent=("RIC_CONTROL_REQ",)))
    lax = RULES.model_copy(
        update={"allowed": (XappRule(name="quiet", may_send=(12040,), approval="policy"),)}
    )
    with pytest.raises(ValueError, match="actuator alone"):
        XappRules.model_validate(lax.model_dump())
    assert failed(plan_of(package), view_of(package), lax) == [
        "deployment.control_is_the_actuators"
    ]
    named = shown(tmp_path, json.dumps(json.loads(package.descriptor) | {"name": "actuator"}))
    assert failed(plan_of(named), view_of(named)) == []


def test_who_approves(tmp_path: Path) -> None:
    package = shown(tmp_path, descriptor("actuator", sent=("RIC_CONTROL_REQ",)))
    deploy, undeploy = plan_of(package), plan_of(package, "undeploy")
    shipped = deploy.package_digest
    assert deployment_risk(deploy, RULES, shipped) == "low"
    assert deployment_risk(deploy, RULES, OTHER) == "high"
    assert deployment_risk(deploy, RULES, None) == "high"
    assert deployment_risk(undeploy, RULES, shipped) == "high"
    assert deployment_risk(undeploy, RULES, OTHER) == "low"
    assert deployment_risk(undeploy, RULES, None) == "high"
    configured = plan_of(package, "configure", controls={"period_ms": 20})
    assert deployment_risk(configured, RULES, shipped) == "high"
    other_controls = plan_of(package, controls={"period_ms": 20})
    assert deployment_risk(other_controls, RULES, shipped) == "high"
    assert deployment_risk(plan_of(shown(tmp_path, descriptor())), RULES, shipped) == "high"
