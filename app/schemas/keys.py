"""API keys: who may call the API and for what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.field_types import Key
from kb.records.api_key import Scope

_MOST_DAYS = 36_500


class KeyBody(BaseModel):
    """The name and scopes of a key, and the days that it is valid; without `days`, until it is revoked."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "portal", "scopes": ["suggest"], "days": 365}}
    )

    name: Key
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))] = [Scope.SUGGEST]
    days: Annotated[float, Field(gt=0, le=_MOST_DAYS)] | None = None
    groups: Annotated[list[Key], Field(max_length=100)] = Field(
        default_factory=list, description="Named groups whose restricted incidents the key may read."
    )


class KeyView(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    groups: list[str] = Field(default_factory=list)
    holds: bool = Field(description="Whether it is valid: neither revoked nor expired.")


class NewKeyView(KeyView):
    """A key with its text, which is shown only once."""

    key: str


class KeysView(BaseModel):
    """Every key, revoked ones too, the oldest first."""

    keys: list[KeyView]
