"""Word lists: the files of words and phrases beside the modules that use them."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def read_word_list(name: str) -> frozenset[str]:
    """Return the words of all groups of a file of this package."""
    return frozenset(word for group in _content(name).values() for word in group.split())


def read_phrases(name: str, *sections: str) -> str:
    """Return an expression that matches any phrase in these sections of a file of this package, in every language."""
    content = _content(name)
    return "|".join(phrase for section in sections for phrases in content[section].values() for phrase in phrases)


def _content(name: str) -> dict[str, Any]:
    return tomllib.loads((files("kb.reading") / name).read_text(encoding="utf-8"))
