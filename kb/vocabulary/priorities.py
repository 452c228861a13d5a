"""Priorities: what ticket tools and organisations call them."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"\w+")
# "1" and "50", "P2" and "Sev3"
_NUMBERED = re.compile(r"[a-z]{0,3}\d{1,3}")


def is_priority_name(text: str) -> bool:
    """Return whether a text looks like the name of a priority: it has a level, or a word that such names have."""
    words = _WORD.findall(text.casefold())
    return any(word in _words() or _NUMBERED.fullmatch(word) for word in words)


@cache
def _words() -> frozenset[str]:
    content = tomllib.loads((files("kb.vocabulary") / "priorities.toml").read_text(encoding="utf-8"))
    return frozenset(word.casefold() for word in content["words"])
