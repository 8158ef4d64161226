"""Places that sentences name, and networks that have them."""

from random import Random

from contracts.directory import Directory
from contracts.scope import Scope
from tools.language.corpus.kpis import Language
from tools.language.corpus.pattern import render
from tools.language.corpus.writer import Writer
from tools.language.marks import Role

_AREAS = (
    "airport", "market hall", "north bridge", "river park", "business district", "hospital hill",
    "main station", "exhibition grounds", "shopping mall", "racetrack", "west quarter", "city lake",
    "science park", "opera house", "convention centre", "container yard", "castle hill", "zoo",
    "ring road", "concert arena", "town hall", "chinatown", "refinery", "marina", "ski slope",
    "logistics hub", "school centre", "tunnel portal", "football ground", "botanical garden",
    "fishing pier", "power plant", "east end", "cathedral square", "bus depot", "tech campus",
)  # fmt: skip
_GROUPS = (
    "buses", "fire engines", "forklifts", "smart meters", "taxis", "camera vans", "scooters",
    "train passengers", "field engineers", "paramedics", "tractors", "parcel vans", "inspectors",
    "shuttles", "sensor nodes", "trucks", "stewards", "excavators", "wheelchair users", "welders",
    "mining trucks", "journalists", "robot arms", "lifeboats", "rescue dogs", "e-bikes", "visitors",
)  # fmt: skip
_SLICES = (
    "silver", "platinum", "video", "IoT", "broadcast", "gaming", "telemetry", "premium", "factory",
    "URLLC", "eMBB", "bronze", "smart grid", "connected cars", "first responders", "streaming",
    "ticketing", "fixed wireless", "health", "logistics", "basic", "mission critical", "guests",
)  # fmt: skip
_PLMNS = ("00102", "20810", "22288", "23415", "24007", "26242", "310260", "31126", "44020", "99901")
_BANDS = ("n3", "n5", "n7", "n8", "n20", "n38", "n40", "n41", "n66", "n71", "n78", "n258", "n28")


def network(random: Random) -> Directory:
    """A network of its own: sentences are never about the same one for long."""
    if random.random() < 0.5:
        cells = tuple(range(1, random.randint(5, 16)))
    else:
        cells = tuple(10 * s + c for s in range(1, random.randint(3, 6)) for c in (1, 2, 3))
    return Directory(
        cells=cells,
        areas=tuple(random.sample(_AREAS, 4)),
        ue_groups=tuple(random.sample(_GROUPS, 4)),
        slices=tuple(random.sample(_SLICES, 3)),
        plmns=tuple(random.sample(_PLMNS, 2)),
        bands=tuple(random.sample(_BANDS, 2)),
    )


def elsewhere(known: Directory, random: Random) -> Directory:
    """A network with other names."""
    return Directory(
        cells=tuple(max(known.cells) + n for n in (3, 17, 40, 61)),
        areas=tuple(random.sample([a for a in _AREAS if a not in known.areas], 3)),
        ue_groups=tuple(random.sample([g for g in _GROUPS if g not in known.ue_groups], 3)),
        slices=tuple(random.sample([s for s in _SLICES if s not in known.slices], 3)),
        plmns=tuple(random.sample([p for p in _PLMNS if p not in known.plmns], 2)),
        bands=tuple(random.sample([b for b in _BANDS if b not in known.bands], 2)),
    )


