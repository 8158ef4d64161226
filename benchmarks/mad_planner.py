"""A planner gone mad: plans, papers and envelopes with a defect, for every door of the core.

It holds what a planner can hold (papers that went down the road before) and more: keys of its own,
and the private keys of all roles but the one that a door asks for. Drawn with NumPy from one seed.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from agents.formulate import formulate
from benchmarks.chance import STRANGE, Chance
from benchmarks.papers import Attempt, Document, Door, Papers, Trip, dump
from contracts.action import ActionPlan, ParameterChange
from contracts.canonical import Contract
from contracts.certificate import (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    Approval,
    Certificate,
)
from contracts.delivery import certificate_policy
from contracts.dictionary import required_evidence
from contracts.dsse import SignedEnvelope, Signer, sign, unverified_payload
from contracts.e2.ccc.control import CELL_STYLE, ControlHeader
from contracts.e2.credential import CREDENTIAL_PAYLOAD_TYPE, seal
from contracts.e2.node_configuration import powers_message
from contracts.intent import Intent, IntentExpectation
from contracts.keys import load_signer
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import (
    SNAPSHOT_PAYLOAD_TYPE,
    NodeInfo,
    Observation,
)
from contracts.policy import Policy
from contracts.problem import Problem, SourcedRequirement
from contracts.requirement import Condition, RelativeChange, Requirement
from contracts.site import Role, Site
from contracts.verdict import VERDICT_PAYLOAD_TYPE, Verdict
from twins.scenario import Scenario

WEIGHTS: dict[Door, float] = {
    "verify": 0.28,
    "certify": 0.14,
    "approve": 0.14,
    "execute": 0.26,
    "rollback": 0.04,
    "plant": 0.14,
}
ROLE_OF_DOOR: dict[Door, Role] = {
    "verify": "verifier",
    "certify": "verifier",
    "approve": "approver",
    "execute": "actuator",
    "rollback": "actuator",
    "plant": "plant",
}
_ROLES: tuple[Role, ...] = ("ledger", "verifier", "approver", "actuator", "plant")
_TYPES = (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    CREDENTIAL_PAYLOAD_TYPE,
    SNAPSHOT_PAYLOAD_TYPE,
    VERDICT_PAYLOAD_TYPE,
)
_PARAMETERS = ("NRSectorCarrier.arfcnDL", "NRCellDU.nRPCI", "reboot", "", "\u2028")


class MadPlanner(Chance):
    """Draws attempts.

    Args:
        rng: the only source of chance.
        site: gives the keys.
        scenario: names cells and the power grid.
        policy: the policy in force, which a plan may break.
        observe: a fresh snapshot as the actuator signed it.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        site: Site,
        scenario: Scenario,
        policy: Policy,
        observe: Callable[[], SignedEnvelope],
    ) -> None:
        super().__init__(rng)
        self._site, self._scenario, self._policy = site, scenario, policy
        self._observe = observe
        self._grid = scenario.equipment.grid_mw()
        self._stranger = Signer.generate_ed25519()
        self.trips: list[Trip] = []
        self.failed_verdicts: list[tuple[Papers, SignedEnvelope]] = []

    # --- papers -------------------------------------------------------------------------------

    def lawful_papers(self, signed: SignedEnvelope, cells: int = 2) -> Papers:
        """Papers in which everything is right: one grid step or two on a few cells."""
        snapshot = Observation.parse(unverified_payload(signed)).snapshot
        allowed = list(self._policy.action.allowed_cells)
        chosen = sorted(self.rng.choice(allowed, size=cells, replace=False).tolist())
        changes = tuple(
            ParameterChange(cell_id=c, from_mw=p, to_mw=self._near(p))
            for c in chosen
            for p in [snapshot.tx_power_mw[c]]
        )
        return self._papers(signed, changes)

    def papers_of(self, params: Document) -> Papers:
        """The papers in the parameters of a request that was judged."""
        signed = SignedEnvelope.model_validate(params["snapshot"])
        return Papers(
            Intent.model_validate(params["intent"]),
            Problem.model_validate(params["problem"]),
            ActionPlan.model_validate(params["plan"]),
            Observation.parse(unverified_payload(signed)),
            signed,
        )

    def widened_papers(self, signed: SignedEnvelope) -> Papers:
        """A lawful plan whose problem allows more than it needs; only certifying can tell."""
        papers = self.lawful_papers(signed)
        top = self._grid[-1]
        widths: tuple[Document, ...] = ({"lower_mw": 1}, {"upper_mw": 10 * top}, {"step_db": 0.001})
        change = self.pick(widths)
        variables = tuple(v.model_copy(update=change) for v in papers.problem.variables)
        return self._papers(signed, papers.plan.changes, _with(variables=variables))

    def _papers(
        self,
        signed: SignedEnvelope,
        changes: tuple[ParameterChange, ...],
        spoil: Callable[[Problem], Problem] = lambda problem: problem,
    ) -> Papers:
        observation = Observation.parse(unverified_payload(signed))
        snapshot = observation.snapshot
        goal = Requirement(
            kpi=Kpi.UE_THP_DL_MEAN,
            cells=snapshot.cell_ids,
            condition=Condition.AT_LEAST,
            bound=RelativeChange(change_percent=-60),
        )
        expectation = IntentExpectation.of("ENSURE", goal)
        intent = Intent(user_label="mad", intent_expectations=(expectation,))
        equipment = self._scenario.equipment
        cited = required_evidence(intent, equipment)
        problem = spoil(formulate(intent, snapshot, self._policy, equipment, cited))
        plan = ActionPlan(
            problem_digest=problem.digest,
            snapshot_digest=snapshot.digest,
            resource_version=snapshot.resource_version,
            changes=changes,
        )
        return Papers(intent, problem, plan, observation, signed)

    def _near(self, power_mw: int) -> int:
        at = self._grid.index(power_mw)
        near = [i for i in range(at - 2, at + 3) if 0 <= i < len(self._grid) and i != at]
        return self._grid[self.pick(near)]

    # --- attempts -----------------------------------------------------------------------------

    def attempt(self) -> Attempt:
        """The next push."""
        doors = list(WEIGHTS)
        door = doors[int(self.rng.choice(len(doors), p=list(WEIGHTS.values())))]
        if self.rng.random() < 0.05:
            return Attempt(door, "random bytes", raw=self.junk_line())
        makers: dict[Door, Callable[[], Attempt]] = {
            "verify": self._verify,
            "certify": self._certify,
            "approve": self._approve,
            "execute": self._execute,
            "rollback": self._rollback,
            "plant": self._plant,
        }
        return makers[door]()

    def _verify(self) -> Attempt:
        signed = self._observe()
        papers = self.lawful_papers(signed)
        kind = self.pick(("plan", "plan", "plan", "problem", "problem", "snapshot", "scrambled"))
        if kind == "plan":
            defect, papers = self._spoil_plan(papers, signed)
        elif kind == "problem":
            defect, spoil = self.pick(self._problem_defects(papers.problem))
            papers = self._papers(signed, papers.plan.changes, spoil)
        elif kind == "snapshot":
            defect, papers = self._forged_snapshot(signed)
        else:
            return self._scrambled("verify", "verify", papers.request())
        return Attempt("verify", defect, "verify", papers.request())

    def _spoil_plan(self, papers: Papers, signed: SignedEnvelope) -> tuple[str, Papers]:
        name, spoil = self.pick(self._plan_defects())
        spoiled = spoil(papers.plan)
        if isinstance(spoiled, tuple):
            return name, self._papers(signed, spoiled)
        return name, Papers(
            papers.intent, papers.problem, spoiled, papers.observation, papers.signed
        )

    def _plan_defects(
        self,
    ) -> list[tuple[str, Callable[[ActionPlan], ActionPlan | tuple[ParameterChange, ...]]]]:
        rng, policy, cells = self.rng, self._policy, self._scenario.cell_ids
        unknown = [c for c in (0, 10, 77, 16383) if c not in cells]
        forbidden = [c for c in cells if c not in policy.action.allowed_cells]
        low, high = self._grid[0], self._grid[-1]

        def first(**changes: Any) -> Callable[[ActionPlan], tuple[ParameterChange, ...]]:
            return lambda p: (p.changes[0].model_copy(update=changes), *p.changes[1:])

        def whole(**changes: Any) -> Callable[[ActionPlan], ActionPlan]:
            return lambda p: p.model_copy(update=changes)

        def everywhere(plan: ActionPlan) -> tuple[ParameterChange, ...]:
            start = plan.changes[0].from_mw
            many = cells[: policy.action.max_changed_cells + 1]
            return tuple(
                ParameterChange(cell_id=c, from_mw=start, to_mw=self._near(start)) for c in many
            )

        outside = self.pick((0, low - 1, high + 1, high * 2, int(rng.integers(high, 10**9)) + 1))
        off_grid = int(rng.integers(low, high))
        while off_grid in self._grid:
            off_grid = int(rng.integers(low, high))
        return [
            ("unknown cell", first(cell_id=self.pick(unknown))),
            ("forbidden cell", first(cell_id=self.pick(forbidden))),
            ("unknown parameter", first(parameter=self.pick(_PARAMETERS))),
            ("out of range", first(to_mw=outside)),
            ("off the grid", first(to_mw=off_grid)),
            ("step too large", first(to_mw=low)),
            ("other start value", first(from_mw=int(rng.integers(1, low)))),
            ("too many cells", everywhere),
            ("other version", whole(resource_version=int(rng.integers(10**6, 10**9)))),
            ("other problem", whole(problem_digest=self.digest())),
            ("other snapshot", whole(snapshot_digest=self.digest())),
        ]

    def _problem_defects(self, problem: Problem) -> list[tuple[str, Callable[[Problem], Problem]]]:
        held = problem.requirements
        at = int(self.rng.integers(len(held)))
        requirement = held[at].requirement
        flipped = next(c for c in Condition if c is not requirement.condition)

        def with_requirement(changed: Requirement) -> Callable[[Problem], Problem]:
            other = held[at].model_copy(update={"requirement": changed})
            return _with(requirements=(*held[:at], other, *held[at + 1 :]))

        weak = problem.thresholds.model_copy(update={"weak_rsrp_dbm": -156})
        return [
            ("requirement dropped", _with(requirements=(*held[:at], *held[at + 1 :]))),
            ("comparator flipped", with_requirement(_changed(requirement, condition=flipped))),
            ("bound weakened", with_requirement(self._weakened(requirement))),
            ("origin renamed", _with(requirements=tuple(_renamed(r) for r in held))),
            ("thresholds moved", _with(thresholds=weak)),
            ("other policy", _with(policy_digest=self.digest())),
            ("other intent", _with(intent_digest=self.digest())),
            ("requirement on an unknown cell", _with(requirements=(*held, self._nowhere(held[0])))),
        ]

    def _nowhere(self, sourced: SourcedRequirement) -> SourcedRequirement:
        cells = (self.pick((0, 10, 16383)),)
        requirement = _changed(sourced.requirement, cells=cells)
        return sourced.model_copy(update={"requirement": requirement})

    def _weakened(self, requirement: Requirement) -> Requirement:
        if isinstance(requirement.bound, RelativeChange):
            return _changed(requirement, bound=RelativeChange(change_percent=-100))
        bound = requirement.bound.model_copy(update={"threshold_percent": 100.0})
        return _changed(requirement, bound=bound)

    def _forged_snapshot(self, signed: SignedEnvelope) -> tuple[str, Papers]:
        """All papers agree on a network that was never seen."""
        observation = Observation.parse(unverified_payload(signed))
        forged = observation.model_copy(update={"snapshot": self._dreamt(observation.snapshot)})
        name, signer = self._false_signer("actuator")
        envelope = sign(forged, SNAPSHOT_PAYLOAD_TYPE, signer)
        papers = self.lawful_papers(envelope)
        how = self.pick(("signed", "unsigned", "edited"))
        if how == "unsigned":
            loose: Contract = papers.observation.snapshot
        elif how == "edited":
            loose = signed.model_copy(update={"payload": envelope.payload})
        else:
            how, loose = f"signed by {name}", envelope
        return f"forged snapshot, {how}", Papers(
            papers.intent, papers.problem, papers.plan, papers.observation, loose
        )

    def _dreamt(self, snapshot: NetworkSnapshot) -> NetworkSnapshot:
        rosy = tuple(u.model_copy(update={"throughput_mbps": 1000.0}) for u in snapshot.ues)
        return snapshot.model_copy(update={"ues": rosy})

    def _approve(self) -> Attempt:
        kind = self.pick(("failed", "forged", "mixed", "decide", "scrambled"))
        method = self.pick(("approve_automatically", "request"))
        papers, verdict = self.pick(self.failed_verdicts) if self.failed_verdicts else (None, None)
        if kind == "decide" or papers is None or verdict is None:
            return Attempt("approve", "decision on nothing", "decide", self._decision())
        trip = self.pick(self.trips)
        asked = {
            "plan": dump(papers.plan),
            "verdict": dump(verdict),
            "trace_id": self.hexadecimal(16),
        }
        if kind == "failed":
            return Attempt("approve", "failed verdict", method, asked)
        if kind == "forged":
            name, signer = self._false_signer("verifier")
            claimed = Verdict.parse(unverified_payload(verdict)).model_copy(
                update={"passed": True, "checks": ()}
            )
            asked["verdict"] = dump(sign(claimed, VERDICT_PAYLOAD_TYPE, signer))
            return Attempt("approve", f"verdict signed by {name}", method, asked)
        if kind == "mixed":
            return Attempt(
                "approve",
                "verdict of another plan",
                method,
                asked | {"verdict": dump(trip.verdict)},
            )
        return self._scrambled("approve", method, asked)

    def _decision(self) -> Document:
        trip = self.pick(self.trips)
        approval = Approval.parse(unverified_payload(trip.approval))
        decision = {
            "trace_id": approval.trace_id,
            "plan_digest": approval.plan_digest,
            "verdict_digest": approval.verdict_digest,
            "decision": "approved",
            "approved_by": self.pick(("mad", "policy:mad", "", "ada")),
            "risk_class": approval.risk_class,
        }
        wrong = self.pick(("trace_id", "plan_digest", "verdict_digest", "risk_class"))
        return decision | {wrong: self.pick((self.digest(), "", None, "high"))}

    def _certify(self) -> Attempt:
        trip, other = self.pick(self.trips), self.pick(self.trips)
        kind = self.pick(("failed", "mixed", "mixed", "forged approval", "scrambled"))
        request = trip.request()
        if kind == "failed" and self.failed_verdicts:
            papers, verdict = self.pick(self.failed_verdicts)
            request = papers.request() | {"verdict": dump(verdict), "approval": request["approval"]}
            return Attempt("certify", "failed verdict", "certify", request)
        if kind == "mixed" and other is not trip:
            part = self.pick(tuple(request))
            request[part] = other.request()[part]
            return Attempt("certify", f"another's {part}", "certify", request)
        if kind == "forged approval":
            name, signer = self._false_signer("approver")
            approval = Approval.parse(unverified_payload(trip.approval))
            request["approval"] = dump(sign(approval, APPROVAL_PAYLOAD_TYPE, signer))
            return Attempt("certify", f"approval signed by {name}", "certify", request)
        return self._scrambled("certify", "certify", request)

    def _execute(self) -> Attempt:
        trip = self.pick(self.trips)
        kind = self.pick(("replay", "forged", "forged", "edited", "other", "typed", "scrambled"))
        envelope: Contract = trip.certificate
        defect = "certificate used before"
        if kind == "forged":
            name, signer = self._false_signer("verifier")
            envelope = sign(self._dream_certificate(trip), CERTIFICATE_PAYLOAD_TYPE, signer)
            defect = f"certificate signed by {name}"
        elif kind == "edited":
            dreamt = base64.b64encode(self._dream_certificate(trip).canonical()).decode()
            envelope = trip.certificate.model_copy(update={"payload": dreamt})
            defect = "certificate edited"
        elif kind in ("other", "typed"):
            other = self.pick((trip.verdict, trip.approval, trip.papers.signed))
            envelope, defect = other, "another signed paper"
            if kind == "typed":
                envelope = other.model_copy(update={"payload_type": CERTIFICATE_PAYLOAD_TYPE})
                defect = "another signed paper, relabelled"
        params = certificate_policy(dump(envelope))
        if kind == "scrambled":
            return self._scrambled("execute", "policy", params)
        return Attempt("execute", defect, "policy", params)

    def _dream_certificate(self, trip: Trip) -> Certificate:
        """The permission the planner would like to have: for a plan with a defect."""
        certificate = Certificate.parse(unverified_payload(trip.certificate))
        _, spoil = self.pick(self._plan_defects())
        spoiled = spoil(certificate.plan)
        if isinstance(spoiled, tuple):
            spoiled = certificate.plan.model_copy(update={"changes": spoiled})
        return certificate.model_copy(
            update={
                "certificate_id": self.hexadecimal(32),
                "plan": spoiled,
                "trace_id": self.hexadecimal(16),
            }
        )

    def _rollback(self) -> Attempt:
        name: Any = self.pick((self.hexadecimal(32), self.hexadecimal(3), "' OR 1=1 --", *STRANGE))
        return Attempt("rollback", "unknown certificate", "rollback", {"certificate_id": name})

    def _plant(self) -> Attempt:
        kind = self.pick(("forged", "forged", "earlier", "other", "scrambled", "unsigned", "junk"))
        if kind == "junk":
            junk = {"period_ms": self.pick((0, -1, 150, None)), "count": self.pick(STRANGE)}
            return Attempt("plant", "junk subscription", "subscribe", junk)
        certificate = Certificate.parse(unverified_payload(self.pick(self.trips).certificate))
        spoiled = self._spoilt_changes(certificate.plan)
        changes = certificate.plan.changes if kind == "earlier" else spoiled
        name, signer = self._false_signer("actuator")
        if kind == "earlier":
            name, signer = "the actuator, before", load_signer(self._site, "actuator")
        header = ControlHeader.of(CELL_STYLE).encode()
        message = self._octets(certificate, changes)
        credential: bytes | None = seal(
            certificate.node_name, self.hexadecimal(32), header, message, signer
        )
        if kind == "other":
            other = self.pick(self.trips).certificate
            relabelled = other.model_copy(update={"payload_type": self.pick(_TYPES)})
            name, credential = "somebody, for something else", relabelled.canonical()
        if kind == "unsigned":
            name, credential = "nobody", None
        if kind == "scrambled":
            name, message = f"{name}, scrambled after", self._scrambled_octets(message)
        params = {
            "as_actuator": self.rng.random() < 0.5,
            "header": header.decode(),
            "message": message.decode(),
            "credential": None if credential is None else credential.decode(),
        }
        return Attempt("plant", f"control signed by {name}", "control", params)

    def _spoilt_changes(self, plan: ActionPlan) -> tuple[ParameterChange, ...]:
        _, spoil = self.pick(self._plan_defects())
        spoiled = spoil(plan)
        return spoiled if isinstance(spoiled, tuple) else spoiled.changes

    @staticmethod
    def _octets(certificate: Certificate, changes: tuple[ParameterChange, ...]) -> bytes:
        """An E2SM-CCC write of these changes, on the node as it was for a certificate."""
        baseline = certificate.baseline
        node = NodeInfo(
            node_name=certificate.node_name,
            scenario=baseline.scenario,
            scenario_digest=baseline.scenario_digest,
            kpm_time_ms=0,
            pace_factor=1.0,
            resource_version=baseline.resource_version,
            cells=tuple(c.configuration for c in baseline.cells),
        )
        octets = powers_message(node, node.resource_version, changes).encode()
        odd = json.dumps(changes[0].parameter.rpartition(".")[2]).encode()
        return octets.replace(b'"configuredMaxTxPower"', odd)

    def _scrambled_octets(self, octets: bytes) -> bytes:
        return json.dumps(self.scramble(json.loads(octets))).encode()

    # --- chance -------------------------------------------------------------------------------

    def _false_signer(self, role: Role) -> tuple[str, Signer]:
        others: tuple[Role | None, ...] = (None, *(r for r in _ROLES if r != role))
        other = self.pick(others)
        if other is None:
            return "a stranger", self._stranger
        return f"the {other}", load_signer(self._site, other)

    def _scrambled(self, door: Door, method: str, params: Document) -> Attempt:
        return Attempt(door, "scrambled", method, self.scramble(params), original=params)


def _with(**changes: Any) -> Callable[[Problem], Problem]:
    return lambda problem: problem.model_copy(update=changes)


def _changed(requirement: Requirement, **changes: Any) -> Requirement:
    return requirement.model_copy(update=changes)


def _renamed(sourced: SourcedRequirement) -> SourcedRequirement:
    return sourced.model_copy(update={"origin": "intent"})
