"""The service: what operators and approvers ask of a running site, with the caller's identity."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Literal, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from agents.conclude import decide
from agents.graph import Graph, build_graph
from agents.papers import Sentence
from agents.passages import read_passages
from agents.ports import Road
from agents.reader import Reader
from agents.recording import keep
from agents.service.clients import ActuatorClient, ApproverClient, VerifierClient
from agents.service.site_setup import SiteConfig
from agents.state import State
from contracts.canonical import Contract
from contracts.certificate import Receipt
from contracts.clock import Clock
from contracts.decision import Decision
from contracts.dsse import unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.intent import Intent
from contracts.ledger.client import LedgerClient
from contracts.ledger.reader import LedgerReader
from contracts.policy import load_policy
from contracts.record import Record, RecordKind
from contracts.site import Site
from knowledge.search import ground
from tools.power import power_tools
from tools.power.foundation.shipped import trained
from twins.runtime import configure_thread, fingerprint
from twins.scenario import RayTracedChannel, load_scenario
from twins.sionna.paths import read_asset

OnEvent = Callable[[str, float, str], None]
"""Stage, share of it that is done (1 at its end), detail."""


class Caller(Contract):
    """Who calls: the login name here, a token's subject in a later REST API."""

    name: str


class Service:
    """The road of a running site. Every method acts for one caller."""

    def __init__(self, site: Site, config: SiteConfig, caller: Caller, reader: Reader) -> None:
        self._site = site
        self._config = config
        self._caller = caller
        self._reader = reader

    def run(
        self, wanted: str | Intent, approve: Literal["auto", "ask"], on_event: OnEvent
    ) -> Decision:
        """Take one sentence, or one typed intent, down the whole road.

        Returns:
            The decision; ``AWAITING_APPROVAL`` when a person must decide first.

        Raises:
            RanwrightError: a defect; the trace can be resumed after the repair.
        """
        trace_id = secrets.token_hex(8)
        with self._graph() as (graph, road):
            refs = self._receive(road, trace_id, self._said(wanted))
            start: State = {"trace_id": trace_id, "approve": approve, "refs": refs, "attempt": 1}
            return self._drive(graph, road, trace_id, start, on_event)

    def approve(
        self, trace_id: str, decision: Literal["approved", "denied"], on_event: OnEvent
    ) -> Decision:
        """Decide a waiting plan as the caller, and go on.

        Raises:
            RanwrightError: ``approval.not_waiting`` when the trace waits for nobody.
        """
        with self._graph() as (graph, road):
            if not graph.get_state(_thread(trace_id)).interrupts:
                raise RanwrightError(
                    "approval.not_waiting",
                    f"Trace {trace_id} waits for no approval.",
                    "See ranwright trace list.",
                    ExitCode.USAGE,
                )
            answer = {"decision": decision, "approved_by": self._caller.name}
            return self._drive(graph, road, trace_id, Command(resume=answer), on_event)

    def resume(self, trace_id: str, on_event: OnEvent) -> Decision:
        """Go on with a trace whose planner was interrupted; nothing is done twice.

        Raises:
            RanwrightError: ``trace.unknown``.
        """
        with self._graph() as (graph, road):
            if not graph.get_state(_thread(trace_id)).values:
                raise unknown_trace(trace_id)
            return self._drive(graph, road, trace_id, None, on_event)

    def undo(self, trace_id: str) -> Receipt:
        """Take the certified way back of a fulfilled action.

        Raises:
            RanwrightError: ``undo.nothing_to_undo``, ``trace.unknown``, or the actuator's refusal.
        """
        decision = read_decision(LedgerReader.of(self._site), trace_id)
        if decision is None or decision.certificate_id is None:
            raise RanwrightError(
                "undo.nothing_to_undo",
                f"Trace {trace_id} changed nothing.",
                f"See ranwright trace show {trace_id}.",
                ExitCode.USAGE,
            )
        with ActuatorClient(self._site, Clock()) as actuator:
            envelope = actuator.rollback(decision.certificate_id)
        return Receipt.parse(unverified_payload(envelope))

    def _said(self, wanted: str | Intent) -> Sentence:
        by = self._caller.name
        if isinstance(wanted, Intent):
            return Sentence(text=wanted.user_label, requested_by=by, intent=wanted)
        return Sentence(text=wanted, requested_by=by)

    def _receive(self, road: Road, trace_id: str, said: Sentence) -> dict[str, str]:
        refs = {"sentence": keep(road, said), "scenario": keep(road, road.scenario)}
        channel = road.scenario.channel
        assets = (
            [road.ledger.put_object(read_asset(road.scenario, channel))]
            if isinstance(channel, RayTracedChannel)
            else []
        )
        road.ledger.append(
            Record(
                key=f"{trace_id}/{RecordKind.INTENT_RECEIVED}",
                trace_id=trace_id,
                kind=RecordKind.INTENT_RECEIVED,
                actor="planner",
                at=road.clock.now(),
                content={
                    "sentence": refs["sentence"],
                    "requested_by": self._caller.name,
                    "reader": road.reader.name,
                    "runtime": dict(fingerprint()),
                },
                objects=(*refs.values(), *assets),
            )
        )
        return refs

    def _drive(
        self,
        graph: Graph,
        road: Road,
        trace_id: str,
        start: State | Command[Any] | None,
        on_event: OnEvent,
    ) -> Decision:
        stream: Iterator[Any] = graph.stream(
            start, _thread(trace_id), stream_mode=["updates", "custom"]
        )
        for mode, event in stream:
            if mode == "custom":
                on_event(event["stage"], event["share"], event["detail"])
            else:
                for stage in event:
                    on_event(stage, 1.0, "")
        snapshot = graph.get_state(_thread(trace_id))
        if snapshot.interrupts:
            return decide(road, cast(State, snapshot.values))
        return Decision.parse(road.objects.get(snapshot.values["decision"]))

    @contextmanager
    def _graph(self) -> Iterator[tuple[Graph, Road]]:
        configure_thread()
        scenario = load_scenario(self._config.scenario)
        clock = Clock()
        database = sqlite3.connect(self._site.checkpoints, check_same_thread=False)
        with (
            closing(database),
            LedgerClient(self._site) as ledger,
            ActuatorClient(self._site, clock) as network,
            VerifierClient(self._site) as verifier,
            ApproverClient(self._site) as approver,
        ):
            road = Road(
                scenario=scenario,
                load_policy=lambda: load_policy(self._site.policy),
                reader=self._reader,
                ground=lambda intent: ground(intent, scenario.equipment),
                read=read_passages,
                tools=power_tools(lambda _name: scenario, model=trained),
                ledger=ledger,
                objects=LedgerReader.of(self._site).objects,
                network=network,
                verifier=verifier,
                approver=approver,
                clock=clock,
            )
            yield build_graph(road, SqliteSaver(database)), road


def read_decision(reader: LedgerReader, trace_id: str) -> Decision | None:
    """The decision of a trace; ``None`` while it is open.

    Raises:
        RanwrightError: ``trace.unknown``.
    """
    entries = reader.records(trace_id)
    if not entries:
        raise unknown_trace(trace_id)
    for entry in entries:
        if entry.record.kind is RecordKind.DECISION:
            return Decision.parse(reader.get_object(str(entry.record.content["decision"])))
    return None


def unknown_trace(trace_id: str) -> RanwrightError:
    """The error for a trace that the ledger does not hold."""
    return RanwrightError(
        "trace.unknown",
        f"There is no trace {trace_id}.",
        "See ranwright trace list.",
        ExitCode.USAGE,
    )


def _thread(trace_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": trace_id}}
