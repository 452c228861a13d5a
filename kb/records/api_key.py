"""API key: for whom and for what it opens the API, without its secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a key opens: asking for suggestions, writing records, curating articles, or keeping the desk."""

    SUGGEST = "suggest"
    WRITE = "write"
    KNOWLEDGE = "knowledge"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret: for whom, for what, since and until when it holds, and in which named groups it is."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    groups: frozenset[str] = frozenset()

    def holds(self, now: datetime) -> bool:
        """Return whether it was neither revoked nor has run out."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def opens(self, scope: Scope) -> bool:
        """Return whether it is for this; a key of the scope admin is for everything."""
        return scope in self.scopes or Scope.ADMIN in self.scopes
