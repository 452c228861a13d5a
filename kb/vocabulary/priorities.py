"""Priorities: what ticket tools and organisations call them, and the levels of priority, impact and urgency."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"\w+")
# "1" and "50", "P2" and "Sev3"
_NUMBERED = re.compile(r"[a-z]{0,3}\d{1,3}")

# "1 - Critical", "P1", "Sev1", "Priority 1" and "Critical (1)", but not "High, within 4h"
_LEVEL = re.compile(r"\s*(?:[^\W\d_]{0,3}|[^\W\d_]+\W{1,2})(\d{1,3})(?![^\W_])")


def level_number(text: str) -> int | None:
    """Return the number of the level that a text names, `None` where it names none."""
    found = _LEVEL.match(text)
    return None if found is None else int(found[1])


def is_level(value: str, wanted: str) -> bool:
    """Return whether a value is the level that somebody wrote: the same text, or 1 for "1 - Critical" and "P1" too."""
    wanted = wanted.strip()
    is_same_number = wanted.isascii() and wanted.isdigit() and level_number(value) == int(wanted)
    return is_same_number or value.strip().casefold() == wanted.casefold()


def is_priority_name(text: str) -> bool:
    """Return whether a text looks like the name of a priority: it has a level, or a word that such names have."""
    words = _WORD.findall(text.casefold())
    return any(word in _words() or _NUMBERED.fullmatch(word) for word in words)


@cache
def _words() -> frozenset[str]:
    content = tomllib.loads((files("kb.vocabulary") / "priorities.toml").read_text(encoding="utf-8"))
    return frozenset(word.casefold() for word in content["words"])
