"""Details: what people say about a fault beside what is broken, such as the error message and since when."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Detail(StrEnum):
    """A detail of what happened."""

    ERROR_MESSAGE = "error_message"
    SINCE_WHEN = "since_when"
    WHO_ELSE = "who_else"
    WHAT_CHANGED = "what_changed"


def details_in(sentence: str) -> frozenset[Detail]:
    """Return the details that a sentence gives, by its words; English, German, French and Spanish."""
    return frozenset(detail for detail, words in _words().items() if words.search(sentence))


@cache
def _words() -> dict[Detail, re.Pattern[str]]:
    content = tomllib.loads((files("kb.vocabulary") / "details.toml").read_text(encoding="utf-8"))
    return {
        detail: re.compile(rf"\b(?:{'|'.join(map(re.escape, content[detail.value]))})\b", re.IGNORECASE)
        for detail in Detail
    }
