"""Notifications: an outbox of what people are told, from the act that causes it until it is sent or given up.

A mail is sent by one process at a time, which claims it first. The claim is kept again right before the last line of
the mail, which alone makes the mail server responsible for it (RFC 5321, 4.2.5): what was broken off before that line
is sent anew without telling anybody twice. Only between that line and its answer nobody can know whether the mail
arrived; it is then sent again under the same Message-ID, by which mail servers recognise it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, not_, or_, select, update

from kb.practice.calendar import LATEST, Calendar, moment_of, second_of
from kb.records.notification import (
    OF_TIME,
    Audience,
    Channel,
    NewNotification,
    Notification,
    NotificationEvent,
    NotificationState,
    Recipient,
)
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.incident_rows import by_key
from kb.storage.schema import incidents, notifications
from kb.vocabulary.stage import OPEN
from models.errors import ConflictError, NotFoundError

# Longer than a mail takes with the timeouts of its connection; a claim is renewed before the last line.
LEASE = timedelta(minutes=5)
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
_HELD = (NotificationState.SENDING.value, NotificationState.HANDED_OVER.value)
# Due notifications that are looked at for one that may be sent now.
_LOOKED_AT = 200
_KEYS = select(notifications.c.key)
_OPEN_STAGES = frozenset(stage.value for stage in OPEN)


class NoSuchNotificationError(NotFoundError):
    """There is no such notification."""


class NotificationUnderwayError(ConflictError):
    """A notification is being sent, or has arrived, so that it cannot be sent again."""


class Notifications:
    """What people are told, of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Sequence[NewNotification]) -> int:
        """Put notifications on their way within the act that is under way; returns how many were not there before.

        One that has no address is given up at once, and says so.
        """
        if not new:
            return 0
        keyed = {_key(one): one for one in new}
        with self._database.reading() as connection:  # most are known, and need not wait for other writers
            known = {row.key for row in by_key(connection, _KEYS, notifications.c.key, list(keyed))}
        keyed = {key: one for key, one in keyed.items() if key not in known}
        if not keyed:
            return 0
        with self._database.writing() as connection:
            for row in by_key(connection, _KEYS, notifications.c.key, list(keyed)):
                del keyed[row.key]
            rows = list[dict[str, Any]]()
            digests: dict[str, datetime] = {}
            for key, one in keyed.items():
                rows.append(_row(key, one, _digest_opening(connection, one, digests)))
            if rows:
                connection.execute(insert(notifications), rows)
        return len(rows)

    def claim(self, holder: str, calendars: Mapping[str, Calendar], now: datetime) -> list[Notification]:
        """Return the notifications of the next message that is due, which only the caller may send then.

        Those outside their hours wait for the next opening; those that are no news any more are dropped.
        """
        due = _due(now)
        order = (notifications.c.urgent.desc(), notifications.c.next_at, notifications.c.id)
        query = select(notifications).where(due).order_by(*order).limit(_LOOKED_AT)
        with self._database.reading() as connection:
            if connection.execute(query).first() is None:
                return []
        with self._database.writing() as connection:
            for row in connection.execute(query).all():
                if _is_stale(connection, row):
                    _set(connection, [row.id], state=NotificationState.DROPPED, last_error="the incident is over")
                elif (opening := _opening(row, calendars, now)) > now:
                    _set(connection, [row.id], next_at=opening, state=NotificationState.WAITING, lease_until=None)
                else:
                    return _claimed(connection, row, holder, now)
        return []

    def hand_over(self, claim: str) -> bool:
        """Note that the last line of a message follows; where this returns False, the claim is lost and it must not."""
        return self._note(claim, state=NotificationState.HANDED_OVER, lease_until=datetime.now(UTC) + LEASE)

    def sent(self, claim: str) -> None:
        """Note that a message arrived."""
        self._note(claim, state=NotificationState.SENT, sent_at=datetime.now(UTC), last_error=None, **_RELEASED)

    def failed(self, claim: str, error: str, *, for_good: bool = False) -> None:
        """Note that an attempt failed; the next one follows after a pause, none where it failed for good."""
        with self._database.writing() as connection:
            query = select(notifications).where(notifications.c.claim == claim, notifications.c.state.in_(_HELD))
            for row in connection.execute(query).all():
                is_last = for_good or row.attempts > len(_PAUSES)
                pause = _PAUSES[min(max(row.attempts, 1), len(_PAUSES)) - 1]
                _set(
                    connection,
                    [row.id],
                    state=NotificationState.FAILED if is_last else NotificationState.WAITING,
                    next_at=datetime.now(UTC) + pause,
                    last_error=error[:500],
                    **_RELEASED,
                )

    def take_back(self, holder: str) -> None:
        """Let what a holder that has ended left unfinished be sent at once."""
        with self._database.writing() as connection:
            held = (notifications.c.holder == holder, notifications.c.state.in_(_HELD))
            connection.execute(update(notifications).where(*held).values(lease_until=datetime.now(UTC)))

    def get(self, key: str) -> Notification:
        """Return the notification with this id; raises NoSuchNotificationError."""
        with self._database.reading() as connection:
            row = connection.execute(select(notifications).where(notifications.c.id == key)).one_or_none()
        if row is None:
            raise NoSuchNotificationError(Wording("no notification {key}", {"key": str(key)}))
        return _notification(row)

    def all(
        self, *, state: NotificationState | None = None, number: str | None = None, limit: int
    ) -> list[Notification]:
        """Return the newest notifications, in one state or of one incident where those are named."""
        query = select(notifications).order_by(notifications.c.created_at.desc(), notifications.c.id).limit(limit)
        if state is not None:
            query = query.where(notifications.c.state == state.value)
        if number is not None:
            query = query.where(notifications.c.number == number)
        with self._database.reading() as connection:
            return [_notification(row) for row in connection.execute(query)]

    def counts(self) -> dict[NotificationState, int]:
        """Return how many notifications are in each state."""
        query = select(notifications.c.state, func.count()).group_by(notifications.c.state)
        with self._database.reading() as connection:
            return {NotificationState(state): count for state, count in connection.execute(query)}

    def send_again(self, key: str, address: str | None) -> Notification:
        """Let a notification that was given up or dropped be sent anew, to its address as it is now.

        Raises NoSuchNotificationError and NotificationUnderwayError.
        """
        with self._database.writing() as connection:
            found = self.get(key)
            if found.state not in (NotificationState.FAILED, NotificationState.DROPPED):
                raise NotificationUnderwayError(
                    Wording("notification {key} is {state}", {"key": str(key), "state": found.state.value})
                )
            if address is None and found.channel is Channel.MAIL:
                raise ConflictError(
                    Wording("{name} has no mail address; add it to practice.yaml", {"name": found.recipient.name})
                )
            _set(
                connection,
                [key],
                state=NotificationState.WAITING,
                attempts=0,
                next_at=datetime.now(UTC),
                address=address,
                last_error=None,
            )
            return self.get(key)

    def to_escalate(self, now: datetime, *, limit: int = 100) -> list[Notification]:
        """Return the notifications that nobody may have answered in time."""
        query = select(notifications).where(notifications.c.escalate_at <= now).order_by(notifications.c.escalate_at)
        with self._database.reading() as connection:
            return [_notification(row) for row in connection.execute(query.limit(limit))]

    def escalated(self, key: str, following: Sequence[NewNotification]) -> None:
        """Note that a notification needs no further look, and tell those who are next, in one act."""
        with self._database.writing() as connection:
            _set(connection, [key], escalate_at=None)
            self.add(following)

    def clear_old(self, age: timedelta) -> None:
        """Forget notifications that were sent or dropped longer ago than this.

        Those that time caused stay while their incident is open: without them it would be told again.
        """
        of_time = notifications.c.event.in_([event.value for event in OF_TIME])
        still_open = notifications.c.number.in_(select(incidents.c.number).where(incidents.c.stage.in_(OPEN)))
        over = (NotificationState.SENT.value, NotificationState.DROPPED.value)
        old = notifications.c.created_at < datetime.now(UTC) - age
        with self._database.writing() as connection:
            where = (notifications.c.state.in_(over), old, notifications.c.escalate_at.is_(None))
            connection.execute(delete(notifications).where(*where, not_(and_(of_time, still_open))))

    def _note(self, held_by: str, **values: Any) -> bool:
        held = (notifications.c.claim == held_by, notifications.c.state.in_(_HELD))
        with self._database.writing() as connection:
            return connection.execute(update(notifications).where(*held).values(_plain(values))).rowcount > 0


