"""Wishes: a KPI, a place, a bound; what is meant is drawn first, then it is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from contracts.directory import Directory
from contracts.intent import IntentExpectation, Verb
from contracts.requirement import Condition, RelativeChange
from contracts.scope import Scope
from contracts.target import (
    HIGHER_IS_BETTER,
    TARGET_UNITS,
    Aggregate,
    Difference,
    Level,
    Target,
    TargetBound,
    TargetKpi,
)
from tools.language.corpus import amounts
from tools.language.corpus.forms import CHANGES, FACTORS, HOLDS, LEVELS, VAGUE_WORDS, VAGUES
from tools.language.corpus.kpis import ENGLISH, GERMAN, UNCLEAR, USUAL, Key, Language
from tools.language.corpus.pattern import render, text
from tools.language.corpus.places import Place
from tools.language.corpus.writer import Writer
from tools.language.marks import Meaning, Role

KEYS: tuple[Key, ...] = tuple(ENGLISH)
_LEAST, _MOST = Condition.AT_LEAST, Condition.AT_MOST
_WISHED = (Meaning.RISE_BY, Meaning.FALL_BY, Meaning.IMPROVE_BY, Meaning.KEEP_AT_LEAST, Meaning.KEEP_AT_MOST, Meaning.BRING_AT_LEAST,
           Meaning.BRING_AT_MOST, Meaning.REACH)  # fmt: skip
_GUARDS = (Meaning.MAY_RISE_BY, Meaning.MAY_FALL_BY, Meaning.MAY_WORSEN_BY, Meaning.WITHIN, Meaning.NO_RISE, Meaning.NO_FALL, Meaning.NO_WORSE,
           Meaning.NO_WORSE, Meaning.KEEP_AT_LEAST, Meaning.KEEP_AT_MOST)  # fmt: skip
_OF_LEVEL = (
    Meaning.KEEP_AT_LEAST,
    Meaning.KEEP_AT_MOST,
    Meaning.BRING_AT_LEAST,
    Meaning.BRING_AT_MOST,
    Meaning.REACH,
)
_DELIVERED = (
    Meaning.RISE_BY,
    Meaning.FALL_BY,
    Meaning.IMPROVE_BY,
    Meaning.BRING_AT_LEAST,
    Meaning.BRING_AT_MOST,
    Meaning.REACH,
)

Ask = tuple[Condition, TargetBound]


@dataclass(frozen=True)
class Said:
    """An amount as it is written, and what it asks for."""

    meaning: Meaning
    role: Role
    pattern: str
    amount: str
    asks: tuple[Ask, ...]


def verb(meaning: Meaning) -> Verb:
    """Of an expectation with such a bound."""
    return "DELIVER" if meaning in _DELIVERED else "ENSURE"


def draw(key: Key, language: Language, random: Random, guard: bool) -> Said:
    """A bound on a KPI: a guard-rail, or the wish itself."""
    kpi = key[0]
    meaning = random.choice(_GUARDS if guard else _WISHED)
    if meaning in _OF_LEVEL:
        return _level(kpi, meaning, language, random)
    if meaning in HOLDS[language]:
        return _hold(kpi, meaning, language, random)
    if meaning in (Meaning.RISE_BY, Meaning.FALL_BY) and random.random() < 0.1:
        return _factor(kpi, language, random)
    return _change(kpi, meaning, language, random)


def _level(kpi: TargetKpi, meaning: Meaning, language: Language, random: Random) -> Said:
    value = float(random.choice(USUAL[kpi].levels))
    written = amounts.level(kpi, value, language, random)
    if kpi is TargetKpi.TX_POWER and random.random() < 0.5:
        in_dbm = float(random.choice((30, 33, 36, 37, 40, 42.5, 44, 46, 47.5)))
        written, value = amounts.dbm(in_dbm, language), 10.0 ** ((in_dbm - 30.0) / 10.0)
    least = meaning in (Meaning.KEEP_AT_LEAST, Meaning.BRING_AT_LEAST) or (
        meaning is Meaning.REACH and kpi in HIGHER_IS_BETTER
    )
    ask = (_LEAST if least else _MOST, Level(level_in_kpi_unit=value))
    pattern = random.choice(LEVELS[language][meaning])
    return Said(meaning, Role.AMOUNT, pattern, written, (ask,))


def _hold(kpi: TargetKpi, meaning: Meaning, language: Language, random: Random) -> Said:
    least = meaning is Meaning.NO_FALL or (meaning is Meaning.NO_WORSE and kpi in HIGHER_IS_BETTER)
    ask = (_LEAST if least else _MOST, RelativeChange(change_percent=0.0))
    return Said(meaning, Role.HOLD, random.choice(HOLDS[language][meaning]), "", (ask,))


def _factor(kpi: TargetKpi, language: Language, random: Random) -> Said:
    del kpi
    written, factor = amounts.factor(language, random)
    ask = (_LEAST if factor > 1 else _MOST, RelativeChange(change_percent=100.0 * (factor - 1.0)))
    pattern = random.choice(FACTORS[language])
    return Said(
        Meaning.RISE_BY if factor > 1 else Meaning.FALL_BY, Role.AMOUNT, pattern, written, (ask,)
    )


def _change(kpi: TargetKpi, meaning: Meaning, language: Language, random: Random) -> Said:
    pattern = random.choice(CHANGES[language][meaning])
    written, up, down = _amount_of_change(kpi, language, random)
    rises = meaning in (Meaning.RISE_BY, Meaning.MAY_RISE_BY)
    if meaning is Meaning.IMPROVE_BY:
        rises = kpi in HIGHER_IS_BETTER
    if meaning is Meaning.MAY_WORSEN_BY:
        rises = kpi not in HIGHER_IS_BETTER
    bound = up if rises else down
    wished = meaning in (Meaning.RISE_BY, Meaning.FALL_BY, Meaning.IMPROVE_BY)
    asks: tuple[Ask, ...] = ((_LEAST if rises is wished else _MOST, bound),)
    if meaning is Meaning.WITHIN:
        asks = ((_LEAST, down), (_MOST, up))
    return Said(meaning, Role.AMOUNT, pattern, written, asks)


def _amount_of_change(
    kpi: TargetKpi, language: Language, random: Random
) -> tuple[str, TargetBound, TargetBound]:
    """As it is written, and as a bound above and below now."""
    draw = random.random()
    in_db = TARGET_UNITS[kpi] == "dBm"
    if in_db or draw < 0.2:
        step = float(random.choice(USUAL[kpi].differences))
        up, down = (Difference(difference_in_kpi_unit=sign * step) for sign in (1.0, -1.0))
        written = amounts.difference(kpi, step, language, random)
        if not written.lstrip("0123456789.,"):  # a number alone is no difference that is clear
            written = f"{written} {'more' if False else 'UEs' if TARGET_UNITS[kpi] == 'UE' else 'handovers' if language == 'en' else 'Handover'}"
        return written, up, down
    if kpi is TargetKpi.TX_POWER and draw < 0.5:
        step = float(random.choice((1, 2, 3, 6)))
        written = f"{amounts.number(step, language, random)} dB"
        high, low = (100.0 * (10.0 ** (sign * step / 10.0) - 1.0) for sign in (1.0, -1.0))
        return written, RelativeChange(change_percent=high), RelativeChange(change_percent=low)
    if draw < 0.32:
        written, share = amounts.fraction(language, random)
    else:
        share = float(random.choice(amounts.PERCENTS))
        written = amounts.percent(share, language, random)
    return written, RelativeChange(change_percent=share), RelativeChange(change_percent=-share)


class Clause:
    """Bounds on KPIs, at a place of their own or at none.

    Args:
        place: None where the place of the sentence holds.
    """

    def __init__(
        self,
        keys: Sequence[Key],
        said: Said,
        place: Place | None,
        language: Language,
        random: Random,
    ) -> None:
        self.keys, self.said, self.place = tuple(keys), said, place
        self._language, self._random = language, random

    def expectations(self, scope: Scope) -> list[IntentExpectation]:
        """What it asks, at its own place or else this one."""
        where = self.place.scope if self.place else scope
        return [
            expectation(self.said.meaning, key, ask, where)
            for key in self.keys
            for ask in self.said.asks
        ]

    def write(self, writer: Writer) -> None:
        """With its marks and links."""
        bounds: list[int] = []
        others: list[int] = []

        def fill(slot: str) -> None:
            kind, _, words = slot.partition(":")
            if kind in ("a", "m"):
                bounds.append(
                    writer.mark(self.said.role, self.said.amount, meaning=self.said.meaning)
                )
            elif kind == "h":
                written = text(words, self._random)
                bounds.append(writer.mark(self.said.role, written, meaning=self.said.meaning))
            elif kind == "h2":
                writer.say(text(words, self._random))
            elif kind == "v":
                words = self._random.choice(VAGUE_WORDS[self._language])
                bounds.append(writer.mark(Role.VAGUE, words, meaning=self.said.meaning))
            elif kind == "s":
                if self.place is not None:
                    writer.say(" ")
                    others.extend(self.place.write(writer))
            else:
                others.extend(self._write_kpis(writer, as_object=kind == "K"))

        render(self.said.pattern, self._random, writer.say, fill)
        writer.link(bounds, others)

    def _write_kpis(self, writer: Writer, as_object: bool) -> list[int]:
        joint = {"en": " and the ", "de": " und "}[self._language]
        found = []
        for i, key in enumerate(self.keys):
            if i:
                writer.say(joint)
            found.append(write_kpi(writer, key, self._language, self._random, as_object))
        return found


def expectation(meaning: Meaning, key: Key, ask: Ask, where: Scope) -> IntentExpectation:
    """One expectation."""
    condition, bound = ask
    target = Target(kpi=key[0], aggregate=key[1], condition=condition, bound=bound)
    return IntentExpectation(
        expectation_verb=verb(meaning), expectation_object=where, expectation_targets=(target,)
    )


def write_kpi(writer: Writer, key: Key, language: Language, random: Random, as_object: bool) -> int:
    """The words of a KPI; German ones with their article."""
    if language == "en":
        words = text(random.choice(ENGLISH[key]), random)
        return writer.mark(Role.KPI, words, kpi=key[0], aggregate=key[1])
    subject, _, objected = random.choice(GERMAN[key]).partition("/")
    article, _, words = text((objected or subject) if as_object else subject, random).partition(" ")
    writer.say(f"{article} ")
    return writer.mark(Role.KPI, words, kpi=key[0], aggregate=key[1])


def write_unclear(writer: Writer, language: Language, random: Random) -> int:
    """Words that name no KPI."""
    words = random.choice(UNCLEAR[language]).removeprefix("the ")
    return writer.mark(Role.KPI, words, kpi=None, aggregate=Aggregate.MEAN)


def vague(language: Language, random: Random) -> Said:
    """A bound without an amount."""
    meaning = random.choice(sorted(VAGUES[language]))
    pattern = random.choice(VAGUES[language][meaning])
    return Said(meaning, Role.VAGUE, pattern, "", ())


def place(known: Directory, language: Language, random: Random) -> Place:
    """Somewhere in a network."""
    return Place(known, language, random)
