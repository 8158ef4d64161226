"""Sentences that ask something of the network, in full or with something missing."""

from dataclasses import replace

from contracts.command import Command
from contracts.intent import IntentExpectation
from contracts.requirement import RelativeChange
from contracts.scope import Scope
from contracts.target import HIGHER_IS_BETTER, TargetKpi
from contracts.time_window import TimeWindow
from tools.language.corpus import amounts, wishes
from tools.language.corpus.forms import ASIDES, CHANGES, CLOSINGS, JOINERS, LEVELS, OPENINGS
from tools.language.corpus.kpis import USUAL, Key
from tools.language.corpus.pattern import render
from tools.language.corpus.places import cells_text, elsewhere, somewhere
from tools.language.corpus.sample import Draw, Sample, asked, question, refusal
from tools.language.corpus.times import When, priority, sometime
from tools.language.corpus.wishes import Clause, Said
from tools.language.corpus.writer import Writer
from tools.language.marks import Act, Meaning, Role

_CLOSE_RATES = (TargetKpi.UE_THP_DL, TargetKpi.UE_THP_UL)


def wish(draw: Draw, clauses: int | None = None) -> Sample:
    """A full wish of one to three clauses, often with a time or a priority."""
    writer, random = Writer(), draw.random
    count = clauses or random.choices((1, 2, 3), (6, 3, 1))[0]
    _open(draw, writer)
    found, window, first = write_wish(draw, writer, count)
    del first
    rank = priority(writer, draw.language, random) if random.random() < 0.08 else None
    close(draw, writer)
    return draw.sample(f"wish_{count}", writer, asked(found, window, rank))


def write_wish(
    draw: Draw, writer: Writer, count: int, timed: float = 0.25
) -> tuple[list[IntentExpectation], TimeWindow | None, Scope]:
    """Clauses and their time into a writer; what they ask, when, and where."""
    random = draw.random
    place = wishes.place(draw.directory, draw.language, random)
    keys = _distinct_keys(draw, count + 1)
    joint = random.random() < 0.12
    said = wishes.draw(keys[0], draw.language, random, guard=False)
    both: tuple[Key, ...] = (keys[0],)
    if joint and said.role is Role.AMOUNT and _any_kpi(said):
        both = (keys[0], keys[-1])
    when = When(draw.language, random) if random.random() < timed else None
    before = when is not None and random.random() < 0.4
    if when is not None and before:
        when.write(writer)
        writer.say(": " if random.random() < 0.3 else ", ")
    first = Clause(both, said, place, draw.language, random)
    first.write(writer)
    found = first.expectations(place.scope)
    for key in keys[1:count]:
        writer.say(random.choice(JOINERS[draw.language]))
        found += _side(draw, writer, key, place.scope)
    if when is not None and not before:
        when.write(writer)
    return found, when.window if when else None, place.scope


def _side(draw: Draw, writer: Writer, key: Key, scope: Scope) -> list[IntentExpectation]:
    random = draw.random
    said = wishes.draw(key, draw.language, random, guard=random.random() < 0.65)
    own = wishes.place(draw.directory, draw.language, random) if random.random() < 0.25 else None
    clause = Clause((key,), said, own, draw.language, random)
    clause.write(writer)
    if own is None and key[0] is TargetKpi.TX_POWER and wishes.verb(said.meaning) == "ENSURE":
        scope = Scope(cells=draw.directory.cells)
    return clause.expectations(scope)