_RELEASED: Mapping[str, Any] = {"claim": None, "holder": None, "lease_until": None}


def _due(now: datetime) -> ColumnElement[bool]:
    waits = and_(notifications.c.state == NotificationState.WAITING.value, notifications.c.next_at <= now)
    left = and_(notifications.c.state.in_(_HELD), notifications.c.lease_until <= now)
    return or_(waits, left)


def _claimed(connection: Connection, row: Row[Any], holder: str, now: datetime) -> list[Notification]:
    """Claim the message of a row: all that it was tried with before, else all of its digest that are due."""
    found = [row]
    if row.message is not None:
        found = list(connection.execute(select(notifications).where(notifications.c.message == row.message, _due(now))))
    elif row.digest is not None:
        fresh = (notifications.c.digest == row.digest, notifications.c.message.is_(None), _due(now))
        collected = connection.execute(select(notifications).where(*fresh).order_by(notifications.c.created_at)).all()
        found = [one for one in collected if not _is_stale(connection, one)]
    message, claim = row.message or f"ntf_{secrets.token_hex(12)}", secrets.token_hex(16)
    values = {"state": NotificationState.SENDING, "message": message, "claim": claim, "holder": holder}
    _set(connection, [one.id for one in found], **values, lease_until=now + LEASE, attempts=row.attempts + 1)
    held = {"state": NotificationState.SENDING, "message": message, "claim": claim, "attempts": row.attempts + 1}
    return [replace(_notification(one), **held) for one in found]


