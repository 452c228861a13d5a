"""Date order: decides from all dates of a file whether 3/4/2024 is the third of April or the fourth of March.

And whether the year of 24-03-12 comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise

from kb.importers.dates import DateReader
from kb.records.advice import Advice
from kb.records.wording import Wording

_SLASHED = re.compile(r"\s*(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})\b")
_MONTHS = 12
# rows whose order in time is checked: one that runs backwards decides, and reading takes 0.1 ms a date
_HISTORIES = 1_000


@dataclass(frozen=True, slots=True)
class DateOrder:
    """Whether the day or the year comes first, and the reason: `None` where nothing in the file decides it.

    `example` is a date that can be read in both orders, `None` where the file has none. `is_mixed` says that some dates
    can only be read in the other order.
    """

    day_first: bool
    reason: str | None = None
    example: str | None = None
    is_mixed: bool = False
    year_first: bool = False

    def reader(self, zone: tzinfo) -> DateReader:
        """Return the reader of dates in this order."""
        return DateReader(self.day_first, zone, self.year_first)

    @property
    def is_told(self) -> bool:
        """Return whether some dates can be read in two ways and the file says in which."""
        return self.example is not None and self.reason is not None and not self.is_mixed

    @property
    def is_doubtful(self) -> bool:
        """Return whether some dates may be read wrongly."""
        return self.reason is None or self.is_mixed

    def __str__(self) -> str:
        order = "year first" if self.year_first else "day first" if self.day_first else "month first"
        if self.reason is None:
            unsaid = "though nothing in the file says so"
            return f"dates such as {self.example} are read {order}, {unsaid}: {Advice.DATE_ORDER}"
        if self.is_mixed:
            return (
                f"dates are read {order}, since {self.reason}, and those that cannot be are left empty: "
                f"{Advice.DATE_ORDER}"
            )
        return f"dates are read {order}, since {self.reason}"


def is_slashed(text: str) -> bool:
    """Return whether a text is a date whose day and month could be told apart only by their order."""
    return _SLASHED.match(text) is not None


def date_order(rows: Iterable[Mapping[str, str]], columns: Sequence[str], chronology: Sequence[str] = ()) -> DateOrder:
    """Return the order of day and month in these columns of a file.

    `chronology` are columns in order of time, such as when an incident was opened and resolved. A first or second
    number over 12 decides; where there is none, the order in which fewer rows run backwards does. Where that does not
    either, the month comes first. Of dates with three numbers of two digits the first is the year where all may be one
    and the last ones vary as days do.
    """
    over = {True: 0, False: 0}
    shown: dict[bool, tuple[str, str]] = {}
    histories = list[list[str]]()
    example: str | None = None
    short = _ShortYears()
    for row in rows:
        for column in columns:
            found = _SLASHED.match(row.get(column, ""))
            if found is None:
                continue
            short.add(found, column)
            first, second = int(found[1]) > _MONTHS, int(found[3]) > _MONTHS
            if first != second:
                over[first] += 1
                shown.setdefault(first, (found[0].strip(), column))
            elif not first and found[1] != found[3]:
                example = example or found[0].strip()
        moments = [text for column in chronology if (text := row.get(column, "").strip())]
        if len(moments) > 1 and len(histories) < _HISTORIES and any(map(is_slashed, moments)):
            histories.append(moments)
    if short.come_first:
        return DateOrder(day_first=False, reason=short.reason, year_first=True)
    if over[True] != over[False]:
        day_first = over[True] > over[False]
        date, column = shown[day_first]
        return DateOrder(
            day_first,
            Wording("{column} has {example}", {"column": column, "example": date}),
            example,
            is_mixed=all(over.values()),
        )
    backwards = {
        order: sum(_runs_backwards(texts, DateReader(order)) for texts in histories) for order in (True, False)
    }
    if backwards[True] != backwards[False]:
        day_first = backwards[True] < backwards[False]
        return DateOrder(day_first, Wording("incidents would be resolved before they were opened otherwise"), example)
    return DateOrder(
        day_first=False, reason=None if example else Wording("no date can be read in two ways"), example=example
    )


def _runs_backwards(texts: Sequence[str], reader: DateReader) -> bool:
    try:
        moments = [moment for text in texts if (moment := reader.read(text)) is not None]
    except ValueError:
        return False
    days = [moment.date() for moment in moments]  # one of them may have no time of day
    return any(later < earlier for earlier, later in pairwise(days))


class _ShortYears:
    """Dates whose numbers all have two digits, and whether their years come first, as in 24-03-12."""

    def __init__(self) -> None:
        self.reason = ""
        self._first, self._last = set[int](), set[int]()

    def add(self, found: re.Match[str], column: str) -> None:
        """Add a date, unless it has a year of four digits."""
        if len(found[4]) == 2:
            self._first.add(int(found[1]))
            self._last.add(int(found[4]))
            self.reason = self.reason or Wording(
                "{column} has {example}", {"column": column, "example": found[0].strip()}
            )

    @property
    def come_first(self) -> bool:
        """Return whether all first numbers are years that have been, and the last ones years to come or many days."""
        this_year = datetime.now(UTC).year % 100
        if not self._first or min(self._first) <= _MONTHS or max(self._first) > this_year:
            return False
        return max(self._last) > this_year or _spread(self._last) > _spread(self._first)


def _spread(numbers: set[int]) -> int:
    return max(numbers) - min(numbers)
