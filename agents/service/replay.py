"""Replay: run the deterministic steps of a trace again, from the ledger alone, and compare."""

import json
import math
from collections.abc import Callable, Mapping
from itertools import count, takewhile
from typing import Any, Literal, TypeVar

from pydantic import JsonValue, ValidationError

from agents.formulate import formulate
from agents.papers import EvidenceSet, Reserve, Sentence, Solution
from agents.passages import screened
from agents.reader import ReadingResult, TypedReader, read_again
from agents.room import Room
from agents.service.deployment_report import is_deployment, judged_again
from agents.service.service import unknown_trace
from agents.solve import solve
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.activation.verify import verify_activation
from agents.verifier.papers import Papers
from agents.verifier.verify import verify
from contracts.action import ActionPlan
from contracts.activation import Activation, ActivationPlan
from contracts.canonical import Contract, Digest, canonical_bytes
from contracts.certificate import Certificate, Receipt
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from contracts.gap import GapRecord
from contracts.intent import Intent
from contracts.ledger.reader import LedgerReader
from contracts.network import NetworkSnapshot
from contracts.plant_link import Observation
from contracts.policy import Policy
from contracts.problem import Problem
from contracts.record import Record, RecordKind
from contracts.tool import ToolUnavailableError
from knowledge.search import ground
from tools.power import power_tools
from tools.power.foundation.shipped import Trained, trained_from
from tools.power.graph_model import GraphModel, Source
from twins import assets
from twins.runtime import configure_thread, fingerprint
from twins.scenario import Scenario

RELATIVE_TOLERANCE = 1e-3
"""Numbers may differ by so much on another runtime; choices and verdicts may not differ at all."""

T = TypeVar("T", bound=Contract)


class StepReplay(Contract):
    """One step: equal to the byte, within the tolerances, or different."""

    step: str
    attempt: int
    result: Literal["equal", "within_tolerance", "different"]
    difference: str | None = None


class ReplayReport(Contract):
    """All steps, and whether this runtime is the one that the trace was made on."""

    trace_id: str
    runtime_differences: tuple[str, ...]
    steps: tuple[StepReplay, ...]

    @property
    def same_runtime(self) -> bool:
        """Equal versions, instruction set and threads."""
        return not self.runtime_differences

    @property
    def passed(self) -> bool:
        """Equal to the byte on the same runtime; within the tolerances elsewhere."""
        allowed = ("equal",) if self.same_runtime else ("equal", "within_tolerance")
        return all(s.result in allowed for s in self.steps)


class Inputs:
    """The recorded inputs of a step, by name."""

    def __init__(self, reader: LedgerReader, record: Record) -> None:
        digests = record.content["inputs"]
        self._digests: Mapping[str, Any] = digests if isinstance(digests, dict) else {}
        self._reader = reader
        self._output = str(record.content["output"])
        parameters = record.content.get("parameters")
        self.parameters: Mapping[str, Any] = parameters if isinstance(parameters, dict) else {}

    def get(self, name: str, kind: type[T]) -> T:
        """One input."""
        return _parsed(kind, self._reader.get_object(str(self._digests[name])))

    def content(self, name: str) -> bytes:
        """The bytes of one input."""
        return self._reader.get_object(str(self._digests[name]))

    def signed(self, name: str, kind: type[T]) -> T:
        """What an input holds in its envelope; the audit verifies signatures."""
        return _parsed(kind, unverified_payload(self.get(name, SignedEnvelope)))

    def holds(self, name: str) -> bool:
        """Whether the step had such an input."""
        return name in self._digests

    def digest(self, name: str) -> Digest:
        """Content address of one input."""
        return Digest(self._digests[name])

    def recorded(self, kind: type[T]) -> T:
        """What the step put out at the time."""
        return _parsed(kind, self._reader.get_object(self._output))


