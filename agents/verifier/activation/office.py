"""The verifier process's methods for activations."""

from datetime import datetime, timedelta
from typing import Any

from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.activation.requests import (
    CertifyActivationRequest,
    VerifyActivationRequest,
    opened,
)
from agents.verifier.activation.verify import verify_activation
from agents.verifier.attempts import Attempts
from agents.verifier.fit import require_approved, require_in_force, require_same
from agents.verifier.own import calibration_of, gap_of
from agents.verifier.requests import observed
from contracts.activation import ACTIVATION_PAYLOAD_TYPE, Activation
from contracts.calibration import CalibrationCertificate
from contracts.certificate import (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    RECEIPT_PAYLOAD_TYPE,
    Approval,
    Certificate,
    Receipt,
)
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, sign
from contracts.errors import RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.ledger.client import LedgerClient
from contracts.ledger.envelopes import envelope_of
from contracts.ledger.reader import LedgerReader
from contracts.policy import load_policy
from contracts.record import Record, RecordKind
from contracts.rpc import Emit
from contracts.site import Site
from contracts.trust import TrustStore
from contracts.verdict import VERDICT_PAYLOAD_TYPE, Verdict
from twins.scenario import Scenario


class ActivationOffice:
    """Serves ``verify_activation`` and ``certify_activation`` with the verifier's key.

    Args:
        site: whose verifier this is.
        scenario: of the twin.
        attempts: counted together with those of actions.
    """

    def __init__(self, site: Site, scenario: Scenario, attempts: Attempts) -> None:
        self._site = site
        self._scenario = scenario
        self._attempts = attempts
        self._clock = Clock()

    def verify(self, params: dict[str, Any], emit: Emit) -> dict[str, Any]:
        """``{plan, certificate, receipt, snapshot, beside}`` to a signed :class:`Verdict`.

        Emits ``{"rollouts_done", "rollouts"}``, over all settings.

        Raises:
            RanwrightError: ``verify.attempts_exhausted``, ``verify.snapshot_unsigned``,
                ``verify.papers_malformed``, ``verify.beside_expired``, ``twin.uncalibrated``, a
                signature's refusal, or what policy or twin refuses.
        """
        papers, calibration = self._papers(VerifyActivationRequest.of(params))
        most = papers.policy.verification.max_attempts
        verdict = verify_activation(
            papers,
            self._attempts.number(papers.snapshot.digest, papers.plan.digest, most),
            lambda done, of: emit({"rollouts_done": done, "rollouts": of}),
        )
        with LedgerClient(self._site) as ledger:
            ledger.put(calibration)
            if papers.gap is not None:
                ledger.put(papers.gap)
        envelope = sign(verdict, VERDICT_PAYLOAD_TYPE, load_signer(self._site, "verifier"))
        return envelope.model_dump(mode="json")

    def certify(self, params: dict[str, Any], _emit: Emit) -> dict[str, Any]:
        """``{verdict, approval, plan, certificate}`` to a signed :class:`Activation`.

        An approval permits one activation: asked again, the one in the ledger is the answer.

        Raises:
            RanwrightError: ``certify.verdict_failed``, ``certify.not_approved``,
                ``certify.papers_differ``, ``certify.policy_changed``,
                ``certify.calibration_changed``, ``certify.record_differs``,
                ``twin.uncalibrated``, or a signature's refusal.
        """
        asked, now = CertifyActivationRequest.of(params), self._clock.now()
        policy, trust, at = load_policy(self._site.policy), load_trust(self._site), now.wall_time
        verdict = opened(Verdict, asked.verdict, VERDICT_PAYLOAD_TYPE, "verifier", trust, at)
        approval = opened(Approval, asked.approval, APPROVAL_PAYLOAD_TYPE, "approver", trust, at)
        followed = opened(
            Certificate, asked.certificate, CERTIFICATE_PAYLOAD_TYPE, "verifier", trust, at
        )
        require_approved(verdict, approval)
        require_in_force(verdict, policy, calibration_of(self._site))
        require_same(
            {
                "verdict.plan": (verdict.plan_digest, asked.plan.digest),
                "verdict.certificate": (verdict.problem_digest, followed.digest),
                "verdict.snapshot": (verdict.snapshot_digest, asked.plan.snapshot_digest),
                "approval.plan": (approval.plan_digest, asked.plan.digest),
                "approval.verdict": (approval.verdict_digest, verdict.digest),
                "approval.trace": (approval.trace_id, followed.trace_id),
            }
        )
        activation = Activation(
            activation_id=approval.digest.removeprefix("sha256:")[:32],
            trace_id=approval.trace_id,
            plan=asked.plan,
            verdict_digest=verdict.digest,
            policy_digest=policy.digest,
            scenario_digest=verdict.scenario_digest,
            calibration_digest=verdict.calibration_digest,
            approval=asked.approval,
            issued_at=now,
            expires_at=at + timedelta(seconds=asked.plan.validity_s),
        )
        standing = self._standing(activation.activation_id, trust, at)
        if standing is None:
            self._record(activation)
            # of two calls for one approval the first record stands, and is the answer to both
            standing = self._standing(activation.activation_id, trust, at)
            assert standing is not None, "the ledger confirmed it"
        return standing.model_dump(mode="json")

    def _papers(
        self, asked: VerifyActivationRequest
    ) -> tuple[ActivationPapers, CalibrationCertificate]:
        trust, at = load_trust(self._site), self._clock.now().wall_time
        policy, calibration = load_policy(self._site.policy), calibration_of(self._site)
        beside = tuple(
            opened(Activation, envelope, ACTIVATION_PAYLOAD_TYPE, "verifier", trust, at)
            for envelope in asked.beside
        )
        _require_live(beside, at)
        papers = ActivationPapers(
            plan=asked.plan,
            certificate=opened(
                Certificate, asked.certificate, CERTIFICATE_PAYLOAD_TYPE, "verifier", trust, at
            ),
            receipt=opened(Receipt, asked.receipt, RECEIPT_PAYLOAD_TYPE, "actuator", trust, at),
            observation=observed(asked.snapshot, trust, at),
            beside=beside,
            policy=policy,
            scenario=self._scenario,
            calibration_digest=calibration.digest,
            gap=gap_of(self._site, self._scenario, policy),
        )
        return papers, calibration

    def _record(self, activation: Activation) -> None:
        envelope = sign(activation, ACTIVATION_PAYLOAD_TYPE, load_signer(self._site, "verifier"))
        with LedgerClient(self._site) as ledger:
            digest = ledger.put(envelope)
            ledger.append(
                Record(
                    key=record_key(activation.activation_id),
                    trace_id=activation.trace_id,
                    kind=RecordKind.ACTIVATION,
                    actor="verifier",
                    at=self._clock.now(),
                    content={"activation_id": activation.activation_id, "envelope": digest},
                    objects=(digest,),
                )
            )

    def _standing(
        self, activation_id: str, trust: TrustStore, at: datetime
    ) -> SignedEnvelope | None:
        """The activation that the ledger holds under an id, once it proves to be ours."""
        reader = LedgerReader.of(self._site)
        entry = reader.find(record_key(activation_id))
        if entry is None:
            return None
        envelope = envelope_of(entry.record, reader.objects)
        held = opened(Activation, envelope, ACTIVATION_PAYLOAD_TYPE, "verifier", trust, at)
        if held.activation_id != activation_id:
            raise RanwrightError(
                "certify.record_differs",
                f"The ledger holds another activation under {entry.record.key}.",
                "Find out who wrote it (ranwright trace verify), then plan again.",
            )
        return envelope


def record_key(activation_id: str) -> str:
    """Where the ledger holds an activation."""
    return f"activation:{activation_id}"


def _require_live(beside: tuple[Activation, ...], at: datetime) -> None:
    expired = [other.activation_id for other in beside if at >= other.expires_at]
    if expired:
        raise RanwrightError(
            "verify.beside_expired",
            f"Activations {', '.join(expired)} have expired.",
            "List what is live (ranwright activations), and plan again.",
        )
