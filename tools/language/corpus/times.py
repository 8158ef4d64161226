"""Windows of time, and priorities, as people say them."""

from collections.abc import Callable
from datetime import date, time
from random import Random

from contracts.time_window import TimeWindow, Weekday
from tools.language.corpus.kpis import Language
from tools.language.corpus.pattern import render
from tools.language.corpus.writer import Writer
from tools.language.marks import Role

_DAYS: dict[Language, tuple[tuple[str, tuple[Weekday, ...]], ...]] = {
    "en": (
        ("on weekdays", ("MO", "TU", "WE", "TH", "FR")), ("on working days", ("MO", "TU", "WE", "TH", "FR")),
        ("Monday to Friday", ("MO", "TU", "WE", "TH", "FR")), ("at weekends", ("SA", "SU")),
        ("on Saturdays and Sundays", ("SA", "SU")), ("every Monday", ("MO",)), ("on Tuesdays", ("TU",)),
        ("on Wednesday and Thursday", ("WE", "TH")), ("every Friday", ("FR",)), ("on Sundays", ("SU",)),
        ("Tuesday through Thursday", ("TU", "WE", "TH")), ("on Mon and Fri", ("MO", "FR")), ("every Thursday", ("TH",)),
        ("every Saturday", ("SA",)), ("on the weekend", ("SA", "SU")), ("each Wednesday", ("WE",)),
    ),
    "de": (
        ("werktags", ("MO", "TU", "WE", "TH", "FR")), ("am Wochenende", ("SA", "SU")), ("montags", ("MO",)),
        ("von Montag bis Freitag", ("MO", "TU", "WE", "TH", "FR")), ("samstags", ("SA",)), ("freitags", ("FR",)),
        ("dienstags und donnerstags", ("TU", "TH")), ("jeden Sonntag", ("SU",)), ("mittwochs", ("WE",)),
    ),
}  # fmt: skip
_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"),
}  # fmt: skip
_SOMETIME: dict[Language, tuple[str, ...]] = {
    "en": ("during the event", "while the fair is on", "as long as the works last", "during the peak", "when it gets busy", "until the crew is done", "during the match"),
    "de": ("während der Messe", "solange die Bauarbeiten dauern", "während des Spiels", "in der Spitzenzeit"),
}  # fmt: skip
_DURATIONS: dict[Language, tuple[tuple[str, int], ...]] = {
    "en": (
        ("{n} hours", 3600), ("{n} h", 3600), ("{n} minutes", 60), ("{n} min", 60), ("{n} days", 86400),
    ),
    "de": (("{n} Stunden", 3600), ("{n} Minuten", 60), ("{n} Tage", 86400)),
}  # fmt: skip


