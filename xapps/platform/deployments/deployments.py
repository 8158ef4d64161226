"""Carries out certified deployments on a site's RIC, and ends what was deployed until then.

Order is everything: checks, claim, ledger, deed, end. A core that is killed in between finishes
what was begun, or takes it back, when it starts again; nothing is done twice.
"""

import threading
from typing import Any

import structlog

from contracts.clock import Clock
from contracts.deployment import (
    DeploymentCertificate,
    DeploymentPlan,
    InstanceView,
    PackageView,
    RicView,
)
from contracts.dsse import SignedEnvelope
from contracts.errors import ExitCode, RanwrightError
from contracts.keys import load_trust
from contracts.ledger.outbox import LedgerOutbox
from contracts.policy import load_policy
from contracts.record import Record
from contracts.site import Site
from xapps.platform.deployments import checks
from xapps.platform.deployments.papers import UNVERIFIED_TRACE, Papers
from xapps.platform.deployments.settle import Settling
from xapps.platform.deployments.store import DeploymentStore, Entry, Step, used
from xapps.platform.deployments.voucher import Voucher
from xapps.platform.lifecycle import Lifecycle
from xapps.platform.release import release_digest

_log = structlog.get_logger(__name__)
_PERIOD_S = 0.5


class Deployments:
    """The only way to the lifecycle of xApps on a site's RIC; safe to share between threads.

    Args:
        site: whose trust store, policy and ledger count.
        store: what was claimed.
        xapps: carries out.
        clock: wall time.
    """

    def __init__(self, site: Site, store: DeploymentStore, xapps: Lifecycle, clock: Clock) -> None:
        self._site, self._store, self._xapps, self._clock = site, store, xapps, clock
        self._papers = Papers(clock)
        self._outbox = LedgerOutbox(site, store)
        voucher = Voucher(site, store, clock)
        self._settling = Settling(store, xapps, self._papers, voucher, clock)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._maintain, name="deployments", daemon=True)

    def start(self) -> None:
        """Settle what an earlier core left open; from now on end what is over."""
        with self._lock:
            self._settling.settle()
        self._thread.start()

    def close(self) -> None:
        """Wait for a deployment that is under way, and begin no other."""
        self._stop.set()
        with self._lock:
            pass
        if self._thread.is_alive():
            self._thread.join()

    def view(self, name: str, version: str | None = None) -> RicView:
        """What the RIC shows to who judges a plan about an xApp.

        Args:
            name: of the xApp.
            version: of its package, by default the one onboarded last.
        """
        package = self._package(name, version)
        instances = tuple(
            InstanceView(
                name=report.instance.name,
                version=report.instance.version,
                package_digest=report.instance.digest,
                policy_types=self._xapps.policy_types(report.instance.name),
            )
            for report in self._xapps.reports()
        )
        return RicView(
            ric_id=self._store.ric_id,
            package=package,
            instances=instances,
            free_address=None if package is None else self._xapps.find_address(name, version),
        )

    def carry_out(self, value: Any) -> Entry:
        """Do what a certificate says, once.

        Args:
            value: the signed envelope, as it was received.

        Returns:
            How it ended.

        Raises:
            RanwrightError: the first check that fails, or why nothing was done.
        """
        try:
            envelope = checks.parse_envelope(value)
        except RanwrightError as error:
            self._record_refusal(self._papers.without_certificate("carry_out", "", error))
            raise
        trace_id = UNVERIFIED_TRACE
        with self._lock:
            try:
                certificate = self._authenticate(envelope)
                trace_id = certificate.trace_id
                self._admit(certificate)
                started = self._papers.started(certificate, envelope)
                self._store.claim(certificate, envelope, started)
            except RanwrightError as error:
                self._refuse(envelope, trace_id, error)
                raise
            return self._act(Entry(certificate, envelope, "begun"))

    def refuse_without(self, method: str, name: str) -> RanwrightError:
        """The refusal of something that was asked for without a certificate; recorded."""
        error = RanwrightError(
            "deployment.certificate_required",
            f"This RIC belongs to the site {self._site.root}: it does nothing to an xApp without"
            " a certificate.",
            "Ask with --site, or use a stand-alone RIC (ranwright ric up).",
        )
        self._record_refusal(self._papers.without_certificate(method, name, error))
        return error

    def find(self, deployment_id: str) -> Entry:
        """How a certificate ended, or that it is begun.

        Raises:
            RanwrightError: ``deployment.unknown``.
        """
        entry = self._store.find(deployment_id)
        if entry is None:
            raise RanwrightError(
                "deployment.unknown", "This certificate was never used.", "Check the identifier."
            )
        return entry

    def _package(self, name: str, version: str | None) -> PackageView | None:
        try:
            return self._xapps.package_view(name, version)
        except RanwrightError as error:
            # what runs must be retired all the same; nothing else is done without a package
            _log.error("deployment.bad_package", name=name, **error.to_json())
            return None

    def _authenticate(self, envelope: SignedEnvelope) -> DeploymentCertificate:
        trust = load_trust(self._site)
        self._store.see_trust_version(trust.version)
        return checks.authentic(envelope, trust, self._clock.now().wall_time)

    def _admit(self, certificate: DeploymentCertificate) -> None:
        if self._stop.is_set():
            raise RanwrightError(
                "deployment.closing", "The RIC is going down.", "Ask again when it is up."
            )
        if self._store.find(certificate.deployment_id) is not None:
            raise used(certificate.deployment_id)
        policy, trust = load_policy(self._site.policy), load_trust(self._site)
        plan, now = certificate.plan, self._clock.now().wall_time
        checks.in_time(certificate, policy, now)
        checks.under_policy(certificate, policy)
        shipped = release_digest(plan.name, self._site)
        checks.approved(certificate, policy, trust, shipped, now)
        checks.lawful(certificate, self.view(plan.name, plan.version), policy, now)

    def _act(self, entry: Entry) -> Entry:
        try:
            self._outbox.flush()
            self._apply(entry.certificate.plan)
        except (RanwrightError, OSError) as error:
            failure = _failure(error)
            self._end(entry, "not_applied", failure)
            raise failure from error
        self._settling.confirm(entry, "deployment.carried_out", "As the certificate says.")
        self._outbox.try_flush()
        return self.find(entry.certificate.deployment_id)

    def _apply(self, plan: DeploymentPlan) -> None:
        match plan.operation:
            case "deploy":
                digest, controls = plan.package_digest, plan.controls
                self._xapps.deploy(plan.name, plan.version, digest, controls)
            case "configure":
                self._xapps.configure(plan.name, plan.controls)
            case "undeploy":
                self._xapps.undeploy(plan.name)

    def _end(self, entry: Entry, step: Step, error: RanwrightError) -> None:
        record = self._papers.outcome(entry.certificate, step, error.code, error.message)
        self._store.end(entry.certificate.deployment_id, step, error.code, record)
        self._outbox.try_flush()

    def _refuse(self, envelope: SignedEnvelope, trace_id: str, error: RanwrightError) -> None:
        _log.warning("deployment.refused", **error.to_json())
        self._record_refusal(self._papers.refusal(envelope, trace_id, error))

    def _record_refusal(self, record: Record) -> None:
        self._store.enqueue(record)
        self._outbox.try_flush()

    def _maintain(self) -> None:
        while not self._stop.wait(_PERIOD_S):
            try:
                with self._lock:
                    if not self._stop.is_set():
                        self._settling.settle()
                if self._store.outbox():
                    self._outbox.try_flush()
            except Exception:  # noqa: BLE001 - what is over must end all the same, a period later
                _log.exception("deployments.defect")


def _failure(error: RanwrightError | OSError) -> RanwrightError:
    if isinstance(error, RanwrightError):
        return error
    return RanwrightError(
        "deployment.failed", f"{error}.", "Read the log of the RIC.", ExitCode.DEFECT
    )