def two_places(draw: Draw) -> Sample:
    """The same asked of two areas, groups or slices: an expectation each."""
    writer, random = Writer(), draw.random
    (key,) = _distinct_keys(draw, 1)
    said = wishes.draw(key, draw.language, random, guard=False)
    role, names, field = random.choice(
        (
            (Role.AREA, draw.directory.areas, "area"),
            (Role.UE_GROUP, draw.directory.ue_groups, "ue_group"),
            (Role.SLICE, draw.directory.slices, "slice_name"),
        )
    )
    one, other = random.sample(names, 2)
    lead = {"en": "for the {one} and the {other}: ", "de": "für {one} und {other}: "}[draw.language]
    before, rest = lead.split("{one}")
    middle, after = rest.split("{other}")
    writer.say(before)
    first = writer.mark(role, one)
    writer.say(middle)
    second = writer.mark(role, other)
    writer.say(after)
    at = len(writer.marks)
    clause = Clause((key,), said, None, draw.language, random)
    clause.write(writer)
    bounds = [i for i, m in enumerate(writer.marks) if i >= at and m.meaning is not None]
    writer.link(bounds, [first, second])
    found = [e for name in (one, other) for e in clause.expectations(Scope(**{field: name}))]
    close(draw, writer)
    return draw.sample("two_places", writer, asked(found))


def unclear(draw: Draw) -> Sample:
    """A sentence that leaves something open."""
    kinds = (_no_amount, _no_kpi, _no_place, _no_unit, _no_baseline, _no_time)
    return draw.random.choice(kinds)(draw)


def _no_amount(draw: Draw) -> Sample:
    writer = Writer()
    _open(draw, writer)
    (key,) = _distinct_keys(draw, 1)
    said = wishes.vague(draw.language, draw.random)
    place = wishes.place(draw.directory, draw.language, draw.random)
    Clause((key,), said, place, draw.language, draw.random).write(writer)
    close(draw, writer)
    return draw.sample("no_amount", writer, question("amount"))


class _Unclear(Clause):
    """A clause whose KPI is no KPI."""

    def _write_kpis(self, writer: Writer, as_object: bool) -> list[int]:
        del as_object
        return [wishes.write_unclear(writer, self._language, self._random)]


def _no_kpi(draw: Draw) -> Sample:
    writer = Writer()
    _open(draw, writer)
    without = draw.random.random() < 0.4
    key = (TargetKpi.UE_THP_DL, wishes.KEYS[0][1])
    said = (
        wishes.vague(draw.language, draw.random)
        if without
        else _percentage(
            draw, draw.random.choice((Meaning.RISE_BY, Meaning.FALL_BY, Meaning.IMPROVE_BY))
        )
    )
    place = wishes.place(draw.directory, draw.language, draw.random)
    _Unclear((key,), said, place, draw.language, draw.random).write(writer)
    close(draw, writer)
    return draw.sample("no_kpi", writer, question(*("kpi", "amount")[: 1 + without]))


def _no_place(draw: Draw) -> Sample:
    writer = Writer()
    _open(draw, writer)
    (key,) = _distinct_keys(draw, 1)
    said = wishes.draw(key, draw.language, draw.random, guard=False)
    Clause((key,), said, None, draw.language, draw.random).write(writer)
    if draw.random.random() < 0.7:
        at = somewhere(writer, draw.language, draw.random)
        writer.link([i for i, m in enumerate(writer.marks) if m.meaning is not None], [at])
    close(draw, writer)
    return draw.sample("no_place", writer, question("scope"))


def _no_unit(draw: Draw) -> Sample:
    writer = Writer()
    _open(draw, writer)
    keys = [
        k for k in wishes.KEYS if k[0] not in (TargetKpi.CONNECTED_UES, TargetKpi.LATE_HANDOVERS)
    ]
    key = draw.random.choice(keys)
    meaning = draw.random.choice(
        (Meaning.RISE_BY, Meaning.FALL_BY, Meaning.KEEP_AT_LEAST, Meaning.KEEP_AT_MOST)
    )
    forms = {**CHANGES[draw.language], **LEVELS[draw.language]}
    pattern = draw.random.choice(forms[meaning])
    number = str(draw.random.choice((5, 8, 10, 12, 20, 25, 30, 50)))
    said = Said(meaning, Role.AMOUNT, pattern, number, ())
    place = wishes.place(draw.directory, draw.language, draw.random)
    Clause((key,), said, place, draw.language, draw.random).write(writer)
    close(draw, writer)
    return draw.sample("no_unit", writer, question("unit"))