_AROUND: dict[Language, dict[Role, tuple[str, ...]]] = {
    "en": {
        Role.CELLS: ("(in|on|for|at|across) {it}", "in {it}"),
        Role.EACH: ("{each} {it}",),
        Role.AREA: ("(in|around|at|near|across|within|throughout) the {it} [area]", "(in|at) {it}", "in the area '{it}'"),
        Role.UE_GROUP: ("for [(our|the|all)] {it}", "for the (group of {it}|{it} group)", "for UE group '{it}'", "(of|experienced by) the {it}"),
        Role.SLICE: ("(on|in|for) [the] {it} slice", "(on|in|for) slice (|'){it}", "(on|for) the slice {it}", "for users of the {it} slice"),
        Role.PLMN: ("(for|in) PLMN {it}", "for (customers|subscribers|users) of PLMN {it}", "for the operator with PLMN {it}"),
        Role.BAND: ("(on|in) [band] {it}", "on the {it} (layer|carriers|band)", "on carriers in {it}"),
    },
    "de": {
        Role.CELLS: ("(in|auf|für) {it}",),
        Role.EACH: ("{each} {it}",),
        Role.AREA: ("(im Gebiet|im Bereich|rund um|in der Umgebung von) {it}", "(am|im|beim) {it}"),
        Role.UE_GROUP: ("für [(die|unsere)] {it}", "für die Gruppe {it}", "bei den {it}"),
        Role.SLICE: ("(im|für den|auf dem) Slice {it}", "im {it}-Slice"),
        Role.PLMN: ("(für|in) PLMN {it}", "für [die] (Kunden|Teilnehmer) von PLMN {it}"),
        Role.BAND: ("(auf|im) [Band] {it}", "auf dem {it}-Layer"),
    },
}  # fmt: skip
_ALL: dict[Language, tuple[str, ...]] = {
    "en": ("all cells", "the whole network", "the entire network", "every cell", "all our cells", "the network"),
    "de": ("allen Zellen", "sämtlichen Zellen", "ganzen Netz", "allen unseren Zellen"),
}  # fmt: skip
_SOMEWHERE: dict[Language, tuple[str, ...]] = {
    "en": (
        "in the (usual|same|other|bad|affected|problem) cells", "over there", "in the cells we talked about",
        "in some of the cells", "in the cells next to it", "in one of the cells, not sure which",
        "at the site you know", "in a few cells", "around there", "in the neighbouring cells",
    ),
    "de": ("in den üblichen Zellen", "dort drüben", "in den bekannten Zellen", "in einigen Zellen", "in den Nachbarzellen"),
}  # fmt: skip


