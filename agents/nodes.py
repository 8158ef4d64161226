"""The nodes of the graph: each reads objects by name, computes, and leaves its result recorded.

Nodes are repeatable: the ledger keeps the first record under a key, certificates are single use,
and the actuator answers a repeated certificate with the receipt of the first time.
"""

from contextlib import suppress

from langgraph.config import get_stream_writer
from langgraph.types import interrupt
from pydantic import JsonValue

from agents.conclude import decide
from agents.formulate import formulate, reserve_after
from agents.papers import EvidenceSet, Reserve, Sentence, Solution
from agents.passages import beside
from agents.ports import Road
from agents.reader import ReadingResult, TypedReader
from agents.recording import append, fetch, keep, perform
from agents.solve import limit_of, solve
from agents.state import State
from contracts.action import ActionPlan
from contracts.canonical import Digest
from contracts.certificate import Approval
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.intent import Clarification, Intent, Refusal
from contracts.measure import margin_of
from contracts.network import NetworkSnapshot
from contracts.policy import Policy
from contracts.problem import Problem
from contracts.record import RecordKind
from contracts.tool import LearnedTool, ToolUnavailableError
from contracts.verdict import Verdict
from knowledge.manifest import manifest

HOPELESS_MARGIN = -0.02
"""Below this share of a threshold the model is sure enough that no roll-out is worth running."""


