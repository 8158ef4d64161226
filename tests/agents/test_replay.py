"""Replay's tolerance: numbers may move a little on another runtime, choices never."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.service.replay import (
    RELATIVE_TOLERANCE,
    Inputs,
    ReplayReport,
    StepReplay,
    first_difference,
)
from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from contracts.record import Record, RecordKind
from contracts.verdict import Verdict
from tests.agents.city import NOON


class OneObject:
    """A ledger that holds one object under every digest."""

    def __init__(self, held: bytes) -> None:
        self._held = held

    def get_object(self, _digest: str) -> bytes:
        return self._held


def test_what_another_release_recorded_is_named():
    digest = "sha256:" + "0" * 64
    record = Record(
        key="k",
        trace_id="t",
        kind=RecordKind.STEP,
        actor="planner",
        at=NOON,
        content={"step": "problem", "inputs": {"snapshot": digest}, "output": digest},
    )
    inputs = Inputs(OneObject(b'{"window_ms": 60000}'), record)
    for read in (lambda: inputs.get("snapshot", NetworkSnapshot), lambda: inputs.recorded(Verdict)):
        with pytest.raises(RanwrightError) as refused:
            read()
        assert refused.value.code == "trace.other_release"


def differ(recorded, again):
    return first_difference(json.dumps(recorded).encode(), json.dumps(again).encode())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(-1e6, 1e6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(VALUES)
def test_nothing_differs_from_itself(document):
    assert differ(document, document) is None


@given(st.floats(1.5, 1e6), st.floats(-0.9, 0.9))
def test_floats_inside_the_tolerance_are_the_same(value, share):
    moved = value * (1 + share * RELATIVE_TOLERANCE)
    assert differ({"margin": value}, {"margin": moved}) is None


@given(st.floats(1.5, 1e6), st.floats(1.5, 100))
def test_floats_outside_the_tolerance_are_not(value, factor):
    moved = value * (1 + factor * RELATIVE_TOLERANCE)
    assert (differ({"a": [{"b": value}]}, {"a": [{"b": moved}]}) or "").startswith("$.a[0].b")


@pytest.mark.parametrize(
    ("recorded", "again", "path"),
    [
        ({"passed": True}, {"passed": False}, "$.passed"),
        ({"to_mw": 10_000}, {"to_mw": 10_001}, "$.to_mw"),  # whole numbers are choices
        ({"seed": 1}, {"seed": 2}, "$.seed"),
        ({"name": "a"}, {"name": "b"}, "$.name"),
        ({"bound": None}, {"bound": 0.0}, "$.bound"),
        ({"a": 1}, {"b": 1}, "$"),
        ({"a": 1}, {"a": 1, "b": 1}, "$"),
        ([1.5], [1.5, 1.5], "$"),
        ([1.5, 2.5], [2.5, 1.5], "$[0]"),
        ({"x": 1.5}, {"x": "1.5"}, "$.x"),
    ],
)
def test_choices_and_shapes_must_be_equal(recorded, again, path):
    difference = differ(recorded, again)
    assert difference is not None
    assert difference.startswith(f"{path}:")


def test_a_float_that_is_whole_is_still_a_number():
    """Canonical JSON writes 2.0 as 2, so either side may be read as a whole number."""
    assert differ({"x": 2.0001}, {"x": 2}) is None


def test_a_recorded_float_that_is_whole_has_the_same_tolerance():
    assert differ({"x": 2}, {"x": 2.0001}) is None


@pytest.mark.parametrize(
    ("runtime_differences", "result", "passed"),
    [
        ((), "equal", True),
        ((), "within_tolerance", False),
        ((), "different", False),
        (("torch: 1 then, 2 now",), "equal", True),
        (("torch: 1 then, 2 now",), "within_tolerance", True),
        (("torch: 1 then, 2 now",), "different", False),
    ],
)
def test_bytes_must_be_equal_on_the_recorded_runtime(runtime_differences, result, passed):
    step = StepReplay(step="verdict", attempt=1, result=result)
    good = StepReplay(step="reading", attempt=1, result="equal")
    report = ReplayReport(trace_id="t", runtime_differences=runtime_differences, steps=(good, step))
    assert report.passed is passed
