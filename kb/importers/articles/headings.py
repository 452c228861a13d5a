"""Headings: which part of an article a heading begins, in the languages and styles of `headings.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from kb.records.article import KCS_SECTIONS
from kb.records.markdown import inline_text
from kb.vocabulary.column_name import name_key

FURTHER_PART = "further"
"""The part begun by a known heading that names no KCS section, such as *See also*."""

_LABEL_LIMIT = 100
_PRECEDENCE = ("resolution", "workaround", "issue", "cause", "environment")
_ATTRIBUTES = re.compile(r"\s*\{[#:.][^{}]*\}\s*$")
_SHORT_CODE = re.compile(r":[a-z0-9_+-]+:(?=\s|$)|(?<!\S):[a-z0-9_+-]+:")
_NUMBERING = r"(?:\d+(?:\.\d+)*|[ivx]+|[a-z])[.):\-\u2013\u2014]+\s*|\d+(?:\.\d+)*\s+"
_QUALIFIER = re.compile(r"\s*[(\[].*$|\s*[:/|].*$|\s+[-\u2013\u2014]\s.*$")
_COUNTED = re.compile(r"\s*(?:#\s*)?(?:\d+|\b[ivx]+|\b[a-z])$")
_SUBJECT = re.compile(r":\s|\s[-\u2013\u2014]\s")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def section_named(text: str) -> str | None:
    """Return the KCS section, or FURTHER_PART, whose usual name is exactly this text; `None` for others."""
    return _vocabulary().names.get(_plain(text))


def section_headed(text: str) -> str | None:
    """Return the KCS section, or FURTHER_PART, that a heading begins: by its name, or by a sentence with it."""
    known, plain = _vocabulary(), _plain(text)
    if (section := known.names.get(plain)) is not None:
        return section
    lowered = " ".join(inline_text(text).casefold().split())
    for candidate in dict.fromkeys((_COUNTED.sub("", plain), _EDGES.sub("", _QUALIFIER.sub("", lowered)), plain)):
        bare = _COUNTED.sub("", _plain(candidate))
        section = known.names.get(bare) or known.of_several(bare) or known.of_sentence(bare)
        if section is not None:
            return section
    return None


def has_subject(text: str) -> bool:
    """Return whether a heading says more than the name of a section, as "Solution for Windows" does."""
    plain = _plain(text)
    return section_named(text) is None and (_SUBJECT.search(plain) or _vocabulary().names_a_part(plain)) is not None


def section_of_key(key: str) -> str | None:
    """Return the KCS section whose usual name as a column has this key."""
    return _vocabulary().keys.get(key)


class _Vocabulary:
    """The words of `headings.toml`: `names` is the section of each usual name."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        sections = (*KCS_SECTIONS, FURTHER_PART)
        languages = [entry for key, entry in content.items() if isinstance(entry, dict) and key != "patterns"]
        self.names: dict[str, str] = {}
        for section in sections:
            for language in languages:
                for name in language.get(section, ()):
                    self.names.setdefault(name.casefold(), section)
        self.keys = {name_key(name): section for name, section in self.names.items() if section in KCS_SECTIONS}
        self._patterns = [
            (section, re.compile("|".join(f"(?:{pattern})" for pattern in content["patterns"][section])))
            for section in ("cause", "workaround", "resolution", "environment", "issue")
        ]
        self.leading = re.compile(
            rf"^(?:(?:(?:{_any(content['counters'])})\s*)?(?:{_NUMBERING}))?(?:(?:{_any(content['articles'])})\s+)?"
        )
        self._preposition = re.compile(rf"^(.+?)\s(?:{_any(content['prepositions'])})\s")
        self._conjunction = re.compile(rf"\s*[/&+,]\s*|\s(?:{_any(content['conjunctions'])})\s")

    def of_several(self, heading: str) -> str | None:
        """Return the section of "Cause and solution": solutions come first, since people look for them."""
        parts = [self.names.get(part.strip()) for part in self._conjunction.split(heading)]
        known = [part for part in parts if part in KCS_SECTIONS]
        if len(parts) < 2 or parts[0] is None:
            return None
        return min(known, key=_PRECEDENCE.index) if known else FURTHER_PART

    def of_sentence(self, heading: str) -> str | None:
        """Return the section of "Solution for Windows" or "How do I fix this?"."""
        for section, pattern in self._patterns:
            if pattern.fullmatch(heading):
                return section
        return self.names_a_part(heading)

    def names_a_part(self, heading: str) -> str | None:
        """Return the section whose name stands before a preposition."""
        before = self._preposition.match(heading)
        return self.names.get(_COUNTED.sub("", before[1])) if before else None


@cache
def _vocabulary() -> _Vocabulary:
    return _Vocabulary(tomllib.loads((files(__package__) / "headings.toml").read_text(encoding="utf-8")))


def _plain(text: str) -> str:
    """Return a heading for comparison: its words in lower case, without marks, numbering, emoji and attributes."""
    if len(text) > 2 * _LABEL_LIMIT:
        return ""
    words = unicodedata.normalize("NFKC", inline_text(_ATTRIBUTES.sub("", text.strip())))
    words = _SHORT_CODE.sub(" ", words.replace("\u2019", "'").casefold())
    words = _EDGES.sub("", " ".join(words.split()))
    bare = _vocabulary().leading.sub("", words)
    return bare or words


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