class Nodes:
    """The agents' work, bound to the road's other processes."""

    def __init__(self, road: Road) -> None:
        self._road = road

    def parse(self, state: State) -> State:
        """Sentence to intent, question or refusal."""
        road = self._road
        sentence = fetch(road, state, "sentence", Sentence)
        reader = road.reader if sentence.intent is None else TypedReader(sentence.intent)
        update = perform(
            road,
            state,
            "reading",
            {"sentence": state["refs"]["sentence"], "scenario": state["refs"]["scenario"]},
            lambda: reader.examine(sentence.text, road.scenario.cell_ids),
        )
        reading = ReadingResult.parse(road.objects.get(update["refs"]["reading"])).reading
        match reading:
            case Intent():
                update |= {"refs": update["refs"] | {"intent": keep(road, reading)}}
                return update | _unmeasured(reading)
            case Clarification(code=code, question=question, missing=missing):
                say = f"Say it again with: {', '.join(missing)}."
                return _ended(update, code, question, say, ExitCode.CLARIFICATION_NEEDED)
            case Refusal(code=code, reason=reason, remedy=remedy):
                return _ended(update, code, reason, remedy)

    def observe(self, state: State) -> State:
        """Take the snapshot that everything after is decided on."""
        road = self._road
        policy = road.load_policy()
        signed: dict[str, Digest] = {}

        def take() -> NetworkSnapshot:
            snapshot, envelope = road.network.observe(policy.certificate.watch_window_ms)
            signed["signed_snapshot"] = keep(road, envelope)
            return snapshot

        update = perform(
            road,
            state,
            "snapshot",
            {"scenario": state["refs"]["scenario"]},
            take,
        )
        return update | {"refs": update["refs"] | signed | {"policy": keep(road, policy)}}

    def ground(self, state: State) -> State:
        """Look up the rules that the intent relies on, and read what stands beside them."""
        intent = fetch(self._road, state, "intent", Intent)
        return perform(
            self._road,
            state,
            "evidence",
            {
                "intent": state["refs"]["intent"],
                "scenario": state["refs"]["scenario"],
                "knowledge": keep(self._road, manifest()),
            },
            lambda: beside(self._road.ground(intent), lambda: self._road.read(intent)),
        )

    def formulate(self, state: State) -> State:
        """Intent to problem; after a failed verification with more reserve where it was missed."""
        road, refs = self._road, dict(state["refs"])
        reserve = self._reserve(state)
        refs["reserve"] = keep(road, reserve)
        intent = fetch(road, state, "intent", Intent)
        evidence = fetch(road, state, "evidence", EvidenceSet)
        update = perform(
            road,
            state,
            "problem",
            {
                k: refs[k]
                for k in ("intent", "snapshot", "policy", "scenario", "evidence", "reserve")
            },
            lambda: formulate(
                intent,
                fetch(road, state, "snapshot", NetworkSnapshot),
                fetch(road, state, "policy", Policy),
                road.scenario.equipment,
                evidence.evidence,
                reserve.reserve_share,
            ),
        )
        return update | {"refs": update["refs"] | {"reserve": refs["reserve"]}}

    def solve(self, state: State) -> State:
        """Problem to candidates and the plan of the best one."""
        road, write = self._road, get_stream_writer()
        times_ms: dict[str, float] = {}

        def on_tool(name: str, time_ms: float) -> None:
            times_ms[name] = time_ms
            write({"stage": "solve", "share": len(times_ms) / len(road.tools), "detail": name})

        problem = fetch(road, state, "problem", Problem)
        snapshot = fetch(road, state, "snapshot", NetworkSnapshot)
        if _holds_now(problem, snapshot):
            return {"refs": {}}  # without a plan the road ends: there is nothing to do
        update = perform(
            road,
            state,
            "solution",
            {k: state["refs"][k] for k in ("problem", "snapshot", "scenario")} | self._weights(),
            lambda: solve(problem, snapshot, road.scenario, road.tools, on_tool),
            times_ms,
        )
        solution = Solution.parse(road.objects.get(update["refs"]["solution"]))
        if solution.plan is not None:
            update["refs"] |= {"plan": keep(road, solution.plan)}
        if solution.plan is None or solution.best.worst_margin < HOPELESS_MARGIN:
            return _ended(
                update,
                "solve.infeasible",
                f"The best plan found still misses this: {limit_of(problem, solution.best)}.",
                "Ask for less, or relax the requirement that limits it.",
                ExitCode.INFEASIBLE,
            )
        return update

    def verify(self, state: State) -> State:
        """Have the verifier's process judge the plan."""
        road, write = self._road, get_stream_writer()
        envelope = road.verifier.verify(
            fetch(road, state, "intent", Intent),
            fetch(road, state, "problem", Problem),
            fetch(road, state, "plan", ActionPlan),
            fetch(road, state, "signed_snapshot", SignedEnvelope),
            lambda detail, share: write({"stage": "verify", "share": share, "detail": detail}),
        )
        verdict = Verdict.parse(unverified_payload(envelope))
        refs = {"verdict": keep(road, verdict), "signed_verdict": keep(road, envelope)}
        inputs: dict[str, JsonValue] = {"calibration": verdict.calibration_digest}
        if verdict.gap is not None:
            inputs["gap"] = verdict.gap.record_digest
        inputs |= {
            k: state["refs"][k]
            for k in (
                "intent",
                "problem",
                "plan",
                "snapshot",
                "signed_snapshot",
                "policy",
                "scenario",
            )
        }
        append(
            road,
            state,
            RecordKind.VERDICT,
            {
                "step": "verdict",
                "inputs": inputs,
                "output": refs["verdict"],
                "envelope": refs["signed_verdict"],
                "parameters": {"attempt": verdict.attempt},
            },
            *map(str, inputs.values()),
            *refs.values(),
        )
        update: State = {"refs": refs, "verdict_passed": verdict.passed}
        if verdict.passed:
            return update
        if strange := [c.reason for c in verdict.checks if c.about_plant and not c.passed]:
            return _ended(
                update,
                "verify.unknown_plant",
                f"This network is not of the kind that the twin knows: {'; '.join(strange)}.",
                "Find out what differs (ranwright twin fit), or compare the twin with such plants.",
                ExitCode.INFEASIBLE,
            )
        if verdict.attempt < fetch(road, state, "policy", Policy).verification.max_attempts:
            return update | {"attempt": state.get("attempt", 1) + 1}
        return _ended(
            update,
            "verify.not_proven",
            f"No plan was proven in {verdict.attempt} attempts: {'; '.join(verdict.reasons)}.",
            "Ask for less, or relax the requirement that limits it.",
            ExitCode.INFEASIBLE,
        )

    def approve(self, state: State) -> State:
        """By the policy, or by a person: then the graph waits here, also over a restart."""
        road = self._road
        plan = fetch(road, state, "plan", ActionPlan)
        verdict = fetch(road, state, "signed_verdict", SignedEnvelope)
        envelope: SignedEnvelope | None = None
        if state["approve"] == "auto":
            try:
                envelope = road.approver.approve_automatically(state["trace_id"], plan, verdict)
            except RanwrightError as error:
                if error.code != "approval.person_required":
                    raise
        if envelope is None:
            request = road.approver.request(state["trace_id"], plan, verdict)
            envelope = road.approver.decide(request, interrupt(request))
        approval = Approval.parse(unverified_payload(envelope))
        update: State = {"refs": {"approval": keep(road, envelope)}}
        if approval.decision == "denied":
            reason = f"{approval.approved_by} denied the plan."
            return _ended(update, "approval.denied", reason, "Nothing was changed.")
        return update

    def certify(self, state: State) -> State:
        """Have the verifier's process sign the permission to act."""
        road = self._road
        envelope = road.verifier.certify(
            fetch(road, state, "signed_verdict", SignedEnvelope),
            fetch(road, state, "approval", SignedEnvelope),
            fetch(road, state, "plan", ActionPlan),
            fetch(road, state, "problem", Problem),
            fetch(road, state, "signed_snapshot", SignedEnvelope),
        )
        return {"refs": {"certificate": keep(road, envelope)}}

    def act(self, state: State) -> State:
        """Hand the certificate to the actuator, which acts, watches, and undoes what is wrong."""
        road, write = self._road, get_stream_writer()
        receipt = road.network.execute(
            fetch(road, state, "certificate", SignedEnvelope),
            lambda detail, share: write({"stage": "act", "share": share, "detail": detail}),
        )
        return {"refs": {"receipt": keep(road, receipt)}}

    def conclude(self, state: State) -> State:
        """Say what came of it."""
        decision = decide(self._road, state)
        digest = keep(self._road, decision)
        append(
            self._road,
            state,
            RecordKind.DECISION,
            {"outcome": decision.outcome, "code": decision.code, "decision": digest},
            digest,
        )
        return {"decision": digest}

    def _weights(self) -> dict[str, Digest]:
        """The weights that learned tools work with, kept for replay; nothing of tools without."""
        kept = {}
        for tool in self._road.tools:
            if isinstance(tool, LearnedTool):
                with suppress(ToolUnavailableError):  # the solution says so
                    kept[f"weights:{tool.name}"] = self._road.ledger.put_object(tool.weights())
        return kept

    def _reserve(self, state: State) -> Reserve:
        if "verdict" not in state["refs"]:
            return Reserve(reserve_share={})
        previous = fetch(self._road, state, "reserve", Reserve).reserve_share
        verdict = fetch(self._road, state, "verdict", Verdict)
        return Reserve(reserve_share=reserve_after(verdict, previous))


def _unmeasured(intent: Intent) -> State:
    """The failure of an intent that asks for more than is measured; else nothing."""
    try:
        _ = intent.requirements
    except RanwrightError as error:
        return {"failure": error.to_json()}
    return {}


def _holds_now(problem: Problem, snapshot: NetworkSnapshot) -> bool:
    """Whether the network, as measured, already does everything that the intent asks."""
    return all(
        margin_of(s.requirement, snapshot, snapshot, problem.thresholds) >= 0
        for s in problem.requirements
        if s.origin == "intent"
    )


def _ended(
    update: State, code: str, reason: str, remedy: str, exit_code: ExitCode = ExitCode.REFUSED
) -> State:
    failure = RanwrightError(code, reason, remedy, exit_code).to_json()
    return update | {"failure": failure}