def _judged_again(reader: LedgerReader, trace_id: str) -> ReplayReport:
    """The one deterministic step of a deployment; it computes nothing that a runtime could move."""
    difference = judged_again(reader, trace_id)
    result: Literal["equal", "different"] = "equal" if difference is None else "different"
    step = StepReplay(step="deployment", attempt=1, result=result, difference=difference)
    return ReplayReport(trace_id=trace_id, runtime_differences=(), steps=(step,))


def _parsed(kind: type[T], recorded: bytes) -> T:
    try:
        return kind.parse(recorded)
    except ValidationError as error:
        raise RanwrightError(
            "trace.other_release",
            f"The record holds no {kind.__name__} of this release: {error.errors()[0]['msg']}.",
            "Replay the trace with the release that recorded it.",
        ) from error


def replay(reader: LedgerReader, trace_id: str) -> ReplayReport:
    """Run every recorded deterministic step again on its recorded inputs.

    Observations of the plant are inputs, not steps: they cannot be repeated.

    Raises:
        RanwrightError: ``trace.unknown``, or an object that is missing or tampered with.
    """
    entries = reader.records(trace_id)
    if not entries:
        raise unknown_trace(trace_id)
    if is_deployment(reader, trace_id):
        return _judged_again(reader, trace_id)
    assets.add_source("ledger", lambda _name, digest: _held(reader, digest))
    configure_thread()
    runtime: dict[str, JsonValue] = {}
    steps = []
    for entry in entries:
        record = entry.record
        if record.kind is RecordKind.INTENT_RECEIVED:
            recorded = record.content["runtime"]
            runtime = recorded if isinstance(recorded, dict) else {}
        if record.kind in (RecordKind.STEP, RecordKind.VERDICT):
            step = str(record.content["step"])
            if step in STEPS:
                steps.append(_replay_step(reader, step, record))
    here = fingerprint()
    return ReplayReport(
        trace_id=trace_id,
        runtime_differences=tuple(
            f"{name}: {runtime.get(name)} then, {here.get(name)} now"
            for name in sorted({*runtime, *here})
            if runtime.get(name) != here.get(name)
        ),
        steps=tuple(steps),
    )


def _held(reader: LedgerReader, digest: str) -> bytes | None:
    return reader.get_object(digest) if digest in reader.objects else None


def _replay_step(reader: LedgerReader, step: str, record: Record) -> StepReplay:
    again = STEPS[step](Inputs(reader, record)).canonical()
    recorded = reader.get_object(str(record.content["output"]))
    difference = None if again == recorded else first_difference(recorded, again)
    if again == recorded:
        result: Literal["equal", "within_tolerance", "different"] = "equal"
    else:
        result = "within_tolerance" if difference is None else "different"
    attempt = record.content.get("attempt", 1)
    return StepReplay(
        step=step,
        attempt=attempt if isinstance(attempt, int) else 1,
        result=result,
        difference=difference,
    )


def first_difference(recorded: bytes, again: bytes) -> str | None:
    """Where two documents differ by more than the tolerance; ``None`` where they do not."""
    return _differ(json.loads(recorded), json.loads(again), "$")


def _differ(a: Any, b: Any, path: str) -> str | None:
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return next((d for k in a if (d := _differ(a[k], b[k], f"{path}.{k}"))), None)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = enumerate(zip(a, b, strict=True))
        return next((d for i, (x, y) in pairs if (d := _differ(x, y, f"{path}[{i}]"))), None)
    if {type(a), type(b)} <= {int, float} and float in (type(a), type(b)):
        close = math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE, abs_tol=RELATIVE_TOLERANCE)
        return None if close else f"{path}: {a} then, {b} now"
    return None if a == b else f"{path}: {_short(a)} then, {_short(b)} now"


def _short(value: Any) -> str:
    return canonical_bytes(value).decode()[:60]


