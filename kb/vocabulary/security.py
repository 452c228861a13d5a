"""Security words: what a text says of deceit, loss, intrusion and the like, in four languages."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

# characters of a text that are read: an incident is told at the beginning, and a pasted log takes no time
_MOST_CHARACTERS = 20_000


def security_words(text: str) -> dict[str, str]:
    """Return what a text says that matters for security, each with the words that say it first."""
    folded = _folded(text[:_MOST_CHARACTERS])
    found = {name: pattern.search(folded) for name, pattern in concepts().items()}
    return {name: match[0] for name, match in found.items() if match is not None}


@cache
def concepts() -> Mapping[str, re.Pattern[str]]:
    """Return the patterns of the words, by what they mean."""
    words = tomllib.loads((files("kb.vocabulary") / "security.toml").read_text(encoding="utf-8"))
    return {name: re.compile(rf"(?<!\w)(?:{'|'.join(map(_pattern, listed))})\w*") for name, listed in words.items()}


def _pattern(word: str) -> str:
    return re.escape(word.removesuffix("_")) + (r"(?!\w)" if word.endswith("_") else "")


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in decomposed if not unicodedata.combining(one))
