"""The state of the graph: small values and content addresses; everything else is in the ledger."""

import operator
from typing import Annotated, Any, Literal, TypedDict

from contracts.canonical import Digest


class State(TypedDict, total=False):
    """What LangGraph checkpoints between nodes.

    ``refs`` names the object each step put into the ledger's store; ``failure`` is the JSON of the
    :class:`RanwrightError` that ended the road early.
    """

    trace_id: str
    approve: Literal["auto", "ask"]
    refs: Annotated[dict[str, Digest], operator.or_]
    times_ms: Annotated[dict[str, float], operator.or_]
    attempt: int
    verdict_passed: bool
    failure: dict[str, Any]
    decision: Digest
