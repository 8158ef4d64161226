"""Steps leave records: inputs and output by content address, so that anybody can replay them."""

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import JsonValue

from agents.ports import Road
from agents.state import State
from contracts.canonical import Contract, Digest
from contracts.record import Record, RecordKind

T = TypeVar("T", bound=Contract)


def fetch(road: Road, state: State, name: str, kind: type[T]) -> T:
    """The object that an earlier step left under a name."""
    return kind.parse(road.objects.get(state["refs"][name]))


def keep(road: Road, contract: Contract) -> Digest:
    """Put a contract into the ledger's store."""
    return road.ledger.put_object(contract.canonical())


def perform(
    road: Road,
    state: State,
    step: str,
    inputs: Mapping[str, Digest],
    compute: Callable[[], Contract],
    parameters: Mapping[str, JsonValue] | None = None,
) -> State:
    """Compute a step, keep its output and record both; running it again changes nothing.

    Args:
        step: name of the step and of its output in ``refs``.
        inputs: content addresses of everything the step reads.
        compute: the pure computation.
        parameters: small inputs that are not objects; may be filled during ``compute``.
    """
    started = time.perf_counter()
    output = compute()
    duration_ms = 1000.0 * (time.perf_counter() - started)
    digest = keep(road, output)
    attempt = state.get("attempt", 1)
    road.ledger.append(
        Record(
            key=f"{state['trace_id']}/{step}/{attempt}",
            trace_id=state["trace_id"],
            kind=RecordKind.STEP,
            actor="planner",
            at=road.clock.now(),
            content={
                "step": step,
                "attempt": attempt,
                "inputs": dict(inputs),
                "output": digest,
                "parameters": dict(parameters or {}),
                "duration_ms": duration_ms,
            },
            objects=tuple(dict.fromkeys((*inputs.values(), digest))),
        )
    )
    return {"refs": {step: digest}}


def append(
    road: Road, state: State, kind: RecordKind, content: Mapping[str, JsonValue], *objects: Digest
) -> None:
    """Append any other record of the planner; one a kind and attempt."""
    road.ledger.append(
        Record(
            key=f"{state['trace_id']}/{kind}/{state.get('attempt', 1)}",
            trace_id=state["trace_id"],
            kind=kind,
            actor="planner",
            at=road.clock.now(),
            content=dict(content),
            objects=objects,
        )
    )
