"""Words: runs of characters that nobody reads, such as keys, hashes and encoded files."""

from __future__ import annotations

import re

# No word, product or error code is as long; hashes begin with 32 characters, keys and encoded files are longer.
_LONG = re.compile(r"[0-9A-Fa-f]{32,}|[A-Za-z0-9]{40,}|[A-Za-z0-9+/=]{80,}")
# Anything else without a space, such as an address of a page, tells by its beginning. Writing without spaces
# between words, such as Chinese, is no such run.
_UNBROKEN = re.compile(r"([!-~]{160})[!-~]+")


def without_long_words(text: str) -> str:
    """Return a text without runs of letters and digits that are no words; an unbroken one is cut."""
    return _UNBROKEN.sub(r"\1", _LONG.sub(" ", text))
