"""ApiKeys: who may call the API and for what; only a digest of each is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Row, insert, select, update

from kb.records.api_key import ApiKey, Scope
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.schema import api_keys
from models.errors import NotFoundError

_PREFIX = "triage"
_USED_SECONDS = 60.0
_LISTS = ("scopes", "groups")


class NoSuchApiKeyError(NotFoundError):
    """There is no such key that still holds."""


class ApiKeys:
    """The keys of a data folder.

    A key is `triage_ID_SECRET` with 256 random bits, so a plain SHA-256 of it is as good as a slow hash: there is
    nothing to guess from a list of common ones.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(
        self, name: str, scopes: Iterable[Scope], *, days: float | None = None, groups: Iterable[str] = ()
    ) -> tuple[ApiKey, str]:
        """Make a key that holds for so many days, or until it is revoked; returns it and, this once, its text."""
        now = datetime.now(UTC)
        key = ApiKey(
            id=secrets.token_hex(6),
            name=name,
            scopes=frozenset(scopes),
            created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
            revoked_at=None,
            last_used_at=None,
            groups=frozenset(groups),
        )
        text = f"{_PREFIX}_{key.id}_{secrets.token_urlsafe(32)}"
        row = {field: getattr(key, field) for field in ApiKey.__dataclass_fields__ if field not in _LISTS}
        row |= {"scopes": sorted(scope.value for scope in key.scopes), "groups": sorted(key.groups)}
        row |= {"digest": _digest(text)}
        with self._database.writing() as connection:
            connection.execute(insert(api_keys).values(row))
        return key, text

    def find(self, text: str) -> ApiKey | None:
        """Return the key with this text, `None` where there is none; record its use once a minute."""
        parts = text.split("_", 2)
        if len(parts) != 3 or parts[0] != _PREFIX:
            return None
        with self._database.reading() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.id == parts[1])).one_or_none()
        if row is None or not hmac.compare_digest(row.digest, _digest(text)):
            return None
        now = datetime.now(UTC)
        if row.last_used_at is None or (now - row.last_used_at).total_seconds() > _USED_SECONDS:
            with self._database.writing() as connection:
                connection.execute(update(api_keys).where(api_keys.c.id == row.id).values(last_used_at=now))
        return _key(row)

    def all(self) -> list[ApiKey]:
        """Return every key, revoked ones too, the oldest first."""
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.created_at))]

    def any_holds(self) -> bool:
        """Return whether any key is valid."""
        now = datetime.now(UTC)
        return any(key.holds(now) for key in self.all())

    def revoke(self, key: str) -> None:
        """Let a key hold no longer; raises NoSuchApiKeyError where it does not hold anyway."""
        with self._database.writing() as connection:
            done = connection.execute(
                update(api_keys)
                .where(api_keys.c.id == key, api_keys.c.revoked_at.is_(None))
                .values(revoked_at=datetime.now(UTC))
            )
            if done.rowcount == 0:
                raise NoSuchApiKeyError(Wording("no key {key} that could be revoked", {"key": str(key)}))


def _key(row: Row[tuple[object, ...]]) -> ApiKey:
    scopes = frozenset(Scope(scope) for scope in row.scopes)
    moments = (row.created_at, row.expires_at, row.revoked_at, row.last_used_at)
    return ApiKey(row.id, row.name, scopes, *moments, groups=frozenset(row.groups))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
