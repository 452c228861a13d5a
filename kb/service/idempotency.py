"""Idempotency: the answer to a request is kept under its key, so that a repeated one changes nothing.

Rules as in the IETF draft "The Idempotency-Key HTTP Header Field": another request under a used key, and a repetition
while the first is still being answered, are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from kb.storage.database import Database
from kb.storage.kept_answers import names_restricted
from kb.storage.schema import idempotent_answers
from models.errors import ConflictError

_KEPT = timedelta(hours=24)
_ABANDONED = timedelta(minutes=5)


class IdempotencyKeyReusedError(ConflictError):
    """The key was used for another request."""


class StillAnsweringError(ConflictError):
    """The first request under this key has no answer yet."""


class SecretShownOnceError(ConflictError):
    """The request under this key was answered with a secret, which is not kept."""


@dataclass(frozen=True, slots=True)
class RepeatableRequest:
    """A request: digest of who sends it, its key, a digest of what it asks, and the address that it calls."""

    caller: str
    key: str
    asked: str
    address: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Idempotency:
    """Answers of the last day, by caller and key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, request: RepeatableRequest) -> KeptAnswer | None:
        """Return the stored answer, or `None` for a first request: then it must `finish` or `give_up`.

        Raises IdempotencyKeyReusedError and StillAnsweringError. A request whose process was killed before it answered
        is forgotten after five minutes.
        """
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            row = connection.execute(select(idempotent_answers).where(_is(request))).one_or_none()
            if row is not None and now - row.at >= (_ABANDONED if row.status is None else _KEPT):
                connection.execute(delete(idempotent_answers).where(_is(request)))
                row = None
            if row is None:
                values = {"caller": request.caller, "key": request.key, "request": request.asked}
                empty = {"headers": {}, "body": b"", "address": request.address, "at": now}
                connection.execute(insert(idempotent_answers).values({**values, **empty}))
                return None
        if row.request != request.asked:
            raise IdempotencyKeyReusedError(
                f"Idempotency-Key {request.key} was used for another request: choose a new one"
            )
        if row.status is None:
            raise StillAnsweringError(f"the request under Idempotency-Key {request.key} is still being answered")
        return KeptAnswer(row.status, row.headers, row.body)

    def finish(self, request: RepeatableRequest, answer: KeptAnswer) -> None:
        """Keep what was answered, unless it names an incident that only few may see."""
        values = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
        with self._database.writing() as connection:
            if names_restricted(connection, request.address, answer.body):
                self.give_up(request)
            else:
                connection.execute(update(idempotent_answers).where(_is(request)).values(values))

    def give_up(self, request: RepeatableRequest) -> None:
        """Forget a request that changed nothing, so that it can be sent again under its key."""
        with self._database.writing() as connection:
            connection.execute(delete(idempotent_answers).where(_is(request)))

    def forget_old(self) -> None:
        """Forget answers that are older than a day."""
        with self._database.writing() as connection:
            connection.execute(delete(idempotent_answers).where(idempotent_answers.c.at < datetime.now(UTC) - _KEPT))


def _is(request: RepeatableRequest) -> ColumnElement[bool]:
    return and_(idempotent_answers.c.caller == request.caller, idempotent_answers.c.key == request.key)
