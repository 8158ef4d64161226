"""Brings what was begun to an end, and ends what is over; also after the core was killed."""

from collections.abc import Callable

import structlog

from contracts.clock import Clock
from contracts.errors import RanwrightError
from xapps.platform.deployments.papers import Papers
from xapps.platform.deployments.store import DeploymentStore, Entry, Step
from xapps.platform.deployments.voucher import Voucher
from xapps.platform.instance import Instance
from xapps.platform.lifecycle import Lifecycle

_log = structlog.get_logger(__name__)


class Settling:
    """Compares what runs with what was certified; whoever calls it holds the deployments' lock."""

    def __init__(
        self,
        store: DeploymentStore,
        xapps: Lifecycle,
        papers: Papers,
        voucher: Voucher,
        clock: Clock,
    ) -> None:
        self._store, self._xapps, self._papers = store, xapps, papers
        self._voucher, self._clock = voucher, clock

    def settle(self) -> None:
        """Finish or take back what was begun, and retire what is over.

        What cannot be settled now stays as it is, and is tried again.
        """
        for entry in self._store.begun():
            self._try(entry, self._settle_begun)
        for entry in self._store.standing().values():
            self._try(entry, self._settle_standing)

    def confirm(self, entry: Entry, code: str, reason: str) -> None:
        """Write down what was done, once it shows."""
        plan = entry.certificate.plan
        standing = self._store.standing().get(plan.name)
        match plan.operation:
            case "deploy":
                if standing is not None:  # lost, and not noticed yet
                    self._end(standing, "ended", "deployment.lost", f"{plan} took its place.")
                record = self._papers.outcome(entry.certificate, "in_force", code, reason)
                self._store.put_in_force(entry, code, record)
            case "configure":
                assert standing is not None, "what runs was deployed under a certificate"
                record = self._papers.outcome(entry.certificate, "done", code, reason)
                self._store.end_configure(entry, standing, code, record)
            case "undeploy":
                if standing is not None:
                    self._end(standing, "ended", "deployment.undeployed", f"By {plan}.")
                self._end(entry, "done", code, reason)

    def _settle_begun(self, entry: Entry) -> None:
        plan = entry.certificate.plan
        runs = self._runs(entry)
        match plan.operation:
            case "deploy" if runs and self._voucher.believed(entry):
                self.confirm(entry, "deployment.finished", "It ran when the RIC started again.")
            case "deploy":
                if runs:
                    self._xapps.undeploy(plan.name)
                self._end(entry, "taken_back", "deployment.interrupted", "Nothing runs of it.")
            case "configure" if runs and self._voucher.believed(entry):
                self._xapps.configure(plan.name, plan.controls)
                self.confirm(entry, "deployment.finished", "After the RIC started again.")
            case "configure":
                if runs:
                    standing = self._store.standing()[plan.name]
                    self._xapps.configure(plan.name, standing.controls)
                reason = "The controls are those from before."
                self._end(entry, "taken_back", "deployment.interrupted", reason)
            case "undeploy":
                if runs:
                    self._xapps.undeploy(plan.name)
                self.confirm(entry, "deployment.finished", "After the RIC started again.")

    def _settle_standing(self, entry: Entry) -> None:
        plan = entry.certificate.plan
        runs = self._runs(entry)
        over = plan.ends_at is not None and self._clock.now().wall_time >= plan.ends_at
        if runs and over:
            self._xapps.undeploy(plan.name)
        if over:
            self._end(entry, "ended", "deployment.over", f"Its time was up at {plan.ends_at}.")
        elif not runs:
            reason = "The RIC could not vouch for what it found, and runs it no more."
            self._end(entry, "ended", "deployment.lost", reason)

    def _runs(self, entry: Entry) -> bool:
        plan, found = entry.certificate.plan, self._instance(entry.certificate.plan.name)
        return found is not None and (
            (found.version, found.digest) == (plan.version, plan.package_digest)
        )

    def _instance(self, name: str) -> Instance | None:
        instances = (report.instance for report in self._xapps.reports())
        return next((i for i in instances if i.name == name), None)

    def _end(self, entry: Entry, step: Step, code: str, reason: str) -> None:
        certificate = entry.certificate
        record = self._papers.outcome(certificate, step, code, reason)
        self._store.end(certificate.deployment_id, step, code, record)

    def _try(self, entry: Entry, settle: Callable[[Entry], None]) -> None:
        try:
            settle(entry)
        except (RanwrightError, OSError) as error:
            _log.error("deployment.unsettled", plan=str(entry.certificate.plan), cause=str(error))
