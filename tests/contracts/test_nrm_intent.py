"""Intents in the JSON of TS 28.312: there and back, and nothing dropped on the way."""

import json
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from contracts.intent import Intent, IntentExpectation
from contracts.nrm_intent import STANDARD_NAMES, from_nrm, to_nrm
from contracts.requirement import Condition, RelativeChange
from contracts.scope import Scope
from contracts.target import Aggregate, Difference, Level, Target, TargetKpi
from contracts.time_window import TimeWindow

LEVELS = st.floats(0.0, 100.0).map(lambda value: Level(level_in_kpi_unit=value))
CHANGES = st.floats(-100.0, 1e6).map(lambda value: RelativeChange(change_percent=value))
DIFFERENCES = st.floats(-1e6, 1e6).map(lambda value: Difference(difference_in_kpi_unit=value))
TARGETS = st.builds(
    Target,
    kpi=st.sampled_from(TargetKpi),
    aggregate=st.sampled_from(Aggregate),
    condition=st.sampled_from(Condition),
    bound=st.one_of(LEVELS, CHANGES, DIFFERENCES),
)
NAMES = st.none() | st.text(min_size=1, max_size=20)
SCOPES = st.builds(
    Scope,
    cells=st.sets(st.integers(0, 16383), min_size=1, max_size=5).map(lambda c: tuple(sorted(c))),
    each=st.booleans(),
    area=NAMES,
    ue_group=NAMES,
    slice_name=NAMES,
    plmn=st.none() | st.from_regex(r"\A[0-9]{5,6}\Z"),
    band=st.none() | st.from_regex(r"\An[0-9]{1,3}\Z"),
)
EXPECTATIONS = st.builds(
    IntentExpectation,
    expectation_verb=st.sampled_from(["DELIVER", "ENSURE"]),
    expectation_object=SCOPES,
    expectation_targets=st.lists(TARGETS, min_size=1, max_size=3).map(tuple),
)
INTENTS = st.builds(
    Intent,
    user_label=st.text(min_size=1, max_size=60),
    intent_priority=st.integers(1, 100),
    intent_expectations=st.lists(EXPECTATIONS, min_size=1, max_size=3).map(tuple),
)
ONE = Intent(
    user_label="faster",
    intent_expectations=(
        IntentExpectation(
            expectation_verb="DELIVER",
            expectation_object=Scope(cells=(1, 2)),
            expectation_targets=(
                Target(
                    kpi=TargetKpi.UE_THP_DL,
                    aggregate=Aggregate.MEAN,
                    condition=Condition.AT_LEAST,
                    bound=Level(level_in_kpi_unit=20.0),
                ),
            ),
        ),
    ),
)


def changed(*path, to):
    document = to_nrm(ONE)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return json.dumps(document)


@given(INTENTS)
def test_there_and_back(intent):
    assert from_nrm(json.dumps(to_nrm(intent))) == intent


def test_standard_names_are_used_where_there_are_any():
    target = to_nrm(ONE)["intentExpectations"][0]["expectationTargets"][0]
    assert target["targetName"] == "AveDLRANUEThpt"
    assert target["targetCondition"] == "IS_EQUAL_TO_OR_GREATER_THAN"
    assert len(set(STANDARD_NAMES.values())) == len(STANDARD_NAMES)


def test_conditions_of_the_standard_are_read():
    path = ("intentExpectations", 0, "expectationTargets", 0, "targetCondition")
    assert from_nrm(changed(*path, to="IS_GREATER_THAN")) == ONE
    turned = from_nrm(changed(*path, to="IS_LESS_THAN"))
    assert turned.requirements[0].condition is Condition.AT_MOST


TARGET = ("intentExpectations", 0, "expectationTargets", 0)
OBJECT = ("intentExpectations", 0, "expectationObjects", 0)
CELLS = (*OBJECT, "objectContexts", 0, "contextValueRange")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "intent.nrm_malformed"),
        ("{}", "intent.nrm_malformed"),
        (changed("intentContexts", to=[]), "intent.nrm_malformed"),
        (changed("intentPriority", to=101), "intent.nrm_malformed"),
        (changed(*TARGET, "targetCondition", to="IS_EQUAL_TO"), "intent.nrm_malformed"),
        (changed(*TARGET, "targetValueRange", to=-1.0), "intent.nrm_malformed"),
        (changed(*TARGET, "targetName", to="Happiness"), "intent.nrm_target"),
        (changed(*TARGET, "targetContexts", to=[]), "intent.nrm_unit"),
        (
            changed(*TARGET, "targetContexts", 0, "contextValueRange", to="kbit/s"),
            "intent.nrm_unit",
        ),
        (
            changed(*TARGET, "targetContexts", 0, "contextAttribute", to="colour"),
            "intent.nrm_target",
        ),
        (changed(*OBJECT, "objectContexts", 0, "contextAttribute", to="TAC"), "intent.nrm_object"),
        (
            changed(*OBJECT, "objectContexts", 0, "contextValueRange", to=[1, 1]),
            "intent.nrm_malformed",
        ),
        (changed(*OBJECT, "objectType", to="Service_Support"), "intent.nrm_malformed"),
        (changed("intentPriority", to="7"), "intent.nrm_malformed"),
        (changed(*TARGET, "targetValueRange", to="20"), "intent.nrm_malformed"),
        (changed(*CELLS, to=["a", 1]), "intent.nrm_object"),
        (changed(*CELLS, to=["1", "2"]), "intent.nrm_object"),
        (changed(*CELLS, to=True), "intent.nrm_object"),
        (
            changed(*OBJECT, "objectContexts", 0, "contextCondition", to="IS_EQUAL_TO"),
            "intent.nrm_object",
        ),
        (
            changed(*TARGET, "targetContexts", 0, "contextValueRange", to=["Mbit/s", "x"]),
            "intent.nrm_target",
        ),
        (
            changed(*TARGET, "targetContexts", 0, "contextCondition", to="IS_ALL_OF"),
            "intent.nrm_target",
        ),
    ],
)
def test_what_is_not_known_is_refused(document, code):
    with pytest.raises(RanwrightError) as error:
        from_nrm(document)
    assert error.value.code == code


def test_a_time_window_is_not_dropped():
    later = ONE.model_copy(update={"time_window": TimeWindow(start=time(22))})
    with pytest.raises(RanwrightError, match="Time windows"):
        to_nrm(later)
