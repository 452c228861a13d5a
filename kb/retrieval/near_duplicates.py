"""Near-duplicates: texts that differ only in numbers, such as a monitoring mail that comes every hour."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

# share of words that two texts have in common: monitoring mails differ in a host name or two; chosen by hand
ALIKE = 0.9
_NO_LETTERS = re.compile(r"[\W\d_]+")
# fewest letters of a template: several callers may word a shorter note alike
_TEMPLATE_LETTERS = 40
# hits that are compared: bounds the time of a search whose hits are all alike
MOST_READ = 500
_WORD = re.compile(r"[^\W\d_]{2,}")
_WORD_OR_NUMBER = re.compile(r"\w+")
# characters of a text that are read: bounds the time that a pasted log takes
_CHARACTERS_READ = 20_000

Words = frozenset[str]
Hit = TypeVar("Hit")


def word_set(text: str, *, numbers: bool = False) -> Words:
    """Return the words of a text in lower case: those of letters alone, or, with `numbers`, numbers and codes too."""
    return frozenset((_WORD_OR_NUMBER if numbers else _WORD).findall(text[:_CHARACTERS_READ].lower()))


def alike(one: Words, other: Words) -> bool:
    """Return whether 90 % of all words are in both texts (Jaccard); texts without words resemble nothing."""
    if not one or not other or min(len(one), len(other)) < ALIKE * max(len(one), len(other)):
        return False
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)


def collapse(hits: Iterable[Hit], words: Callable[[Hit], Words], limit: int) -> list[tuple[Hit, int]]:
    """Return the first `limit` hits that differ in words, each with its number of near-duplicates.

    Reading stops once that many are found and four times as many hits were read to count the others.
    """
    kept = list[tuple[Hit, Words]]()
    repeats = list[int]()
    for number, hit in enumerate(hits):
        if len(kept) == limit and number >= 4 * limit:
            break
        found = words(hit)
        like = next((place for place, (_, other) in enumerate(kept) if alike(found, other)), None)
        if like is not None:
            repeats[like] += 1
        elif len(kept) < limit:
            kept.append((hit, found))
            repeats.append(0)
    return [(hit, count) for (hit, _), count in zip(kept, repeats, strict=True)]


def template_of(text: str) -> str | None:
    """Return a key shared by texts of one template: a digest of their letters without numbers.

    `None` where there are too few to tell a template from a short note.
    """
    letters = _NO_LETTERS.sub("", text.casefold())
    return hashlib.sha256(letters.encode()).hexdigest()[:16] if len(letters) >= _TEMPLATE_LETTERS else None