def _no_baseline(draw: Draw) -> Sample:
    writer, random = Writer(), draw.random
    _open(draw, writer)
    (key,) = _distinct_keys(draw, 1)
    said = _percentage(draw, random.choice((Meaning.RISE_BY, Meaning.FALL_BY)))
    place = wishes.place(draw.directory, draw.language, random)
    Clause((key,), said, place, draw.language, random).write(writer)
    words = {
        "en": ("against the plan", "compared with the budget", "than it used to be", "relative to the target", "compared with the competition", "against last year"),
        "de": ("gegenüber dem Plan", "im Vergleich zum Vorjahr", "verglichen mit dem Ziel"),
    }[draw.language]  # fmt: skip
    writer.say(" ")
    writer.mark(Role.BASELINE, random.choice(words))
    close(draw, writer)
    return draw.sample("no_baseline", writer, question("reference"))


def _no_time(draw: Draw) -> Sample:
    writer = Writer()
    _open(draw, writer)
    write_wish(draw, writer, 1, timed=0.0)
    sometime(writer, draw.language, draw.random)
    close(draw, writer)
    return draw.sample("no_time", writer, question("time"))


def impossible(draw: Draw) -> Sample:
    """What no network can do."""
    writer, random = Writer(), draw.random
    _open(draw, writer)
    key = random.choice(wishes.KEYS)
    unit_is_share = key[0] in (
        TargetKpi.HANDOVER_SUCCESS,
        TargetKpi.PRB_LOAD_DL,
        TargetKpi.LOW_SINR,
    )
    if unit_is_share:
        meaning = random.choice((Meaning.BRING_AT_LEAST, Meaning.KEEP_AT_MOST))
        value = random.choice(
            (120, 140, 210, 400) if meaning is Meaning.BRING_AT_LEAST else (-3, -8, -20)
        )
        written = amounts.percent(float(value), draw.language, random)
        pattern = random.choice(LEVELS[draw.language][meaning])
    elif key[0] in _CLOSE_RATES:
        meaning = Meaning.BRING_AT_LEAST
        written = f"{random.choice((2, 15, 80, 300))} Tbit/s"
        pattern = random.choice(LEVELS[draw.language][meaning])
    else:
        meaning = Meaning.FALL_BY
        key = random.choice([k for k in wishes.KEYS if k[0] not in HIGHER_IS_BETTER])
        written = amounts.percent(float(random.choice((110, 130, 180, 250))), draw.language, random)
        pattern = random.choice(CHANGES[draw.language][meaning])
    place = wishes.place(draw.directory, draw.language, random)
    Clause(
        (key,), Said(meaning, Role.AMOUNT, pattern, written, ()), place, draw.language, random
    ).write(writer)
    close(draw, writer)
    return draw.sample("impossible", writer, refusal("intent.infeasible"))


def contradiction(draw: Draw) -> Sample:
    """Two bounds that cannot hold together."""
    writer, random = Writer(), draw.random
    _open(draw, writer)
    (key,) = _distinct_keys(draw, 1)
    place = wishes.place(draw.directory, draw.language, random)
    low, high = sorted(random.sample(USUAL[key[0]].levels, 2))
    if random.random() < 0.5:
        forms = LEVELS[draw.language]
        pair = [
            Said(
                m,
                Role.AMOUNT,
                random.choice(forms[m]),
                amounts.level(key[0], float(v), draw.language, random),
                (),
            )
            for m, v in ((Meaning.KEEP_AT_LEAST, high), (Meaning.KEEP_AT_MOST, low))
        ]
    else:
        pair = [_percentage(draw, Meaning.RISE_BY), _percentage(draw, Meaning.FALL_BY)]
    random.shuffle(pair)
    Clause((key,), pair[0], place, draw.language, random).write(writer)
    writer.say(random.choice(JOINERS[draw.language]))
    Clause((key,), pair[1], None, draw.language, random).write(writer)
    close(draw, writer)
    return draw.sample("contradiction", writer, refusal("intent.contradictory"))


