import pytest

from agents.reader.clause import ReadingError
from agents.reader.embedded.amounts import Amount, amount
from agents.reader.embedded.numbers import leading


@pytest.mark.parametrize(
    ("text", "kind", "value", "unit"),
    [
        ("20 %", "percent", 20.0, ""),
        ("20percent", "percent", 20.0, ""),
        ("12 persent", "percent", 12.0, ""),
        ("twenty-five per cent", "percent", 25.0, ""),
        ("fünfundzwanzig Prozent", "percent", 25.0, ""),
        ("1,5 Prozentpunkte", "points", 1.5, ""),
        ("10 basis points", "points", 0.1, ""),
        ("0,03 Gbit/s", "measure", 30.0, "Mbit/s"),
        ("3 MByte/s", "measure", 24.0, "Mbit/s"),
        ("3 MB/s", "measure", 24.0, "Mbit/s"),
        ("3 Mb/s", "measure", 3.0, "Mbit/s"),
        ("15000 µs", "measure", 15.0, "ms"),
        ("half a kilowatt", "measure", 500.0, "W"),
        ("40 kilobits per joule", "measure", 144_000.0, "Mbit/kWh"),
        ("200 ppm", "measure", 0.02, "%"),
        ("2 packets in a thousand", "measure", 0.2, "%"),
        ("two decibels", "db", 2.0, ""),
        ("-98 dBm", "dbm", -98.0, ""),
        ("a third", "part", 1 / 3, ""),
        ("two thirds", "part", 2 / 3, ""),
        ("double", "factor", 2.0, ""),
        ("3 times", "factor", 3.0, ""),
        ("12", "bare", 12.0, ""),
    ],
)
def test_amounts(text: str, kind: str, value: float, unit: str) -> None:
    found = amount(text)
    assert (found.kind, found.unit) == (kind, unit)
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize("text", ["1,500 ms", "1.500 ms", "lots", ""])
def test_a_number_of_two_meanings_or_of_none_is_asked_about(text: str) -> None:
    with pytest.raises(ReadingError) as caught:
        amount(text)
    assert caught.value.missing == ("amount",)


def test_a_unit_that_is_not_known_is_asked_about() -> None:
    with pytest.raises(ReadingError) as caught:
        amount("5 furlongs")
    assert caught.value.missing == ("unit",)


def test_thousands_set_apart_twice_are_clear() -> None:
    assert leading("1,500,000 bit/s") == (1_500_000.0, "bit/s")
    assert amount("10 000 kbit/s") == Amount("measure", 10.0, "Mbit/s")
