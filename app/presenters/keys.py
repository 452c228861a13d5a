"""API keys as views."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from app.schemas.keys import KeyView, NewKeyView
from kb.records.api_key import ApiKey


def key_view(key: ApiKey, now: datetime) -> KeyView:
    """Return the view of a key as of a moment."""
    return KeyView(
        **{**asdict(key), "scopes": sorted(key.scopes), "groups": sorted(key.groups), "holds": key.holds(now)}
    )


def new_key_view(key: ApiKey, text: str) -> NewKeyView:
    """Return the view of a key that was just made, with its text."""
    return NewKeyView(**key_view(key, key.created_at).model_dump(), key=text)
