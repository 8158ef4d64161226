from datetime import date, time

import pytest

from agents.reader.clause import ReadingError
from agents.reader.embedded.times import clock, day_of_year, days, length_s


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("07:30", time(7, 30)),
        ("10 pm", time(22)),
        ("12 am", time(0)),
        ("12:15pm", time(12, 15)),
        ("9 Uhr", time(9)),
        ("half past seven", time(7, 30)),
        ("halb acht", time(7, 30)),
        ("nine in the morning", time(9)),
        ("6 in the evening", time(18)),
        ("noon", time(12)),
        ("24:00", time(0)),
    ],
)
def test_clock(text: str, value: time) -> None:
    assert clock(text) == value


def test_days() -> None:
    assert days("on weekdays") == ("MO", "TU", "WE", "TH", "FR")
    assert days("Tuesday through Thursday") == ("TU", "WE", "TH")
    assert days("Friday to Monday") == ("MO", "FR", "SA", "SU")
    assert days("on Mon and Fri") == ("MO", "FR")
    assert days("samstags und sonntags") == ("SA", "SU")
    assert days("von Montag bis Freitag") == ("MO", "TU", "WE", "TH", "FR")


@pytest.mark.parametrize(
    "text",
    ["2026-12-24", "24.12.2026", "24 December 2026", "December 24, 2026", "24. Dezember 2026"],
)
def test_dates(text: str) -> None:
    assert day_of_year(text) == date(2026, 12, 24)


@pytest.mark.parametrize("text", ["03/04/2026", "31.02.2026", "24 December", "someday"])
def test_a_date_that_is_not_clear_is_asked_about(text: str) -> None:
    with pytest.raises(ReadingError) as caught:
        day_of_year(text)
    assert caught.value.missing == ("time",)


def test_lengths() -> None:
    assert length_s("two hours") == 7200
    assert length_s("90 min") == 5400
    assert length_s("half an hour") == 1800
    assert length_s("an hour") == 3600
    assert length_s("zwei Stunden") == 7200


@pytest.mark.parametrize("text", ["a while", "25:99"])
def test_other_words_are_no_time(text: str) -> None:
    with pytest.raises(ReadingError):
        length_s(text)
    with pytest.raises(ReadingError):
        clock(text)
