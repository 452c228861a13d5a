"""Word lists: the files of words beside the modules that use them."""

from __future__ import annotations

import tomllib
from importlib.resources import files


def words_of(name: str) -> frozenset[str]:
    """Return the words of all groups of a file of this package."""
    content = tomllib.loads((files("kb.reading") / name).read_text(encoding="utf-8"))
    return frozenset(word for group in content.values() for word in group.split())
