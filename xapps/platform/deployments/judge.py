"""The deterministic checks of a plan against what a RIC shows.

The verifier runs them before anything is signed, and the RIC again before anything is done: one set
of rules, so that the two cannot disagree. A check that fails names the code of the refusal.
"""

from collections.abc import Iterator
from datetime import datetime

from contracts.deployment import DeploymentPlan, InstanceView, PackageView, RicView
from contracts.errors import RanwrightError
from contracts.verdict import Check
from contracts.xapp_rules import ACTUATOR, E2_CONTROL_REQ, XappRule, XappRules
from xapps.platform.packages import Package, read_package
from xapps.platform.routing import TO_CORE


def judge(
    plan: DeploymentPlan, view: RicView, rules: XappRules, now: datetime
) -> tuple[Check, ...]:
    """Every check, also those that passed; what cannot be judged without a package is left out.

    Pure: the same papers give the same checks, on any machine.

    Args:
        plan: what shall be done.
        view: of the RIC that it is for.
        rules: of the policy.
        now: wall time.
    """
    return tuple(_checks(plan, view, rules, now))


def package_of(view: PackageView) -> Package:
    """The package that a view shows, its digest computed again.

    Raises:
        RanwrightError: as :func:`xapps.platform.packages.read_package`.
    """
    text, schema = view.descriptor.encode(), view.schema_text.encode()
    return read_package(text, schema, view.command, view.folder)


def _checks(
    plan: DeploymentPlan, view: RicView, rules: XappRules, now: datetime
) -> Iterator[Check]:
    yield _check(
        "deployment.other_ric",
        plan.ric_id == view.ric_id,
        f"the plan is for the RIC {plan.ric_id}, this is {view.ric_id}",
    )
    yield _state(plan, view.instance(plan.name))
    if plan.operation == "undeploy":
        return  # what runs may always be retired, also what could not be deployed any more
    rule = rules.of(plan.name)
    yield _check(
        "deployment.name_not_allowed",
        rule is not None,
        f"the policy {'names' if rule else 'does not name'} {plan.name}",
    )
    yield _sends(plan, rule)
    yield _controls_by_actuator(plan)
    yield from _of_package(plan, view.package)
    if plan.operation == "deploy":
        yield _policy_types(plan, view, rules)
        yield _check(
            "deployment.no_address",
            view.free_address is not None,
            f"its ports are free at {view.free_address}",
        )
        yield _check(
            "deployment.over",
            plan.ends_at is None or plan.ends_at > now,
            f"it ends at {plan.ends_at.isoformat() if plan.ends_at else 'no set time'}",
        )


def _state(plan: DeploymentPlan, instance: InstanceView | None) -> Check:
    runs = "none" if instance is None else f"{instance.version} of {instance.package_digest}"
    if plan.operation == "deploy":
        return _check(
            "deployment.deployed", instance is None, f"of {plan.name} is deployed: {runs}"
        )
    same = instance is not None and (
        (instance.version, instance.package_digest) == (plan.version, plan.package_digest)
    )
    return _check(
        "deployment.not_deployed",
        same,
        f"of {plan.name} is deployed: {runs}; the plan is about {plan.version} of"
        f" {plan.package_digest}",
    )


def _sends(plan: DeploymentPlan, rule: XappRule | None) -> Check:
    free = {*TO_CORE, *(rule.may_send if rule is not None else ())}
    more = sorted(set(plan.sent_types) - free)
    reason = f"it sends {list(plan.sent_types)}"
    if more:
        reason += f", of which the policy does not allow {more}"
    return _check("deployment.message_type_not_allowed", not more, reason)


def _controls_by_actuator(plan: DeploymentPlan) -> Check:
    """Whatever a policy says: nobody but the actuator sends E2 control."""
    sends = E2_CONTROL_REQ in plan.sent_types
    return _check(
        "deployment.control_is_the_actuators",
        not sends or plan.name == ACTUATOR,
        f"it {'sends' if sends else 'does not send'} E2 control",
    )


def _of_package(plan: DeploymentPlan, view: PackageView | None) -> Iterator[Check]:
    if view is None:
        yield _check(
            "deployment.not_onboarded", False, f"no {plan.name} {plan.version} is onboarded whole"
        )
        return
    try:
        package = package_of(view)
    except RanwrightError as error:
        yield _check("deployment.bad_package", False, error.message)
        return
    yield _check(
        "deployment.digest",
        package.digest == plan.package_digest,
        f"what is onboarded has the digest {package.digest}, the plan names {plan.package_digest}",
    )
    yield _declared(plan, package)
    yield _controls(plan, package)


def _declared(plan: DeploymentPlan, package: Package) -> Check:
    descriptor = package.descriptor
    said = (plan.name, plan.version, plan.received_types, plan.sent_types, plan.policy_types)
    declared = (
        descriptor.name,
        descriptor.version,
        descriptor.received_types(),
        descriptor.sent_types(),
        descriptor.policies,
    )
    return _check(
        "deployment.not_as_declared",
        said == declared,
        f"name, version, types received, sent and of policies: {said}; the descriptor: {declared}",
    )


def _controls(plan: DeploymentPlan, package: Package) -> Check:
    controls = package.descriptor.controls or {} if plan.controls is None else plan.controls
    try:
        package.check_controls(controls)
    except RanwrightError as error:
        return _check("deployment.bad_controls", False, error.message)
    return _check("deployment.bad_controls", True, "the controls fit the schema")


def _policy_types(plan: DeploymentPlan, view: RicView, rules: XappRules) -> Check:
    wanted = set(plan.policy_types) - set(rules.shared_policy_types)
    held = {
        f"{number} by {other.name}"
        for other in view.instances
        for number in wanted & set(other.policy_types)
        if other.name != plan.name
    }
    return _check(
        "deployment.policy_type_taken",
        not held,
        f"of the A1 policy types {list(plan.policy_types)} others hold: {sorted(held) or 'none'}",
    )


def _check(name: str, passed: bool, reason: str) -> Check:
    return Check(name=name, passed=passed, reason=reason)
