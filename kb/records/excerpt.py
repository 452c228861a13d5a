"""Excerpt: the beginning of a text, as it stands in a list."""

from __future__ import annotations

EXCERPT_LIMIT = 300
"""Characters that a result of a search shows: about three lines."""
_HEADLINE_LIMIT = 100


def excerpt(text: str, limit: int = EXCERPT_LIMIT) -> str:
    """Return the beginning of a text on one line, at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def headline(short_description: str, description: str) -> str:
    """Return what an incident is called: its short description, or the beginning of its description."""
    return short_description or excerpt(description, _HEADLINE_LIMIT)
