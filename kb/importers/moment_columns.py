"""Moment columns: in which zone the moments of a column are, and which other column has their time of day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kb.importers.dates import DateReader, zone_in_brackets
from kb.importers.evidence import ColumnSamples, is_time_of_day
from kb.records.wording import wording_of
from kb.vocabulary.column_name import name_key

_MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?$")
_DATE = re.compile(r"datum|date|fecha|dia")
_TIME = re.compile(r"uhrzeit|zeit|time|heure|hora")


@dataclass(frozen=True, slots=True)
class MomentColumn:
    """A column of moments, the reader of their dates, and the column of their times of day, if there is one.

    `problem` says why the zone that the column's name has is not taken.
    """

    column: str
    dates: DateReader
    clock: str | None = None
    problem: str | None = None

    @classmethod
    def of(cls, column: str, samples: ColumnSamples, dates: DateReader) -> MomentColumn:
        """Return how a column is read, by its name and those beside it."""
        clock = _clock_beside(column, samples.values)
        try:
            return cls(column, replace(dates, zone=zone_in_brackets(column, dates.zone)), clock)
        except ValueError as error:
            return cls(column, dates, clock, wording_of(error))

    def read(self, text: str, values: Mapping[str, str]) -> datetime | None:
        """Return the moment in a cell of a row; raises ValueError where it is none."""
        clock = values.get(self.clock, "").strip() if self.clock and text else ""
        return self.dates.read(f"{_MIDNIGHT.sub('', text)} {clock}" if is_time_of_day(clock) else text)


def _clock_beside(column: str, samples: Mapping[str, Sequence[str]]) -> str | None:
    """Return the column of times that belongs to one of dates, as "Opened Time" does to "Opened Date"."""
    dates = samples.get(column, ())
    if not dates or any(":" in _MIDNIGHT.sub("", text) for text in dates):
        return None
    subject = _DATE.sub("", name_key(column))
    return next(
        (
            other
            for other, values in samples.items()
            if values
            and all(map(is_time_of_day, values))
            and (key := name_key(other)) != (rest := _TIME.sub("", key))
            and rest == subject
        ),
        None,
    )
