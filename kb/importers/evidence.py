"""Evidence: whether the values of a column fit a field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from statistics import mean

from kb.importers.dates import DateReader
from kb.importers.tables import Row
from kb.records.columns import Fit
from kb.records.fields import Field, FieldKind
from kb.records.rejects import Reject
from kb.vocabulary.column_name import name_key
from kb.vocabulary.tool import read_plain_words

_LONGEST_LABEL = 120  # average characters: labels are names, longer values are prose
_OUTCOMES = 0.5  # share of values that say only that something was resolved: tools have further ones of their own
_CHOICES = 20  # entries of a list to choose an outcome from; Jira's has five to begin with
_USES = 4  # of each such entry on average; agents write the same notes less often
_CHOICE_WORDS = 3  # of such an entry on average: "Resolved by caller"
_READABLE = 0.5  # share of values that must be dates or counts: some cells of real exports are damaged
_COUNT = re.compile(r"\d{1,9}(?:[.,]0+)?|true|false|yes|no", re.IGNORECASE)
_FEWEST_DIGITS = 3  # of a moment: 4 Mar 24
_CLOCK = re.compile(r"\d{1,2}:\d{2}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_HALF_OR_HOUR = r"\s*(?:[ap]\.?m\.?|uhr|h)"
_TIME_OF_DAY = re.compile(
    rf"\d{{1,2}}[:h]\d{{2}}(?::\d{{2}}(?:\.\d+)?)?(?:{_HALF_OR_HOUR})?|\d{{1,2}}(?:\.\d{{2}})?{_HALF_OR_HOUR}",
    re.IGNORECASE,
)
_WRITTEN_MOMENT = re.compile(rf"\W*(?:{_CLOCK.pattern})[\d\s:/.,TZ+\-APMapm]*")


_ROWS = 1_000  # enough that a column whose first cells are empty shows what it holds; read in a few milliseconds
_LONGEST = 200  # characters kept of a value: whether it is prose, a date or a label shows by then


@dataclass(frozen=True, slots=True)
class ColumnSamples:
    """The columns of a file with the first values of each that are not empty."""

    values: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, rows: Iterable[Row | Reject]) -> ColumnSamples:
        """Collect the values of the first rows; records of JSON need not all have the same columns."""
        values = dict[str, list[str]]()
        for row in islice((row for row in rows if isinstance(row, Row)), _ROWS):
            for column, text in row.values.items():
                found = values.setdefault(column, [])
                if text.strip():
                    found.append(text.strip()[:_LONGEST])
        return cls(values)

    def fit(self, field: Field, column: str) -> Fit:
        """Return whether the values of a column fit a field."""
        values = self.values.get(column, ())
        if not values:
            return Fit.EMPTY
        fits = _are_resolutions if field.name == "resolution" else _FITS[field.kind]
        return Fit.FITS if fits(values) else Fit.UNFIT


def _are_moments(values: Sequence[str]) -> bool:
    return any(map(_is_moment, values))


def is_time_of_day(text: str) -> bool:
    """Return whether a text is a time without a date."""
    return _TIME_OF_DAY.fullmatch(text.strip()) is not None


def _is_moment(text: str) -> bool:
    if is_time_of_day(text):
        return False
    if _CLOCK.search(text):
        return True
    try:
        return sum(map(str.isdigit, text)) >= _FEWEST_DIGITS and DateReader().read(text) is not None
    except ValueError:
        return False


def _are_counts(values: Sequence[str]) -> bool:
    return _share(values, _COUNT.fullmatch) >= _READABLE


def _are_labels(values: Sequence[str]) -> bool:
    return mean(map(len, values)) <= _LONGEST_LABEL and not _are_written_moments(values)


def _are_keys(values: Sequence[str]) -> bool:
    """Return whether values name incidents: all different, or with a digit, and not moments."""
    is_unique = len(set(values)) == len(values)
    return (is_unique or _share(values, re.compile(r"\d").search) >= _READABLE) and _are_labels(values)


def _are_texts(values: Sequence[str]) -> bool:
    has_word = re.compile(r"[^\W\d_]{2}").search
    return _share(values, has_word) >= _READABLE and not _are_written_moments(values)


def _are_links(values: Sequence[str]) -> bool:
    """Return whether values may name articles: they are no objects, such as messages, and no texts of several lines."""
    return not any(text.startswith(("{", "[")) or "\n" in text for text in values)


def _are_resolutions(values: Sequence[str]) -> bool:
    """Return whether values say how something was resolved, not only that it was, as "Done" and codes do."""
    return (
        _are_texts(values)
        and _share(values, lambda text: name_key(text) in _outcomes()) < _OUTCOMES
        and not _are_chosen(values)
    )


def _are_chosen(values: Sequence[str]) -> bool:
    """Return whether values are the few entries of a list, each chosen again and again."""
    entries = set(values)
    is_small = len(entries) <= _CHOICES and len(entries) * _USES <= len(values)
    return is_small and mean(len(entry.split()) for entry in entries) <= _CHOICE_WORDS


@cache
def _outcomes() -> frozenset[str]:
    return frozenset(map(name_key, read_plain_words().outcomes))


def _are_written_moments(values: Sequence[str]) -> bool:
    """Return whether values are dates with separators or a time, unlike any label or text."""
    return _share(values, _WRITTEN_MOMENT.fullmatch) >= _READABLE


def _share(values: Sequence[str], test: Callable[[str], object]) -> float:
    return mean(bool(test(text)) for text in values)


_FITS: Mapping[FieldKind, Callable[[Sequence[str]], bool]] = {
    FieldKind.KEY: _are_keys,
    FieldKind.TEXT: _are_texts,
    FieldKind.LABEL: _are_labels,
    FieldKind.STATE: _are_labels,
    FieldKind.INSTANT: _are_moments,
    FieldKind.COUNT: _are_counts,
    FieldKind.LINKS: _are_links,
}
