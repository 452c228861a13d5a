"""Date words: the names of months, days and time zones that stand in dates, as data."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class DateWords:
    """Months by their names, words that say nothing, zones by their abbreviations, and whose an ambiguous one is.

    All names are plain: in lower case and without accents.
    """

    months: Mapping[str, int]
    fillers: frozenset[str]
    zones: Mapping[str, timezone]
    ambiguous: Mapping[str, str]


@cache
def read_date_words() -> DateWords:
    """Return the words of dates in all languages."""
    content = tomllib.loads((files("kb.vocabulary") / "date_words.toml").read_text(encoding="utf-8"))
    return DateWords(
        months={plain_word(name): int(month) for month, names in content["months"].items() for name in names},
        fillers=frozenset(map(plain_word, content["fillers"]["words"])),
        zones={name: timezone(timedelta(minutes=minutes)) for name, minutes in content["zones"].items()},
        ambiguous=content["ambiguous"],
    )


def plain_word(word: str) -> str:
    """Return a word in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
