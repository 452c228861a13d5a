"""Resemblance: whether a column's name looks like one that a field is known by."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from kb.vocabulary.column_name import name_key, singular_words

_ALIKE = 0.84  # "Assigned Grp" and "assigned group" are 0.92 alike; "closed by" and "closed at" are 0.75
_SHORTEST_BEGINNING = 3  # "Cat", "Prio" and "Desc" are written for whole words; two letters begin too many
_OTHERWISE = frozenset(
    {"by", "due", "first", "response", "sla", "code", "id", "count", "user", "comment", "comments", "notes"}
)
"""Words that make another thing of a name: "closed by" is no moment, "due date" not when it was opened."""
_LINKING = frozenset({"of", "the", "for", "der", "des", "de", "du", "la", "le", "del", "el"})


def resembles(column: str, names: Iterable[str]) -> bool:
    """Return whether a column's name is nearly one of these: misspelt, shortened, a plural, or the same words."""
    key, words = name_key(column), _telling_words(column)
    return any(_is_like(key, words, name) for name in names) if len(key) >= _SHORTEST_BEGINNING else False


def _is_like(key: str, words: frozenset[str], name: str) -> bool:
    known, known_words = name_key(name), _telling_words(name)
    if (words ^ known_words) & _OTHERWISE:
        return False
    if words == known_words:
        return True
    if len(words) == 1 and len(known_words) == 1 and known.startswith(key):
        return True
    if known_words < words and len(words - known_words) <= len(known_words):
        return True
    matcher = SequenceMatcher(None, key, known)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _telling_words(name: str) -> frozenset[str]:
    words = frozenset(singular_words(name))
    return words - _LINKING or words
