"""Nothing: values, texts and moments that mean that there is none."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files

from kb.vocabulary.date_words import plain_word

# signs that people and tools put around such a value, or in its place: "-Keine-", "<none>", "..."
_SIGNS = " \t\r\n\u00a0-_.\u2013\u2014/*()[]<>{}?!:|\u2026"

_ITEM = re.compile(r"^\s*\d{1,2}[.)]\s+")  # what numbers an item of a list

# characters of such a value at most: longer ones need not be looked at
_LONGEST = 32
# values whose meaning is kept: those of labels come again and again
_VALUES_KEPT = 8192

# what databases store where there is no date: MySQL, .NET, SQL Server, PostgreSQL, Excel
_NO_DAYS = frozenset({
    date(1, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(9999, 12, 31),
})  # fmt: skip
_ZEROS = re.compile(r"0+|(?:0000([-/.])00?\1|00?([-/.])00?\2)0{1,4}(?:[T ][0:.]+Z?)?")
# zero as a Unix time is midnight of this day in UTC, and up to 14 hours later or 12 earlier on the clocks of a place
_EPOCH, _FARTHEST_ZONE = datetime(1970, 1, 1, tzinfo=UTC), timedelta(hours=14)


def is_nothing(value: str) -> bool:
    """Return whether the value of a label, a date or a count means that there is none: `N/A`, `-`, `keine`."""
    return len(value) <= _LONGEST and _is_nothing(value)


@lru_cache(maxsize=_VALUES_KEPT)
def _is_nothing(value: str) -> bool:
    bare = _bare(value)
    return not bare or bare in _listed("values")


def something(value: str) -> str:
    """Return a value, empty where it means that there is none."""
    return "" if is_nothing(value) else value


def is_unwritten(text: str) -> bool:
    """Return whether a text has only words that stand in for one: `N/A`, `TBD`, `folgt`."""
    lines = (_ITEM.sub("", line) for line in text.splitlines())
    return all(is_nothing(line) or _bare(line[: _LONGEST + 1]) in _listed("unwritten") for line in lines)


def is_no_date(text: str) -> bool:
    """Return whether a text means that there is no date: `never`, `0`, `0000-00-00 00:00:00`."""
    return is_nothing(text) or _ZEROS.fullmatch(text.strip()) is not None


def is_no_moment(moment: datetime) -> bool:
    """Return whether a moment is what programs store where there is none, such as the first of 1970.

    A moment without a zone is in UTC.
    """
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return known.date() in _NO_DAYS or abs(known - _EPOCH) <= _FARTHEST_ZONE


def _bare(value: str) -> str:
    return " ".join(plain_word(value).split()).strip(_SIGNS)


@cache
def _listed(name: str) -> frozenset[str]:
    content = tomllib.loads((files("kb.vocabulary") / "nothing.toml").read_text(encoding="utf-8"))
    return frozenset(map(_bare, content[name]))