class When:
    """A window and how it is written; it writes itself with what leads in."""

    def __init__(self, language: Language, random: Random) -> None:
        self._language, self._random = language, random
        self._parts: list[tuple[str, dict[str, tuple[Role, str]]]] = []
        self.window = self._draw()

    def write(self, writer: Writer) -> None:
        """All its parts."""
        for pattern, slots in self._parts:
            writer.say(" ")

            def fill(name: str, slots: dict[str, tuple[Role, str]] = slots) -> None:
                writer.mark(*slots[name])

            render(pattern, self._random, writer.say, fill)

    def _draw(self) -> TimeWindow:
        kinds: tuple[Callable[[], dict[str, object]], ...] = (
            self._hours,
            self._hours,
            self._days,
            self._days_and_hours,
            self._date,
            self._duration,
            self._start,
            self._end,
        )
        return TimeWindow.model_validate(self._random.choice(kinds)())

    def _clock(self, value: time) -> str:
        random, hour, minute = self._random, value.hour, value.minute
        if self._language == "de":
            plain = f"{hour}:{minute:02d} Uhr" if minute else f"{hour} Uhr"
            return random.choice(
                (f"{hour:02d}:{minute:02d}", f"{hour:02d}:{minute:02d} Uhr", plain)
            )
        twelve = (hour - 1) % 12 + 1
        half = f"{twelve}:{minute:02d}" if minute else str(twelve)
        suffix = "am" if hour < 12 else "pm"
        return random.choice(
            (
                f"{hour:02d}:{minute:02d}",
                f"{hour:02d}:{minute:02d}",
                f"{half} {suffix}",
                f"{half}{suffix}",
                f"{hour}:{minute:02d}",
            )
        )

    def _drawn(self) -> time:
        return time(self._random.randrange(24), self._random.choice((0, 0, 0, 30, 15, 45)))

    def _hours(self) -> dict[str, object]:
        first, last = self._drawn(), self._drawn()
        while last == first:
            last = self._drawn()
        slots = {"a": (Role.START, self._clock(first)), "b": (Role.END, self._clock(last))}
        patterns = (
            (
                "(from|between) {a} (to|and|until) {b}",
                "{a}-{b}",
                "from {a} to {b} [every day|daily]",
                "between {a} and {b}",
            )
            if self._language == "en"
            else ("von {a} bis {b}", "zwischen {a} und {b}", "täglich von {a} bis {b}")
        )
        self._parts.append((self._random.choice(patterns), slots))
        return {"start": first, "end": last}

    def _days(self) -> dict[str, object]:
        text, days = self._random.choice(_DAYS[self._language])
        self._parts.append(("{d}", {"d": (Role.DAYS, text)}))
        return {"days": days}

    def _days_and_hours(self) -> dict[str, object]:
        return {**self._days(), **self._hours()}

    def _date(self) -> dict[str, object]:
        random = self._random
        day = date(2026 + random.randrange(2), random.randint(1, 12), random.randint(1, 28))
        month = _MONTHS[self._language][day.month - 1]
        if self._language == "en":
            texts = (
                f"{day.isoformat()}",
                f"{day.day} {month} {day.year}",
                f"{month} {day.day}, {day.year}",
            )
            lead = "on {d}"
        else:
            texts = (
                f"{day.day}.{day.month}.{day.year}",
                f"{day.day}. {month} {day.year}",
                f"{day.day:02d}.{day.month:02d}.{day.year}",
            )
            lead = "am {d}"
        self._parts.append((lead, {"d": (Role.DATE, random.choice(texts))}))
        return {"on": day, **(self._hours() if random.random() < 0.5 else {})}

    def _duration(self) -> dict[str, object]:
        pattern, seconds = self._random.choice(_DURATIONS[self._language])
        count = self._random.choice((2, 3, 4, 6, 8, 10, 12, 15, 20, 30, 45))
        text = pattern.replace("{n}", str(count))
        leads = (
            ("for [the next] {d}", "over the (next|coming) {d}")
            if self._language == "en"
            else ("für {d}", "für die nächsten {d}")
        )
        self._parts.append((self._random.choice(leads), {"d": (Role.DURATION, text)}))
        return {"duration_s": count * seconds}

    def _start(self) -> dict[str, object]:
        first = self._drawn()
        leads = (
            ("from {a} (on|onwards)", "starting at {a}") if self._language == "en" else ("ab {a}",)
        )
        self._parts.append((self._random.choice(leads), {"a": (Role.START, self._clock(first))}))
        return {"start": first}

    def _end(self) -> dict[str, object]:
        last = self._drawn()
        leads = (
            ("until {b}", "up to {b} [today]", "till {b}")
            if self._language == "en"
            else ("bis {b}",)
        )
        self._parts.append((self._random.choice(leads), {"b": (Role.END, self._clock(last))}))
        return {"end": last}


def sometime(writer: Writer, language: Language, random: Random) -> None:
    """A time that nobody can know."""
    writer.say(" ")
    writer.mark(Role.SOMETIME, random.choice(_SOMETIME[language]))


def priority(writer: Writer, language: Language, random: Random) -> int:
    """A priority as a number."""
    value = random.choice((1, 2, 3, 4, 5, 7, 9, 10, 20, 40, 70))
    word = "priority" if language == "en" else "Priorität"
    pattern = random.choice(
        ("with {w} {n}", "{w} {n}", "{w}: {n}", "({w} {n})")
        if language == "en"
        else ("mit {w} {n}", "{w} {n}")
    )
    writer.say(" ")
    before, _, after = pattern.replace("{w}", word).partition("{n}")
    writer.say(before)
    writer.mark(Role.PRIORITY, str(value))
    writer.say(after)
    return value