class Place:
    """A scope, and how a sentence says it."""

    def __init__(self, known: Directory, language: Language, random: Random) -> None:
        self._known, self._language, self._random = known, language, random
        self.whole = False
        roles = self._roles()
        self.fields: dict[str, str] = {}
        self.cells: tuple[int, ...] = ()
        self.each = False
        self.without: tuple[int, ...] = ()
        for role in roles:
            self._draw(role)

    @property
    def scope(self) -> Scope:
        """What is meant."""
        everything = tuple(c for c in self._known.cells if c not in self.without)
        cells = everything if self.whole else self.cells
        each = self.each and len(cells) > 1
        return Scope.model_validate({"cells": cells, "each": each, **self.fields})

    def write(self, writer: Writer) -> list[int]:
        """With its preposition; the positions of what was marked."""
        positions: list[int] = []
        if self.cells or self.whole:
            positions += self._write_cells(writer)
        for name, value in self.fields.items():
            role = Role(name.removesuffix("_name"))
            pattern = self._random.choice(_AROUND[self._language][role])
            writer.say(" ")
            positions += self._written(writer, pattern, role, self._said(role, value))
        return positions

    def _roles(self) -> list[Role]:
        draw = self._random.random()
        if draw < 0.45:
            return [Role.CELLS]
        kinds = [Role.AREA, Role.UE_GROUP, Role.SLICE, Role.PLMN, Role.BAND]
        one = self._random.choices(kinds, (4, 3, 3, 2, 2))[0]
        if draw < 0.9:
            return [one]
        other = self._random.choice([k for k in kinds if k is not one])
        return [one, other]

    def _draw(self, role: Role) -> None:
        known, random = self._known, self._random
        if role is Role.CELLS:
            self.whole = random.random() < 0.25
            self.each = random.random() < 0.12
            if self.whole and random.random() < 0.3:
                self.without = tuple(sorted(random.sample(known.cells, random.choice((1, 2)))))
            count = random.choice((1, 1, 1, 2, 3, 3, 4))
            start = random.randrange(max(1, len(known.cells) - count))
            run = known.cells[start : start + count]
            scattered = tuple(sorted(random.sample(known.cells, min(count, len(known.cells)))))
            self.cells = () if self.whole else random.choice((run, scattered))
            self.each = self.each and (self.whole or len(self.cells) > 1)
            return
        names = {
            Role.AREA: ("area", known.areas),
            Role.UE_GROUP: ("ue_group", known.ue_groups),
            Role.SLICE: ("slice_name", known.slices),
            Role.PLMN: ("plmn", known.plmns),
            Role.BAND: ("band", known.bands),
        }
        field, choices = names[role]
        self.fields[field] = random.choice(choices)

    def _said(self, role: Role, name: str) -> str:
        random = self._random
        if role is Role.PLMN and random.random() < 0.3:
            return f"{name[:3]}{random.choice((' ', '-', '/'))}{name[3:]}"
        if role is Role.BAND and random.random() < 0.15:
            return name.upper()
        if role is Role.AREA and random.random() < 0.15:
            return name.title()
        return name

    def _written(self, writer: Writer, pattern: str, role: Role, said: str) -> list[int]:
        found: list[int] = []
        render(pattern, self._random, writer.say, lambda _: found.append(writer.mark(role, said)))
        return found

    def _write_cells(self, writer: Writer) -> list[int]:
        random, language = self._random, self._language
        found: list[int] = []
        if self.each:
            found = self._write_each(writer)
            return [*found, self._write_exception(writer)] if self.without else found
        pattern = "in {it}" if self.whole else random.choice(_AROUND[language][Role.CELLS])
        render(
            pattern,
            random,
            writer.say,
            lambda _: found.append(writer.mark(Role.CELLS, self._cells_text())),
        )
        if self.without:
            found.append(self._write_exception(writer))
        return found

    def _write_each(self, writer: Writer) -> list[int]:
        random = self._random
        before = {"en": ("each of", "every one of"), "de": ("jeder von",)}[self._language]
        after = {
            "en": ("separately", "individually", "one by one", "each for itself"),
            "de": ("einzeln", "jeweils für sich"),
        }[self._language]
        writer.say(" in ")
        if self.whole or random.random() < 0.5:
            singular = {"en": ("every cell", "each cell", "all cells"), "de": ("allen Zellen",)}
            whole = random.choice(singular[self._language])
            cells = writer.mark(Role.CELLS, whole if self.whole else self._cells_text())
            writer.say(" ")
            return [cells, writer.mark(Role.EACH, random.choice(after))]
        each = writer.mark(Role.EACH, random.choice(before))
        writer.say(" ")
        return [each, writer.mark(Role.CELLS, self._cells_text())]

    def _write_exception(self, writer: Writer) -> int:
        random, language = self._random, self._language
        lead = {"en": ("except", "without", "but not", "other than"), "de": ("außer", "ohne")}
        writer.say(f" {random.choice(lead[language])} ")
        words = cells_text(self.without, language, random)
        return writer.mark(Role.EXCEPT, words)

    def _cells_text(self) -> str:
        if self.whole:
            return self._random.choice(_ALL[self._language])
        return cells_text(self.cells, self._language, self._random)


def cells_text(cells: tuple[int, ...], language: Language, random: Random) -> str:
    """Cells as a list, or as a range where they are one."""
    many, one = ("cells", "cell") if language == "en" else ("Zellen", "Zelle")
    word_and, word_to = (" and ", " to ") if language == "en" else (" und ", " bis ")
    if language == "de":
        many = random.choice(("Zellen", "den Zellen"))
    if len(cells) == 1:
        before = random.choice((f"{one} ", f"{one} ", f"{one} no. ", f"{one} #", f"{one} number "))
        return f"{before if language == 'en' else one + ' '}{cells[0]}"
    if len(cells) > 2 and cells[-1] - cells[0] == len(cells) - 1 and random.random() < 0.7:
        dash = random.choice((word_to, "-", "–", " through " if language == "en" else word_to))
        return f"{many} {cells[0]}{dash}{cells[-1]}"
    words = [str(c) for c in cells]
    style = random.random()
    if style < 0.15:
        return f"{many} {'/'.join(words)}"
    if style < 0.3:
        return f"{many} {', '.join(words)}"
    last = random.choice((word_and, word_and, ", and " if language == "en" else word_and, " & "))
    return f"{many} {', '.join(words[:-1])}{last}{words[-1]}"


def somewhere(writer: Writer, language: Language, random: Random) -> int:
    """A place that nobody can know."""
    writer.say(" ")
    return writer.mark(
        Role.SOMEWHERE,
        random.choice(_SOMEWHERE[language]).replace(
            "(usual|same|other|bad|affected|problem)",
            random.choice(("usual", "same", "other", "bad", "affected")),
        ),
    )