def unknown(draw: Draw) -> Sample:
    """A place that the network does not have."""
    sample = wish(replace(draw, directory=elsewhere(draw.directory, draw.random)), clauses=1)
    roles = {m.role for m in sample.marks.marks}
    named = roles & {Role.AREA, Role.UE_GROUP, Role.SLICE, Role.PLMN, Role.BAND}
    cells = [
        m
        for m in sample.marks.marks
        if m.role is Role.CELLS and any(c.isdigit() for c in sample.sentence[m.start : m.end])
    ]
    if not named and not cells:
        return unknown(draw)
    return replace(
        sample, kind="unknown", directory=draw.directory, answer=refusal("intent.unknown_object")
    )


def what_if(draw: Draw) -> Sample:
    """A question about an intent."""
    writer = Writer()
    leads = {
        "en": ("what would happen if we were to do this: ", "suppose we did this: ", "just hypothetically: ", "what if: ", "simulate only: ", "tell me the effect, without doing it, of this: "),
        "de": ("was wäre, wenn wir Folgendes täten: ", "nur zum Durchspielen: ", "was würde passieren bei: "),
    }  # fmt: skip
    writer.say(draw.random.choice(leads[draw.language]))
    found, window, _ = write_wish(draw, writer, 1)
    writer.say(draw.random.choice(("?", "", ".")))
    answer = Command(command="what_if", what_if=asked(found, window))
    return draw.sample("what_if", writer, answer, Act.WHAT_IF)


def close(draw: Draw, writer: Writer) -> None:
    """The end of a sentence."""
    if writer.marks and draw.random.random() < 0.05:
        _aside(draw, writer, draw.random.choice(ASIDES[draw.language][1]))
    elif draw.random.random() < 0.5:
        writer.say(draw.random.choice(CLOSINGS[draw.language]))
    if draw.random.random() < 0.7:
        writer.capitalise()


def _open(draw: Draw, writer: Writer) -> None:
    if draw.random.random() < 0.3:
        writer.say(draw.random.choice(OPENINGS[draw.language]))
    elif draw.random.random() < 0.1:
        _aside(draw, writer, draw.random.choice(ASIDES[draw.language][0]))


def _aside(draw: Draw, writer: Writer, pattern: str) -> None:
    random, known = draw.random, draw.directory
    cell = cells_text((random.choice(known.cells),), draw.language, random)
    name = random.choice((*known.areas, *known.ue_groups, *known.slices, cell))
    written = {"n": str(random.choice((3, 12, 40, 117, 3391, 20817, 88))), "x": name}
    render(pattern, random, writer.say, lambda slot: _marked_aside(writer, written[slot]))


def _marked_aside(writer: Writer, text: str) -> None:
    writer.mark(Role.ASIDE, text)


def _percentage(draw: Draw, meaning: Meaning) -> Said:
    value = float(draw.random.choice(amounts.PERCENTS))
    written = amounts.percent(value, draw.language, draw.random)
    pattern = draw.random.choice(CHANGES[draw.language][meaning])
    return Said(meaning, Role.AMOUNT, pattern, written, ())


def _any_kpi(said: Said) -> bool:
    """Whether the amount fits every KPI, and its sign hangs on none."""
    signed = said.meaning in (Meaning.RISE_BY, Meaning.FALL_BY)
    return (
        signed
        and "dB" not in said.amount
        and all(isinstance(bound, RelativeChange) for _, bound in said.asks)
    )


def _distinct_keys(draw: Draw, count: int) -> list[Key]:
    """KPIs that do not speak of the same, the frequent ones more often."""
    found: list[Key] = []
    while len(found) < count:
        key = draw.random.choice(wishes.KEYS)
        if key[0] not in {k for k, _ in found}:
            found.append(key)
    return found
