"""The planner as a LangGraph graph: how one intent travels from sentence to decision."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.nodes import Nodes
from agents.ports import Road
from agents.state import State
from contracts.errors import ExitCode, RanwrightError

Graph = CompiledStateGraph[State, None, State, State]


class Node(Protocol):
    """A node: the state in, what changes out."""

    def __call__(self, state: State) -> State:
        """Work on the state."""
        ...


STAGES = (
    "parse",
    "observe",
    "ground",
    "formulate",
    "solve",
    "verify",
    "approve",
    "certify",
    "act",
    "conclude",
)
"""The nodes in the order an intent passes them."""


def build_graph(road: Road, checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    """Wire the nodes.

    Any node may end the road with a :class:`RanwrightError`: it becomes the reason of the decision.
    A defect (exit code 1) is raised instead, so that the graph can be resumed after the repair.
    """
    nodes = Nodes(road)
    graph = StateGraph(State)
    for stage in STAGES[:-1]:
        graph.add_node(stage, _guarded(stage, getattr(nodes, stage)))
    graph.add_node("conclude", nodes.conclude)
    graph.add_edge(START, "parse")
    for stage, following in pairwise(STAGES):
        if stage not in ("solve", "verify"):
            graph.add_conditional_edges(stage, _unless_failed(following), [following, "conclude"])
    graph.add_conditional_edges("solve", _after_solve, ["verify", "conclude"])
    graph.add_conditional_edges("verify", _after_verify, ["approve", "formulate", "conclude"])
    graph.add_edge("conclude", END)
    return graph.compile(checkpointer=checkpointer)


def _guarded(stage: str, node: Node) -> Node:
    def guarded(state: State) -> State:
        started = time.perf_counter()
        try:
            update = node(state)
        except RanwrightError as error:
            if error.exit_code is ExitCode.DEFECT:
                raise
            update = {"failure": error.to_json()}
        before_ms = state.get("times_ms", {}).get(stage, 0.0)
        elapsed_ms = 1000.0 * (time.perf_counter() - started)
        return update | {"times_ms": {stage: before_ms + elapsed_ms}}

    return guarded


def _unless_failed(following: str) -> Callable[[State], str]:
    def route(state: State) -> str:
        return "conclude" if "failure" in state else following

    return route


def _after_solve(state: State) -> str:
    return "verify" if "failure" not in state and "plan" in state["refs"] else "conclude"


def _after_verify(state: State) -> str:
    if "failure" in state:
        return "conclude"
    return "approve" if state["verdict_passed"] else "formulate"
