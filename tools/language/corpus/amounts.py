"""Amounts as people write them: levels and differences in many units, changes in many forms."""

from random import Random

from contracts.target import TARGET_UNITS, TargetKpi
from tools.language.corpus.kpis import Language

_UNITS: dict[str, tuple[tuple[str, float, Language | None], ...]] = {
    "Mbit/s": (
        ("Mbit/s", 1, None), ("Mbps", 1, None), ("Mb/s", 1, "en"), ("Mbits/s", 1, "en"),
        ("megabit per second", 1, "en"), ("megabits per second", 1, "en"), ("mbps", 1, None),
        ("kbit/s", 1e3, None), ("kbps", 1e3, None), ("Gbit/s", 1e-3, None), ("Gbps", 1e-3, None),
        ("MB/s", 0.125, None), ("MByte/s", 0.125, None), ("Megabit pro Sekunde", 1, "de"),
        ("Mbit pro Sekunde", 1, "de"), ("megabytes per second", 0.125, "en"),
    ),
    "ms": (
        ("ms", 1, None), ("milliseconds", 1, "en"), ("millisecond", 1, "en"), ("msec", 1, "en"),
        ("µs", 1e3, None), ("us", 1e3, "en"), ("microseconds", 1e3, "en"), ("s", 1e-3, None),
        ("seconds", 1e-3, "en"), ("Millisekunden", 1, "de"), ("Mikrosekunden", 1e3, "de"),
        ("Sekunden", 1e-3, "de"),
    ),
    "%": (("%", 1, None), ("percent", 1, "en"), ("per cent", 1, "en"), ("pct", 1, "en"), ("Prozent", 1, "de")),
    "W": (
        ("W", 1, None), ("watts", 1, "en"), ("watt", 1, "en"), ("kW", 1e-3, None), ("kilowatts", 1e-3, "en"),
        ("kilowatt", 1e-3, "en"), ("Watt", 1, "de"), ("Kilowatt", 1e-3, "de"),
    ),
    "kWh": (("kWh", 1, None), ("Wh", 1e3, None), ("MWh", 1e-3, None), ("kilowatt-hours", 1, "en"), ("Kilowattstunden", 1, "de")),
    "Mbit/kWh": (("Mbit/kWh", 1, None), ("Gbit/kWh", 1e-3, None), ("bit/J", 1 / 3.6, None), ("kbit/J", 1 / 3600, None), ("Mbit per kWh", 1, "en"), ("Mbit pro kWh", 1, "de")),
    "dBm": (("dBm", 1, None),),
    "UE": (("UEs", 1, None), ("users", 1, "en"), ("UE", 1, None), ("Nutzer", 1, "de"), ("", 1, None)),
    "handovers": (("handovers", 1, "en"), ("", 1, None), ("Handover", 1, "de")),
}  # fmt: skip
_PPM = 1e4
_WORDS: dict[Language, dict[float, str]] = {
    "en": {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 8: "eight", 10: "ten",
           12: "twelve", 15: "fifteen", 20: "twenty", 25: "twenty-five", 30: "thirty", 50: "fifty"},
    "de": {2: "zwei", 3: "drei", 4: "vier", 5: "fünf", 6: "sechs", 8: "acht", 10: "zehn",
           12: "zwölf", 15: "fünfzehn", 20: "zwanzig", 25: "fünfundzwanzig", 30: "dreißig"},
}  # fmt: skip
_FACTORS: dict[Language, dict[str, float]] = {
    "en": {"double": 2.0, "triple": 3.0, "halve": 0.5, "quadruple": 4.0},
    "de": {"verdoppeln": 2.0, "verdreifachen": 3.0, "halbieren": 0.5},
}
_FRACTIONS: dict[Language, dict[str, float]] = {
    "en": {"a third": 1 / 3, "half": 0.5, "a quarter": 0.25, "a fifth": 0.2, "a tenth": 0.1,
           "one third": 1 / 3, "two thirds": 2 / 3, "one fifth": 0.2, "three quarters": 0.75},
    "de": {"ein Drittel": 1 / 3, "die Hälfte": 0.5, "ein Viertel": 0.25, "ein Fünftel": 0.2,
           "ein Zehntel": 0.1, "zwei Drittel": 2 / 3},
}  # fmt: skip
PERCENTS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 60)


def number(value: float, language: Language, random: Random, words: bool = True) -> str:
    """A number in digits, or sometimes in words."""
    word = _WORDS[language].get(value)
    if words and word is not None and random.random() < 0.15:
        return word
    text = f"{value:.10g}"
    return text.replace(".", ",") if language == "de" else text


def measured(value: float, unit: str, language: Language, random: Random) -> str:
    """A value in one of the units that people use for it."""
    known = [(n, f) for n, f, where in _UNITS[unit] if where in (None, language)]
    # a number that needs many digits is not said in that unit
    short = [(n, f) for n, f in known if _short(value * f)]
    name, factor = random.choice(short or known[:1])
    if random.random() < 0.4:
        name, factor = known[0]
    text = number(value * factor, language, random, words=bool(name))
    close = text[-1].isdigit() and name == "%" and random.random() < 0.3
    gap = "" if close else " "
    return f"{text}{gap}{name}".strip()


def _short(value: float) -> bool:
    text = f"{value:.10g}"
    fraction = text.partition(".")[2]
    thousandths = len(fraction) == 3 and abs(value) >= 1.0  # may be read as thousands
    return len(text) <= 6 and "e" not in text and not thousandths and value != 0.0


def level(kpi: TargetKpi, value: float, language: Language, random: Random) -> str:
    """A level of a KPI; powers of transmission are in dBm as well."""
    unit = TARGET_UNITS[kpi]
    if kpi in (TargetKpi.LOSS_DL, TargetKpi.LOSS_UL) and value <= 1 and random.random() < 0.3:
        return f"{value * _PPM:g} ppm"
    return measured(value, unit, language, random)


def dbm(value: float, language: Language) -> str:
    """A power in dBm."""
    return f"{value:g} dBm".replace(".", "," if language == "de" else ".")


def difference(kpi: TargetKpi, value: float, language: Language, random: Random) -> str:
    """So much more or less, in the KPI's unit; of shares in points, of dBm in dB."""
    unit = TARGET_UNITS[kpi]
    if unit == "%":
        name = random.choice(
            ("percentage points", "points", "pp")
            if language == "en"
            else ("Prozentpunkte", "Punkte")
        )
        return f"{number(value, language, random)} {name}"
    if unit == "dBm":
        return f"{number(value, language, random)} dB"
    return measured(value, unit, language, random)


def percent(value: float, language: Language, random: Random) -> str:
    """A percentage."""
    return measured(value, "%", language, random)


def fraction(language: Language, random: Random) -> tuple[str, float]:
    """A part of what is, and how much that is in per cent."""
    text, share = random.choice(sorted(_FRACTIONS[language].items()))
    return text, 100.0 * share


def factor(language: Language, random: Random) -> tuple[str, float]:
    """A verb that multiplies, and by what."""
    return random.choice(sorted(_FACTORS[language].items()))