def _is_stale(connection: Connection, row: Row[Any]) -> bool:
    """Return whether time caused a notification, and its incident is over or gone."""
    if NotificationEvent(row.event) not in OF_TIME or row.state != NotificationState.WAITING.value:
        return False
    stage = connection.execute(select(incidents.c.stage).where(incidents.c.number == row.number)).scalar_one_or_none()
    return stage is None or stage.value not in _OPEN_STAGES


def _opening(row: Row[Any], calendars: Mapping[str, Calendar], now: datetime) -> datetime:
    calendar = None if row.urgent or row.calendar is None else calendars.get(row.calendar)
    if calendar is None:
        return now
    second = second_of(now)
    opens = calendar.after(second, 0)
    return now if opens == second else moment_of(LATEST if opens is None else opens)


def _digest_opening(connection: Connection, new: NewNotification, known: dict[str, datetime]) -> datetime:
    """Return when a notification is due: with the first of its digest that waits."""
    digest = _digest(new)
    if digest is None:
        return new.next_at
    if digest not in known:
        waiting = (notifications.c.digest == digest, notifications.c.state == NotificationState.WAITING.value)
        query = select(func.min(notifications.c.next_at)).where(*waiting, notifications.c.message.is_(None))
        first = connection.execute(query).scalar_one()
        known[digest] = new.next_at if first is None else first
    return known[digest]


def _digest(new: NewNotification) -> str | None:
    if new.digest is None:
        return None
    said = (new.channel, new.recipient.address or new.recipient.name, str(new.digest), new.calendar or "")
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _key(new: NewNotification) -> str:
    """Return what a notification is known by: who is told of what by which channel, wherever they are reached."""
    said = (new.rule, new.cause, str(new.step), new.channel, new.recipient.name.casefold())
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _row(key: str, new: NewNotification, next_at: datetime) -> dict[str, Any]:
    has_address = new.channel is Channel.WEBHOOK or new.recipient.address is not None
    return {
        "id": f"not_{secrets.token_hex(12)}",
        "key": key,
        "rule": new.rule,
        "event": new.event.value,
        "cause": new.cause,
        "number": new.number,
        "name": new.recipient.name,
        "audience": new.recipient.audience.value,
        "address": new.recipient.address,
        "language": new.recipient.language,
        "channel": new.channel.value,
        "template": new.template,
        "details": dict(new.details),
        "state": (NotificationState.WAITING if has_address else NotificationState.FAILED).value,
        "urgent": new.urgent,
        "step": new.step,
        "calendar": new.calendar,
        "digest": _digest(new),
        "attempts": 0,
        "created_at": new.created_at,
        "next_at": next_at,
        "escalate_at": new.escalate_at,
        "last_error": None if has_address else "no mail address is known; add it to practice.yaml",
    }


def _set(connection: Connection, keys: Sequence[str], **values: Any) -> None:
    connection.execute(update(notifications).where(notifications.c.id.in_(keys)).values(_plain(values)))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.value if isinstance(value, NotificationState) else value for name, value in values.items()}


def _notification(row: Row[Any]) -> Notification:
    return Notification(
        id=row.id,
        rule=row.rule,
        event=NotificationEvent(row.event),
        cause=row.cause,
        number=row.number,
        recipient=Recipient(row.name, Audience(row.audience), row.address, row.language),
        channel=Channel(row.channel),
        template=row.template,
        details=row.details,
        state=NotificationState(row.state),
        urgent=row.urgent,
        step=row.step,
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        calendar=row.calendar,
        digest=row.digest,
        message=row.message,
        escalate_at=row.escalate_at,
        last_error=row.last_error,
        sent_at=row.sent_at,
        claim=row.claim,
    )
