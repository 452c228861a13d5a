"""Wordings as views."""

from __future__ import annotations

from app.schemas.wordings import WordingView
from kb.records.wording import Wording


def wording_view(text: str | None) -> WordingView | None:
    """Return the parts of a text, `None` of one that has none."""
    return WordingView(**text.as_json()) if isinstance(text, Wording) else None
