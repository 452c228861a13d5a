"""Dates as ticket tools export them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from dateutil import parser

_SLASHED = re.compile(r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2,4})\b")
_NUMBER = re.compile(r"^\d{9,13}(\.\d+)?$|^\d{5}(\.\d+)?$")
_EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_EARLIEST, _LATEST = 1970, 2100


@dataclass(frozen=True, slots=True)
class DateReader:
    """Reads moments: one that names no zone is in `zone`; `day_first` decides 3/4/2024."""

    day_first: bool = False
    zone: tzinfo = UTC

    def read(self, text: str) -> datetime | None:
        """The moment in a text, `None` for an empty one.

        Takes ISO 8601, `2024-03-12 10:11:12`, `12/03/2024 10:11`, `12.03.2024`, `12/Mar/24 3:45 PM`, Excel's day
        numbers and Unix seconds or milliseconds. Raises ValueError for anything else.
        """
        text = text.strip()
        if not text:
            return None
        try:
            moment = self._number(text) if _NUMBER.match(text) else self._written(text)
        except (ValueError, OverflowError):
            raise ValueError(f"{text[:40]!r} is not a date that can be read") from None
        if not _EARLIEST <= moment.year <= _LATEST:
            raise ValueError(f"{text[:40]!r} is not between {_EARLIEST} and {_LATEST}")
        return moment.astimezone(UTC)

    def _written(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            dotted = bool(re.match(r"\d{1,2}\.\d{1,2}\.\d{2,4}", text))
            moment = parser.parse(text, dayfirst=self.day_first or dotted)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _number(self, text: str) -> datetime:
        value = float(text)
        if value < 100_000:
            wall = _EXCEL_EPOCH + timedelta(days=value)
            return wall.replace(tzinfo=self.zone)
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, tz=UTC)


def is_day_first(texts: Iterable[str]) -> bool:
    """Whether 3/4/2024 means 3 April in these dates: some first number is over 12, and no second one is."""
    first_over = second_over = False
    for text in texts:
        found = _SLASHED.match(text)
        if found:
            first_over |= int(found[1]) > 12
            second_over |= int(found[2]) > 12
    return first_over and not second_over
