"""Certified deployments on a site's RIC: asked for, judged, approved, certified, carried out.

Every step is in the ledger before the next, and each process keeps what it decided: a request that
was interrupted goes on from its trace, and nothing is done twice.
"""

import secrets
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from agents.service.deployment_report import DeploymentReport, Paper, papers_of, report_of
from agents.service.ric import ask
from contracts.canonical import Contract
from contracts.clock import Clock
from contracts.deployment import DeploymentPlan, Operation, PackageView, RicView
from contracts.dsse import SignedEnvelope
from contracts.errors import ExitCode, RanwrightError
from contracts.ledger.client import LedgerClient
from contracts.ledger.reader import LedgerReader
from contracts.record import Record, RecordKind
from contracts.rpc import Client
from contracts.site import Role, Site
from xapps.platform.deployments.judge import package_of
from xapps.platform.home import RicHome
from xapps.platform.packages import Package

_TIMEOUT_S = 60.0


class Deployments:
    """What is asked of a running site about its xApps, for one caller.

    Args:
        site: whose processes are up.
        caller: name of who asks and decides.
    """

    def __init__(self, site: Site, caller: str) -> None:
        self._site, self._caller = site, caller
        self._home = RicHome(site.ric)
        self._clock = Clock()

    def request(
        self,
        operation: Operation,
        name: str,
        approve: Literal["auto", "ask"],
        *,
        version: str | None = None,
        digest: str | None = None,
        controls: Any = None,
        ends_at: datetime | None = None,
    ) -> DeploymentReport:
        """Ask for something to be done with an xApp.

        Args:
            operation: what.
            name: of the xApp.
            approve: ``auto``: the policy decides whether it needs a person; ``ask``: a person does.
            version: to deploy, by default the one onboarded last.
            digest: that the package must have, when given.
            controls: to come into force.
            ends_at: when a deployment shall be retired by the RIC itself.

        Returns:
            How it ended, or that a person must decide first.

        Raises:
            RanwrightError: ``xapp.not_onboarded``, ``xapp.not_deployed``, ``xapp.digest``,
                ``deployment.bad_plan``, or a process that does not answer.
        """
        plan = self._plan(operation, name, version, controls, ends_at)
        if digest is not None and digest != plan.package_digest:
            raise RanwrightError(
                "xapp.digest",
                f"{name} {plan.version} has the digest {plan.package_digest}, not {digest}.",
                "Deploy what was agreed on, or agree on what is onboarded.",
            )
        self._record(plan)
        verdict = self._call("verifier", "verify_deployment", plan=plan)
        paper = Paper(plan, SignedEnvelope.model_validate(verdict))
        if not self.report(plan.trace_id).passed:
            return self.report(plan.trace_id)
        if approve == "ask":
            self._ask_person(paper)
            return self.report(plan.trace_id)
        try:
            approval = self._call("approver", "approve_automatically", **paper.to_approver())
        except RanwrightError as error:
            if error.code != "approval.person_required":
                raise
            return self.report(plan.trace_id)
        return self._carry_out(paper, approval)

    def decide(self, trace_id: str, decision: Literal["approved", "denied"]) -> DeploymentReport:
        """Decide a waiting request as the caller, and go on; the same decision again goes on too.

        Raises:
            RanwrightError: ``approval.not_waiting``, ``approval.already_decided``.
        """
        report = self.report(trace_id)
        if not report.passed:
            raise RanwrightError(
                "approval.not_waiting",
                f"Trace {trace_id} waits for no approval.",
                f"See ranwright trace explain {trace_id}.",
                ExitCode.USAGE,
            )
        paper = papers_of(self._reader(), trace_id)
        asked = self._ask_person(paper)
        approval = self._call(
            "approver",
            "decide",
            trace_id=trace_id,
            plan_digest=asked["plan_digest"],
            verdict_digest=asked["verdict_digest"],
            risk_class=asked["risk_class"],
            decision=decision,
            approved_by=self._caller,
        )
        if decision == "denied":
            return self.report(trace_id)
        return self._carry_out(paper, approval)

    def report(self, trace_id: str) -> DeploymentReport:
        """How a request stands, by the ledger.

        Raises:
            RanwrightError: ``trace.unknown``.
        """
        return report_of(self._reader(), trace_id)

    def _carry_out(self, paper: Paper, approval: Any) -> DeploymentReport:
        trace_id = paper.plan.trace_id
        certificate = self._call(
            "verifier",
            "certify_deployment",
            plan=paper.plan,
            verdict=paper.verdict,
            approval=approval,
        )
        try:
            ask(self._home, "carry_out", envelope=certificate)
        except RanwrightError as error:
            report = self.report(trace_id)
            if error.code not in ("deployment.used", report.code):
                raise  # the RIC could not write down why
        return self.report(trace_id)

    def _plan(
        self,
        operation: Operation,
        name: str,
        version: str | None,
        controls: Any,
        ends_at: datetime | None,
    ) -> DeploymentPlan:
        view = self._view(name, version)
        package: Package | None
        if operation == "deploy":
            found = package_of(_require_onboarded(view, name, version))
            package, version, digest = found, found.version, found.digest
        else:
            instance = view.instance(name)
            if instance is None:
                raise RanwrightError(
                    "xapp.not_deployed", f"{name} is not deployed.", "See ranwright xapp list."
                )
            version, digest = instance.version, instance.package_digest
            shown = self._view(name, version).package
            package = None if shown is None else package_of(shown)
        descriptor = None if package is None else package.descriptor
        try:
            return DeploymentPlan(
                trace_id=secrets.token_hex(8),
                operation=operation,
                ric_id=view.ric_id,
                name=name,
                version=version,
                package_digest=digest,
                controls=controls,
                received_types=() if descriptor is None else descriptor.received_types(),
                sent_types=() if descriptor is None else descriptor.sent_types(),
                policy_types=() if descriptor is None else descriptor.policies,
                ends_at=ends_at,
            )
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or operation
            raise RanwrightError(
                "deployment.bad_plan", f"{where}: {first['msg']}.", "Correct it.", ExitCode.USAGE
            ) from error

    def _view(self, name: str, version: str | None) -> RicView:
        return RicView.model_validate(ask(self._home, "view", name=name, version=version))

    def _record(self, plan: DeploymentPlan) -> None:
        with LedgerClient(self._site) as ledger:
            digest = ledger.put(plan)
            ledger.append(
                Record(
                    key=f"{plan.trace_id}/{RecordKind.DEPLOYMENT_PLANNED}",
                    trace_id=plan.trace_id,
                    kind=RecordKind.DEPLOYMENT_PLANNED,
                    actor="planner",
                    at=self._clock.now(),
                    content={"plan": digest, "says": str(plan), "requested_by": self._caller},
                    objects=(digest,),
                )
            )

    def _ask_person(self, paper: Paper) -> Any:
        return self._call("approver", "request", **paper.to_approver())

    def _call(self, role: Role, method: str, **params: Any) -> Any:
        sent = {
            name: value.model_dump(mode="json") if isinstance(value, Contract) else value
            for name, value in params.items()
        }
        with Client(self._site.socket(role), _TIMEOUT_S) as client:
            return client.call(method, sent)

    def _reader(self) -> LedgerReader:
        return LedgerReader.of(self._site)


def _require_onboarded(view: RicView, name: str, version: str | None) -> PackageView:
    if view.package is None:
        raise RanwrightError(
            "xapp.not_onboarded",
            f"{name} {version or ''} is not onboarded.".replace("  ", " "),
            "Onboard it (ranwright xapp onboard).",
        )
    return view.package
