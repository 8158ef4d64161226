"""Time to screen grows with the length of a text, whatever the text is made of."""

import time

import pytest

from contracts.evidence import Citation, Evidence
from contracts.passage import LONGEST_TITLE_CHARS, Passage
from knowledge.ingest.characters import Screen
from knowledge.ingest.model import Clause
from knowledge.retrieve import whole
from knowledge.screen import MAX_SCREENED_CHARS, screen, screen_text, shown

GRAINS = (
    *("-", "\n", " ", "_", "|", "a", "0", "\u0430", "\u200b", "\u0301\u0323", "\ufdfa"),
    *("curl -", "curl -a ", "![", "![](https://", "![](https://a?", "a ", "a_", "a-", "## "),
    *("nRPCI ", "nRPCI 1 ", "1 000 ", "ignore ", "ignore all ", "new instruct", "system :", "<| "),
    *("call a_", "you are now a ", "QUJD", "ignore everything a ", "\nassistant", "no human "),
)


def seconds(work, text):
    """The best of three, of this process's own work."""
    found = []
    for _ in range(3):
        start = time.process_time()
        work(text)
        found.append(time.process_time() - start)
    return min(found)


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("work", [screen_text, lambda text: Screen().clean(text + "\u0430")])
def test_four_times_the_text_takes_no_more_than_some_times_the_time(work, grain):
    work("first use reads the dictionary")
    chars = 4_000
    long = seconds(work, (grain * chars)[: 4 * chars])
    # Linear is 4, quadratic 16; the constant covers what is too short to be measured.
    assert long <= 8 * seconds(work, (grain * chars)[:chars]) + 0.01


def test_what_is_too_long_is_cut_and_flagged():
    flags = screen_text("a " * MAX_SCREENED_CHARS)
    assert [flag.code for flag in flags] == ["screen.length"]

    class Place:
        spec, version, part, tier = "38.901", "18.6.0", "", "other"

    long = Clause(number="1", title="-" * 32_000, path=("-" * 32_000,), level=1)
    passage = whole(Place(), long)
    assert len(passage.title) == len(passage.path[0]) == LONGEST_TITLE_CHARS
    assert [flag["code"] for flag in shown(passage)["flags"]] == ["screen.length"]


@pytest.mark.parametrize(
    "said",
    [" = 5000", ": 5000", " is 5000", " 0 - 5000", " up to 50 000", ": 50,000", " is set to 5000"],
)
def test_forms_of_a_claim(said):
    assert [f.code for f in screen_text(f"nRPCI{said}.")] == ["screen.range"]
    assert (
        screen_text(f"nRPCI{said}.".replace("50 000", "1 000").replace("5", "").replace(",000", ""))
        == ()
    )


def test_the_range_of_the_equipment_profile():
    power = Evidence(
        parameter_id="NRSectorCarrier.configuredMaxTxPower",
        citation=Citation(spec="equipment profile", clause=None),
        statement="",
        unit="mW",
        hard_range=(1_000.0, 40_000.0),
        scale=None,
        score=None,
    )
    text = "configuredMaxTxPower may be set up to 80 000."
    passage = Passage.of(("38.331", "18.6.0", ""), ("5", "T", ("T",)), text, "other")
    assert screen(passage) == ()
    assert [f.code for f in screen(passage, [power])] == ["screen.range"]
