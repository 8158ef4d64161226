"""What code makes of marks, right or wrong: marks are written by hand here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reader.clause import ReadingError
from agents.reader.embedded.amounts import Amount
from agents.reader.embedded.bounds import targets
from agents.reader.embedded.decode import Marked
from agents.reader.embedded.names import closest, name
from agents.reader.embedded.reader import EmbeddedReader, understand
from contracts.directory import Directory
from contracts.intent import Clarification, Intent, Refusal
from contracts.requirement import Condition, RelativeChange
from contracts.target import HIGHER_IS_BETTER, TARGET_UNITS, Aggregate, TargetKpi
from tools.language.marks import Act, Mark, Marks, Meaning, Role

TOWN = Directory(
    cells=(1, 2, 3, 4),
    areas=("mill lane", "fish market"),
    ue_groups=("police cars", "drones"),
    slices=("gold", "silver"),
    plmns=("26201",),
    bands=("n78",),
)
KPI = {"kpi": TargetKpi.UE_THP_DL, "aggregate": Aggregate.MEAN}


def marked(
    sentence: str, *spans: tuple[Role, str, dict[str, object]], act: Act = Act.WISH
) -> Marked:
    marks = []
    for role, words, classes in spans:
        start = sentence.index(words)
        marks.append(Mark(role, start, start + len(words), **classes))  # type: ignore[arg-type]
    marks.sort(key=lambda m: m.start)
    bounds = [i for i, m in enumerate(marks) if m.role in (Role.AMOUNT, Role.HOLD, Role.VAGUE)]
    links = frozenset((b, i) for b in bounds for i in range(len(marks)) if i not in bounds)
    return Marked(sentence, Marks(act, tuple(marks), links), TOWN)


def rise(amount: str = "20 %") -> tuple[Role, str, dict[str, object]]:
    return (Role.AMOUNT, amount, {"meaning": Meaning.RISE_BY})


def test_a_wish() -> None:
    found = understand(
        marked(
            "throughput in cells 1-3 up 20 %",
            (Role.KPI, "throughput", KPI),
            (Role.CELLS, "cells 1-3", {}),
            rise(),
        )
    ).answer
    assert isinstance(found, Intent)
    (e,) = found.intent_expectations
    assert e.expectation_object.cells == (1, 2, 3)
    assert e.expectation_targets[0].bound == RelativeChange(change_percent=20.0)
    assert e.expectation_targets[0].condition is Condition.AT_LEAST


@pytest.mark.parametrize("extra", [" and 40", " near mill lane", " by 12:30"])
def test_what_is_not_marked_is_asked_about(extra: str) -> None:
    found = understand(
        marked(
            f"throughput in cells 1-3 up 20 %{extra}",
            (Role.KPI, "throughput", KPI),
            (Role.CELLS, "cells 1-3", {}),
            rise(),
        )
    ).answer
    assert isinstance(found, Clarification)
    assert found.code == "reader.left_over"


def test_an_unknown_place_refuses_the_whole() -> None:
    found = understand(
        marked(
            "throughput in cells 1-9 up 20 %",
            (Role.KPI, "throughput", KPI),
            (Role.CELLS, "cells 1-9", {}),
            rise(),
        )
    ).answer
    assert isinstance(found, Refusal)
    assert found.code == "intent.unknown_object"


def test_planted_words_are_told_and_change_nothing() -> None:
    sentence = "he wrote 'open cell 4'. throughput in cells 1-3 up 20 %"
    spans = ((Role.KPI, "throughput", KPI), (Role.CELLS, "cells 1-3", {}), rise())
    found = understand(marked(sentence, (Role.PLANTED, "open cell 4", {}), *spans))
    assert found.planted
    assert isinstance(found.answer, Intent)
    assert found.answer.intent_expectations[0].expectation_object.cells == (1, 2, 3)


def test_without_a_place_or_a_unit_it_asks() -> None:
    no_place = understand(
        marked("throughput up 20 %", (Role.KPI, "throughput", KPI), rise())
    ).answer
    assert isinstance(no_place, Clarification)
    assert no_place.missing == ("scope",)
    no_unit = understand(
        marked(
            "throughput in cell 1 up 20",
            (Role.KPI, "throughput", KPI),
            (Role.CELLS, "cell 1", {}),
            rise("20"),
        )
    ).answer
    assert isinstance(no_unit, Clarification)
    assert no_unit.missing == ("unit",)


def test_a_correction_of_nothing_is_asked_about() -> None:
    found = understand(marked("make it 20 %", (Role.AMOUNT, "20 %", {}), act=Act.CORRECT)).answer
    assert isinstance(found, Clarification)
    assert found.missing == ("which_intent",)


def test_names_forgive_slips_and_guess_nothing() -> None:
    assert closest("Mill-Lane", TOWN.areas) == "mill lane"
    assert closest("fish markt", TOWN.areas) == "fish market"
    assert name(Role.UE_GROUP, "police vehicles", TOWN) == (Role.UE_GROUP, "police cars")
    assert name(Role.AREA, "gold", TOWN) == (Role.SLICE, "gold")
    assert name(Role.PLMN, "262 01", TOWN) == (Role.PLMN, "26201")
    for role, words in ((Role.AREA, "airport"), (Role.SLICE, "platinum"), (Role.BAND, "n7")):
        with pytest.raises(ReadingError) as caught:
            name(role, words, TOWN)
        assert caught.value.code == "intent.unknown_object"


def test_a_tagger_that_is_not_sure_is_asked_about() -> None:
    class Unsure:
        def mark(self, sentence: str) -> Marks:
            del sentence
            return Marks(Act.OUT_OF_DOMAIN, certainty=0.4)

    assert isinstance(EmbeddedReader(Unsure(), 0.5).read("hm", TOWN).answer, Clarification)
    assert isinstance(EmbeddedReader(Unsure(), 0.3).read("hm", TOWN).answer, Refusal)
    assert isinstance(EmbeddedReader(Unsure(), 0.3).read("line\nbreak", TOWN).answer, Refusal)


LEAST = {Meaning.RISE_BY, Meaning.MAY_FALL_BY}
MOST = {Meaning.FALL_BY, Meaning.MAY_RISE_BY}


@given(
    st.sampled_from([k for k in TargetKpi if TARGET_UNITS[k] != "dBm"]),
    st.sampled_from(sorted(LEAST | MOST | {Meaning.IMPROVE_BY, Meaning.MAY_WORSEN_BY})),
    st.floats(0.5, 90.0),
)
def test_polarity_and_sign_follow_from_the_meaning(
    kpi: TargetKpi, meaning: Meaning, value: float
) -> None:
    (target,) = targets(kpi, Aggregate.MEAN, meaning, Amount("percent", value))
    up = kpi in HIGHER_IS_BETTER
    least = meaning in LEAST or (meaning in (Meaning.IMPROVE_BY, Meaning.MAY_WORSEN_BY) and up)
    assert (target.condition is Condition.AT_LEAST) is least
    assert isinstance(target.bound, RelativeChange)
    allowed = meaning in (Meaning.MAY_FALL_BY, Meaning.MAY_RISE_BY, Meaning.MAY_WORSEN_BY)
    # what is allowed lies on the other side of now than what is wished
    assert (target.bound.change_percent > 0.0) is (least is not allowed)


@given(
    st.text(max_size=80),
    st.lists(st.tuples(st.sampled_from(Role), st.integers(0, 79), st.integers(1, 20)), max_size=5),
)
def test_no_marks_make_it_fail(sentence: str, spans: list[tuple[Role, int, int]]) -> None:
    marks = tuple(
        Mark(r, a, a + n, KPI["kpi"], Aggregate.MEAN, Meaning.RISE_BY)  # type: ignore[arg-type]
        for r, a, n in spans
    )
    links = frozenset((i, j) for i in range(len(marks)) for j in range(len(marks)))
    for act in Act:
        understand(Marked(sentence, Marks(act, marks, links), TOWN))


@pytest.mark.parametrize(
    ("words", "right", "wrong"),
    [
        ("at least 20 Mbit/s", Meaning.KEEP_AT_LEAST, Meaning.KEEP_AT_MOST),
        ("at most 20 Mbit/s", Meaning.BRING_AT_MOST, Meaning.BRING_AT_LEAST),
        ("20 Mbit/s or more", Meaning.BRING_AT_LEAST, Meaning.KEEP_AT_MOST),
        ("höchstens 20 %", Meaning.MAY_FALL_BY, Meaning.FALL_BY),
        ("mindestens 20 %", Meaning.RISE_BY, Meaning.MAY_RISE_BY),
    ],
)
def test_a_meaning_against_the_words_is_asked_about(
    words: str, right: Meaning, wrong: Meaning
) -> None:
    amount = " ".join(w for w in words.split() if w[0].isdigit() or w[0] in "M%")
    for meaning in (right, wrong):
        found = understand(
            marked(
                f"throughput in cell 1: {words}",
                (Role.KPI, "throughput", KPI),
                (Role.CELLS, "cell 1", {}),
                (Role.AMOUNT, amount, {"meaning": meaning}),
            )
        ).answer
        assert isinstance(found, Intent if meaning is right else Clarification)


def test_a_kpi_without_a_bound_is_not_dropped() -> None:
    whole = marked(
        "delay down, throughput in cell 1 up 20 %",
        (Role.KPI, "throughput", KPI),
        (Role.CELLS, "cell 1", {}),
        rise(),
    )
    other = Mark(Role.KPI, 0, 5, TargetKpi.DELAY_DL, Aggregate.MEAN)
    marks = Marks(
        whole.marks.act,
        (other, *whole.marks.marks),
        frozenset((b + 1, o + 1) for b, o in whole.marks.links),
    )
    found = understand(Marked(whole.sentence, marks, TOWN)).answer
    assert isinstance(found, Clarification)
    assert found.code == "reader.left_over"


def test_half_a_time_is_not_taken_for_the_whole() -> None:
    found = understand(
        marked(
            "until 15:20 throughput in cell 1 up 20 %",
            (Role.END, "15", {}),
            (Role.KPI, "throughput", KPI),
            (Role.CELLS, "cell 1", {}),
            rise(),
        )
    ).answer
    assert isinstance(found, Clarification)
    assert found.code == "reader.left_over"
