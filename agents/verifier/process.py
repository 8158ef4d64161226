"""The verifier process: judges plans and signs certificates; no language model runs here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agents.verifier.attempts import Attempts
from agents.verifier.domains import certified_domains, require_measurable
from agents.verifier.fit import require_approved, require_in_force, require_same
from agents.verifier.gap import code_digest as outcomes_code_digest
from agents.verifier.own import calibration_of, gap_of
from agents.verifier.papers import Papers
from agents.verifier.requests import CertifyRequest, VerifyRequest, observed
from agents.verifier.stages import fallback
from agents.verifier.verify import verify
from contracts.calibration import CalibrationCertificate
from contracts.certificate import (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    Approval,
    Certificate,
    EffectWatch,
)
from contracts.clock import Clock, Instant
from contracts.dsse import SignedEnvelope, sign
from contracts.dsse import verify as verify_envelope
from contracts.errors import RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.ledger.client import LedgerClient
from contracts.ledger.envelopes import envelope_of
from contracts.ledger.reader import LedgerReader
from contracts.plant_link import Observation
from contracts.policy import Policy, load_policy
from contracts.problem import PowerVariable
from contracts.record import Record, RecordKind
from contracts.rpc import Emit
from contracts.site import Site
from contracts.trust import TrustStore
from contracts.verdict import VERDICT_PAYLOAD_TYPE, Verdict
from twins.calibration.certificate import code_digest
from twins.scenario import Scenario


class Verifier:
    """Serves ``verify`` and ``certify`` with the verifier's key.

    Args:
        site: whose verifier this is.
        scenario: of the twin.
        attempts: counted here; shared with whatever else is verified on the same snapshots.
    """

    def __init__(self, site: Site, scenario: Scenario, attempts: Attempts | None = None) -> None:
        self._site = site
        self._scenario = scenario
        self._clock = Clock()
        self._attempts = attempts or Attempts()
        code_digest()  # of the code as it starts
        outcomes_code_digest()

    def verify(self, params: dict[str, Any], emit: Emit) -> dict[str, Any]:
        """``{intent, problem, plan, snapshot}`` to a signed :class:`Verdict`.

        ``snapshot`` is what the actuator signed. Emits ``{"rollouts_done", "rollouts"}``.

        Raises:
            RanwrightError: ``verify.attempts_exhausted``, ``verify.snapshot_unsigned``,
                ``verify.unknown_cell``, ``verify.cell_without_ues``, ``twin.uncalibrated``, a
                signature's refusal, or what the policy or twin refuses.
        """
        asked, now = VerifyRequest.of(params), self._clock.now().wall_time
        calibration = calibration_of(self._site)
        policy = load_policy(self._site.policy)
        papers = Papers(
            intent=asked.intent,
            problem=asked.problem,
            plan=asked.plan,
            snapshot=observed(asked.snapshot, load_trust(self._site), now).snapshot,
            policy=policy,
            scenario=self._scenario,
            calibration_digest=calibration.digest,
            gap=gap_of(self._site, self._scenario, policy),
        )
        require_measurable(papers.problem, papers.snapshot)
        most = policy.verification.max_attempts
        verdict = verify(
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
        """``{verdict, approval, plan, problem, snapshot}`` to a signed :class:`Certificate`.

        An approval permits one action: asked again, as a planner does that died before it could
        keep the answer, it is answered with the certificate that stands in the ledger.

        Raises:
            RanwrightError: ``certify.verdict_failed``, ``certify.not_approved``,
                ``certify.papers_differ``, ``certify.policy_changed``,
                ``certify.calibration_changed``, ``certify.other_domain``,
                ``certify.record_differs``, ``twin.uncalibrated``, or a signature's refusal.
        """
        asked, now = CertifyRequest.of(params), self._clock.now()
        policy, trust = load_policy(self._site.policy), load_trust(self._site)
        at = now.wall_time
        opened = Opened(
            verdict=Verdict.parse(
                verify_envelope(asked.verdict, VERDICT_PAYLOAD_TYPE, "verifier", trust, at)
            ),
            approval=Approval.parse(
                verify_envelope(asked.approval, APPROVAL_PAYLOAD_TYPE, "approver", trust, at)
            ),
            observation=observed(asked.snapshot, trust, at),
        )
        _require_fit(opened, asked, policy, calibration_of(self._site))
        if (standing := self._standing(opened.approval, trust, at)) is None:
            snapshot, equipment = opened.observation.snapshot, self._scenario.equipment
            domains = certified_domains(asked.problem, asked.plan, snapshot, equipment, policy)
            self._record(_certificate(opened, asked, domains, policy, now))
            # of two calls for one approval the first record stands, and is the answer to both
            standing = self._standing(opened.approval, trust, at)
            assert standing is not None, "the ledger confirmed it"
        return standing.model_dump(mode="json")

    def _record(self, certificate: Certificate) -> None:
        envelope = sign(certificate, CERTIFICATE_PAYLOAD_TYPE, load_signer(self._site, "verifier"))
        with LedgerClient(self._site) as ledger:
            digest = ledger.put(envelope)
            ledger.append(
                Record(
                    key=_record_key(certificate.certificate_id),
                    trace_id=certificate.trace_id,
                    kind=RecordKind.CERTIFICATE,
                    actor="verifier",
                    at=self._clock.now(),
                    content={"envelope": digest},
                    objects=(digest,),
                )
            )

    def _standing(
        self, approval: Approval, trust: TrustStore, at: datetime
    ) -> SignedEnvelope | None:
        """The certificate of an approval that the ledger holds, once it proves to be ours."""
        reader, certificate_id = LedgerReader.of(self._site), _certificate_id(approval)
        entry = reader.find(_record_key(certificate_id))
        if entry is None:
            return None
        envelope = envelope_of(entry.record, reader.objects)
        payload = verify_envelope(envelope, CERTIFICATE_PAYLOAD_TYPE, "verifier", trust, at)
        if Certificate.parse(payload).certificate_id != certificate_id:
            raise RanwrightError(
                "certify.record_differs",
                f"The ledger holds another certificate under {entry.record.key}.",
                "Find out who wrote it (ranwright trace verify), then plan again.",
            )
        return envelope


@dataclass(frozen=True)
class Opened:
    """The signed papers of a request to certify, their signatures verified."""

    verdict: Verdict
    approval: Approval
    observation: Observation


def _require_fit(
    opened: Opened, asked: CertifyRequest, policy: Policy, calibration: CalibrationCertificate
) -> None:
    verdict, approval, plan = opened.verdict, opened.approval, asked.plan
    require_approved(verdict, approval)
    require_in_force(verdict, policy, calibration)
    require_same(
        {
            "verdict.plan": (verdict.plan_digest, plan.digest),
            "verdict.problem": (verdict.problem_digest, asked.problem.digest),
            "verdict.snapshot": (verdict.snapshot_digest, opened.observation.snapshot.digest),
            "approval.plan": (approval.plan_digest, plan.digest),
            "approval.verdict": (approval.verdict_digest, verdict.digest),
        }
    )


def _certificate_id(approval: Approval) -> str:
    return approval.digest.removeprefix("sha256:")[:32]


def _record_key(certificate_id: str) -> str:
    return f"certificate:{certificate_id}"


def _certificate(
    opened: Opened,
    asked: CertifyRequest,
    domains: tuple[PowerVariable, ...],
    policy: Policy,
    now: Instant,
) -> Certificate:
    plan, verdict = asked.plan, opened.verdict
    assert verdict.forecast is not None, "a verdict that passed holds one"
    return Certificate(
        certificate_id=_certificate_id(opened.approval),
        trace_id=opened.approval.trace_id,
        plan=plan,
        envelope=domains,
        baseline=opened.observation.snapshot,
        node_name=opened.observation.node_name,
        verdict_digest=verdict.digest,
        policy_digest=policy.digest,
        scenario_digest=verdict.scenario_digest,
        calibration_digest=verdict.calibration_digest,
        watch=EffectWatch(
            requirements=asked.problem.requirements,
            thresholds=policy.thresholds,
            timing=policy.certificate,
            forecast=verdict.forecast,
            fallback=fallback(plan, policy.stages),
        ),
        approval=asked.approval,
        issued_at=now,
        expires_at=now.wall_time + timedelta(seconds=policy.certificate.validity_s),
    )
