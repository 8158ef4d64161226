"""When an intent holds."""

from datetime import date, time
from typing import Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract

Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


class TimeWindow(Contract):
    """Local times of the network; an end before the start is on the next day.

    Without start and end it is whole days; with a duration alone it begins now.

    Raises:
        ValueError: nothing is given, both days and a date, or both an end and a duration.
    """

    start: time | None = None
    end: time | None = None
    days: tuple[Weekday, ...] = Field(default=(), description="empty: every day, or the date")
    on: date | None = None
    duration_s: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = (self.start, self.end, self.on, self.duration_s)
        if not self.days and all(value is None for value in given):
            raise ValueError("a time window says when")
        if self.days and self.on is not None:
            raise ValueError("either days of the week or a date")
        if self.end is not None and self.duration_s is not None:
            raise ValueError("either an end or a duration")
        return self