def _reading(inputs: Inputs) -> Contract:
    said, cells = inputs.get("sentence", Sentence), inputs.get("scenario", Scenario).cell_ids
    if said.intent is not None:
        return TypedReader(said.intent).examine(said.text, cells)
    return read_again(inputs.recorded(ReadingResult), said.text, cells)


def _evidence(inputs: Inputs) -> Contract:
    equipment = inputs.get("scenario", Scenario).equipment
    recorded = inputs.recorded(EvidenceSet)  # what the store held then is an input
    evidence = ground(inputs.get("intent", Intent), equipment)
    passages = screened([p.passage for p in recorded.passages], evidence)
    return EvidenceSet(evidence=evidence, passages=passages, unread=recorded.unread)


def _problem(inputs: Inputs) -> Contract:
    return formulate(
        inputs.get("intent", Intent),
        inputs.get("snapshot", NetworkSnapshot),
        inputs.get("policy", Policy),
        inputs.get("scenario", Scenario).equipment,
        inputs.get("evidence", EvidenceSet).evidence,
        inputs.get("reserve", Reserve).reserve_share,
    )


def _solution(inputs: Inputs) -> Contract:
    scenario = inputs.get("scenario", Scenario)
    tools = power_tools(lambda _name: scenario, model=_source(inputs))
    snapshot = inputs.get("snapshot", NetworkSnapshot)
    return solve(inputs.get("problem", Problem), snapshot, scenario, tools)


def _source(inputs: Inputs) -> Source | None:
    """Of the model that the trace was made with, of its absence then, or none was asked."""
    name = f"weights:{GraphModel.name}"
    if inputs.holds(name):
        return lambda: trained_from(inputs.content(name))
    missing = inputs.recorded(Solution).unavailable
    code = next((t.code for t in missing if t.tool == GraphModel.name), None)
    if code is None:
        return None

    def absent() -> Trained:
        raise ToolUnavailableError(code, "The trace was made without a model.", "Nothing to do.")

    return absent


def _verdict(inputs: Inputs) -> Contract:
    papers = Papers(
        intent=inputs.get("intent", Intent),
        problem=inputs.get("problem", Problem),
        plan=inputs.get("plan", ActionPlan),
        snapshot=inputs.get("snapshot", NetworkSnapshot),
        policy=inputs.get("policy", Policy),
        scenario=inputs.get("scenario", Scenario),
        calibration_digest=inputs.digest("calibration"),
        gap=inputs.get("gap", GapRecord) if inputs.holds("gap") else None,
    )
    return verify(papers, int(inputs.parameters["attempt"]))


def _envelope_room(inputs: Inputs) -> Contract:
    return Room(_activation_papers(inputs)).fit(float(inputs.parameters["share"]))


def _activation_verdict(inputs: Inputs) -> Contract:
    return verify_activation(_activation_papers(inputs), int(inputs.parameters["attempt"]))


def _activation_papers(inputs: Inputs) -> ActivationPapers:
    return ActivationPapers(
        plan=inputs.get("plan", ActivationPlan),
        certificate=inputs.signed("signed_certificate", Certificate),
        receipt=inputs.signed("signed_receipt", Receipt),
        observation=inputs.signed("signed_snapshot", Observation),
        beside=tuple(
            inputs.signed(f"beside:{n}", Activation)
            for n in takewhile(lambda n: inputs.holds(f"beside:{n}"), count())
        ),
        policy=inputs.get("policy", Policy),
        scenario=inputs.get("scenario", Scenario),
        calibration_digest=inputs.digest("calibration"),
        gap=inputs.get("gap", GapRecord) if inputs.holds("gap") else None,
    )


STEPS: Mapping[str, Callable[[Inputs], Contract]] = {
    "reading": _reading,
    "evidence": _evidence,
    "problem": _problem,
    "solution": _solution,
    "verdict": _verdict,
    "envelope_room": _envelope_room,
    "activation_verdict": _activation_verdict,
}
"""The deterministic steps by name."""
