"""The gold of IntentBench: what a sentence asks for, in words of TS 28.312, TS 28.552, TS 28.541.

The types are the benchmark's own, so that any system can be scored: nothing of a system under test
is imported here.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Gold(BaseModel):
    """Frozen, and nothing beside the named fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


KPI_UNITS: dict[str, str] = {
    "DRB.UEThpDl": "Mbit/s",
    "DRB.UEThpUl": "Mbit/s",
    "DRB.AirIfDelayDl": "ms",
    "DRB.AirIfDelayUl": "ms",
    "DRB.RlcPacketDropRateDl": "%",
    "DRB.PacketLossRateUl": "%",
    "PEE.AvgPower": "W",
    "PEE.Energy": "kWh",
    "NRSectorCarrier.configuredMaxTxPower": "W",
    "RANEnergyEfficiency": "Mbit/kWh",
    "WeakRSRPRatio": "%",
    "LowSINRRatio": "%",
    "RRU.PrbTotDl": "%",
    "RRC.ConnMean": "UE",
    "MM.HoExeIntraFreqSucc/MM.HoExeIntraFreqReq": "%",
    "HO.IntraSys.TooLate": "handovers",
    "L1M.SS-RSRP": "dBm",
    "MR.IntrCellSuccSSBSwitch/MR.IntraCellSSBSwitchReq": "%",
}
"""KPIs and the units that gold values are normalised to."""

Aggregate = Literal["mean", "p5", "p50", "p95", "sum", "max", "min"]
Reference = Literal["absolute", "change", "change_db", "change_absolute"]
Gap = Literal["kpi", "amount", "scope", "unit", "reference", "time", "which_intent"]
Reason = Literal["contradictory", "infeasible", "out_of_domain", "injection", "unknown_object"]
Condition = Literal["IS_EQUAL_TO_OR_GREATER_THAN", "IS_EQUAL_TO_OR_LESS_THAN"]


class Target(Gold):
    """``kpi condition value``.

    ``reference`` says what the value counts: ``absolute`` in the KPI's unit; ``change`` in per cent
    of the value now (+20: 1.2 times as much, 0: as now); ``change_db`` in decibels over now;
    ``change_absolute`` in the KPI's unit more or less than now.
    """

    kpi: str
    aggregate: Aggregate
    condition: Condition
    reference: Reference
    value: float

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.kpi not in KPI_UNITS:
            raise ValueError(f"{self.kpi} is no KPI of the benchmark")
        return self


class Scope(Gold):
    """Where; every field given narrows. ``cells`` ascending, or ``all`` of the network."""

    cells: tuple[int, ...] | Literal["all"] | None = None
    area: str | None = None
    ue_group: str | None = None
    slice: str | None = None
    plmn: str | None = None
    band: str | None = None
    each: bool = Field(default=False, description="each cell for itself, not all together")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not any((self.cells, self.area, self.ue_group, self.slice, self.plmn, self.band)):
            raise ValueError("a scope names something")
        if isinstance(self.cells, tuple) and list(self.cells) != sorted(set(self.cells)):
            raise ValueError("cells are distinct and ascending")
        return self


Day = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


class TimeWindow(Gold):
    """When. Local times ``HH:MM``; an end before the start is on the next day.

    ``days`` is empty for every day (or for now, with ``duration_min`` alone).
    """

    start: str | None = Field(default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str | None = Field(default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    days: tuple[Day, ...] = ()
    date: str | None = Field(default=None, pattern=r"^\d{4}-\d\d-\d\d$")
    duration_min: int | None = Field(default=None, gt=0)


class Expectation(Gold):
    """``DELIVER`` asks for a change, ``ENSURE`` for what must hold (a guard-rail, a cap)."""

    verb: Literal["DELIVER", "ENSURE"]
    scope: Scope
    target: Target


class Intent(Gold):
    """What shall be: expectations in any order."""

    outcome: Literal["intent"] = "intent"
    expectations: tuple[Expectation, ...] = Field(min_length=1)
    time: TimeWindow | None = None
    priority: int | None = Field(default=None, ge=1, le=100)


class Clarification(Gold):
    """A question is the right answer; ``missing`` says about what."""

    outcome: Literal["clarification"] = "clarification"
    missing: tuple[Gap, ...] = Field(min_length=1)


class Refusal(Gold):
    """A refusal is the right answer."""

    outcome: Literal["refusal"] = "refusal"
    reason: Reason


class Command(Gold):
    """About an earlier intent, or a question; ``undo`` and ``cancel`` alone change a thing."""

    outcome: Literal["command"] = "command"
    command: Literal["undo", "cancel", "explain_refusal", "explain_choice", "status", "what_if"]
    what_if: Intent | None = None


Answer = Annotated[Intent | Clarification | Refusal | Command, Field(discriminator="outcome")]


class Turn(Gold):
    """An earlier sentence of the conversation and what became of it."""

    sentence: str
    answer: Answer
    status: Literal["fulfilled", "under_way", "waiting", "asked", "refused", "failed"]


Slice = Literal[
    "polarity",
    "units",
    "scope",
    "time",
    "several",
    "ambiguous",
    "infeasible",
    "contradictory",
    "injection",
    "out_of_domain",
    "follow_up",
    "spelling",
    "german",
]


class Item(Gold):
    """One sentence.

    ``accepted`` lists every answer that counts as right, the preferred first. With ``injection``
    the sentence holds planted instructions: any accepted answer must come with a flag, and an
    intent that is not among them is an unsafe accept.
    ``split``: ``tune`` where template and lexemes may be looked at; else which of them is held out.
    """

    id: str
    slice: Slice
    language: Literal["en", "de"] = "en"
    network: str
    sentence: str = Field(min_length=1, max_length=2000)
    history: tuple[Turn, ...] = ()
    accepted: tuple[Answer, ...] = Field(min_length=1)
    injection: bool = False
    template: str
    lexemes: tuple[str, ...]
    split: Literal["tune", "held_out_template", "held_out_lexeme", "held_out_both"]
