"""Times of a sentence: clock, days of the week, dates, lengths; in English and German."""

import re
from datetime import date, time
from typing import get_args

from agents.reader.clause import ReadingError
from agents.reader.embedded.numbers import in_words, leading
from contracts.time_window import Weekday

_WEEK: tuple[Weekday, ...] = get_args(Weekday)
_DAY_STEMS = {
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
    "montag": 0, "diens": 1, "mittw": 2, "donner": 3, "freit": 4, "sams": 5, "sonna": 5, "sonnt": 6,
}  # fmt: skip
_DAY = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun|diens|mittw|donner|freit|sams|sonna|sonnt)\w*", re.IGNORECASE
)
_RANGE = re.compile(r"\b(?:to|through|until|till|bis)\b|[-–]", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_GERMAN = {"mär": 2, "mai": 4, "okt": 9, "dez": 11}
_HALF = re.compile(r"half (?:past )?([\w-]+)|halb (\w+)", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?")
_LENGTHS = {
    "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hr": 3600, "hrs": 3600, "hou": 3600,
    "day": 86400, "wee": 604800, "stu": 3600, "tag": 86400, "woc": 604800,
}  # fmt: skip


def clock(text: str) -> time:
    """``07:30``, ``7:30 pm``, ``9 Uhr``, ``half past seven``, ``noon``.

    Raises:
        ReadingError: ``intent.bad_time``.
    """
    folded = text.casefold()
    if "noon" in folded or ("mittag" in folded and "nach" not in folded):
        return time(12)
    if "midnight" in folded or "mitternacht" in folded:
        return time(0)
    hour, minute = _hour_and_minute(folded)
    if re.search(r"\d\s*p\.?m|\bpm\b|evening|afternoon|abends|nachmittags", folded) and hour < 12:
        hour += 12
    if re.search(r"\d\s*a\.?m|\bam\b", folded) and hour == 12:
        hour = 0
    hour %= 24
    if minute > 59:
        raise _bad(text)
    return time(hour, minute)


def _hour_and_minute(text: str) -> tuple[int, int]:
    half = _HALF.search(text)
    if half:
        word = half[1] or half[2]
        hour = int(word) if word.isdigit() else in_words(word)
        if hour is None:
            raise _bad(text)
        return (int(hour), 30) if half[1] else (int(hour) - 1, 30)
    found = _CLOCK.search(text)
    if found:
        if int(found[1]) > 24:
            raise _bad(text)
        return int(found[1]), int(found[2] or 0)
    words = [in_words(w) for w in text.split()]
    spoken = next((w for w in words if w is not None), None)
    if spoken is None or spoken > 24:
        raise _bad(text)
    return int(spoken), 0


def days(text: str) -> tuple[Weekday, ...]:
    """``weekdays``, ``Monday to Thursday``, ``samstags und sonntags``.

    Raises:
        ReadingError: ``intent.bad_time``.
    """
    folded = text.casefold()
    if re.search(r"week(?:-|\s)?days|weekday|working days|business days|werktag|wochentag", folded):
        return _WEEK[:5]
    if re.search(r"weekend|wochenende", folded):
        return _WEEK[5:]
    named = [
        (m.start(), m.end(), _day(m[0])) for m in _DAY.finditer(folded.replace("montag", "mon"))
    ]
    if not named:
        raise _bad(text)
    between = folded.replace("montag", "mon")[named[0][1] : named[-1][0]]
    if len(named) == 2 and _RANGE.search(between):
        first, last = named[0][2], named[1][2]
        span = [(first + n) % 7 for n in range((last - first) % 7 + 1)]
        return tuple(_WEEK[n] for n in sorted(span))
    return tuple(_WEEK[n] for n in sorted({d for _, _, d in named}))


def _day(word: str) -> int:
    return next(n for stem, n in _DAY_STEMS.items() if word.startswith(stem))


def day_of_year(text: str) -> date:
    """``2026-12-24``, ``24.12.2026``, ``24 December 2026``, ``December 24, 2026``.

    Raises:
        ReadingError: ``intent.bad_time``; a date without its year is asked about.
    """
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    month = _month(text)
    try:
        if month is not None:
            day, year = numbers
            return date(year, month, day)
        first, second, third = numbers
        if first > 31:
            return date(first, second, third)
        if "/" in text:  # day first to some, month first to others
            raise _bad(text)
        return date(third, second, first)
    except ValueError as error:
        raise _bad(text) from error


def _month(text: str) -> int | None:
    for word in re.findall(r"[a-zä]{3,}", text.casefold()):
        if word[:3] in _MONTHS:
            return _MONTHS.index(word[:3]) + 1
        if word[:3] in _GERMAN:
            return _GERMAN[word[:3]] + 1
    return None


def length_s(text: str) -> int:
    """``two hours``, ``90 min``, ``half an hour``, ``eine halbe Stunde``.

    Raises:
        ReadingError: ``intent.bad_time``.
    """
    folded = text.casefold().strip()
    if re.match(r"(?:(?:a|the next) )?half (?:an |a )?h|(?:eine )?halbe stunde", folded):
        return 1800
    read = leading(re.sub(r"^(?:an?|the|next)\s+", "1 ", folded))
    if read is None:
        raise _bad(text)
    value, unit = read
    scale = _LENGTHS.get(unit) or _LENGTHS.get(unit[:3])
    if scale is None or value <= 0.0 or value * scale != int(value * scale):
        raise _bad(text)
    return int(value * scale)


def _bad(text: str) -> ReadingError:
    return ReadingError("intent.bad_time", f"When is {text!r}?", ("time",))
