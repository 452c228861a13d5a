from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from kb.records.notification import (
    Audience,
    Channel,
    NewNotification,
    NotificationEvent,
    NotificationState,
    Recipient,
)
from kb.service.notifications import LEASE, Notifications
from kb.storage.database import Database
from kb.storage.erasure import erase
from kb.storage.schema import notifications
from tests.older_schema import return_to

NOW = datetime(2026, 11, 4, 10, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        database = Database(new())
    else:
        database = Database.in_folder(tmp_path / "home")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def outbox(database: Database) -> Notifications:
    return Notifications(database)


def new(cause: str = "one", name: str = "ann", **more: object) -> NewNotification:
    values = {
        "rule": "R",
        "event": NotificationEvent.ASSIGNED,
        "cause": cause,
        "number": "INC1",
        "recipient": Recipient(name, Audience.ASSIGNEE, f"{name.replace(' ', '.')}@example.org", "en"),
        "channel": Channel.MAIL,
        "template": "assigned",
        "details": {"subject": "No network"},
        "created_at": NOW,
        "next_at": NOW,
        **more,
    }
    return NewNotification(**values)


def test_of_one_cause_each_recipient_has_one_notification(outbox: Notifications) -> None:
    assert outbox.add([new(), new(), new(name="bob")]) == 2
    assert outbox.add([new(), new("two"), new(step=1)]) == 2
    assert outbox.add([new()]) == 0


def test_an_act_that_fails_tells_nobody(database: Database, outbox: Notifications) -> None:
    def fail() -> None:
        with database.writing():
            outbox.add([new()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not outbox.all(limit=9)


def test_several_senders_at_once_claim_each_message_once(outbox: Notifications) -> None:
    outbox.add([new(str(cause)) for cause in range(24)])

    def send(holder: int) -> list[str]:
        sent = list[str]()
        while message := outbox.claim(str(holder), {}, NOW):
            assert outbox.hand_over(message[0].claim or "")
            outbox.sent(message[0].claim or "")
            sent += [one.cause for one in message]
        return sent

    with ThreadPoolExecutor(6) as pool:
        causes = [cause for sent in pool.map(send, range(6)) for cause in sent]
    assert sorted(causes, key=int) == [str(cause) for cause in range(24)]
    assert outbox.counts() == {NotificationState.SENT: 24}


def test_what_failed_waits_longer_each_time_and_keeps_its_message(outbox: Notifications) -> None:
    outbox.add([new()])
    pauses, messages, now = list[timedelta](), set[str | None](), NOW
    while message := outbox.claim("one", {}, now):
        messages.add(message[0].message)
        before = datetime.now(UTC)
        outbox.failed(message[0].claim or "", "no answer")
        (found,) = outbox.all(limit=9)
        pauses.append(found.next_at - before)
        now = found.next_at
    assert len(messages) == 1
    assert pauses[0] < timedelta(minutes=2)
    assert pauses[:-1] == sorted(pauses[:-1])  # after the last attempt none follows
    assert (found.state, found.attempts, found.last_error) == (NotificationState.FAILED, 9, "no answer")


def test_a_digest_that_was_tried_stays_as_it_was(outbox: Notifications) -> None:
    outbox.add([new("one", digest=1800), new("two", digest=1800)])
    first = outbox.claim("one", {}, NOW)
    assert {one.cause for one in first} == {"one", "two"}
    outbox.add([new("three", digest=1800)])
    third = outbox.claim("two", {}, NOW)
    assert [one.cause for one in third] == ["three"]
    outbox.sent(third[0].claim or "")
    again = outbox.claim("two", {}, NOW + LEASE)
    assert {one.cause for one in again} == {"one", "two"}
    assert {one.message for one in again} == {one.message for one in first}


def test_who_is_forgotten_is_told_of_nothing_and_named_nowhere(database: Database, outbox: Notifications) -> None:
    outbox.add([new(name="Wilhelmina Q"), new("two", details={"caller": "Wilhelmina Q", "subject": "x"})])
    erase(database, "wilhelmina q")
    (left,) = outbox.all(limit=9)
    assert (left.recipient.name, left.details["caller"]) == ("ann", "[forgotten]")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_an_earlier_version_has_told_is_not_told_again(database: Database, outbox: Notifications) -> None:
    ann, moved = new(), new(recipient=Recipient("Ann", Audience.GROUP, "ann@elsewhere.example", "en"))
    nowhere = new(name="bob", recipient=Recipient("bob", Audience.ASSIGNEE, None, "en"))
    earlier = [ann, moved, nowhere, new(name="bob")]
    assert [outbox.add([one]) for one in (ann, nowhere)] == [1, 1]
    with database.writing() as connection:
        kept = connection.execute(select(notifications)).all()
        connection.execute(delete(notifications))
        row = dict(kept[0]._mapping)
        for at, one in enumerate(earlier):  # as they were known until then, by address
            name, address = one.recipient.name, one.recipient.address
            said = "\n".join((one.rule, one.cause, "0", "mail", address or name))
            key = hashlib.sha256(said.encode()).hexdigest()
            connection.execute(insert(notifications).values(row | {"id": f"not_{at}", "key": key, "name": name}))
        return_to(connection, "0032")
    database.migrate()
    assert outbox.add([*earlier, new(recipient=Recipient("ann", Audience.ASSIGNEE, "new@example.org", "en"))]) == 0
    assert len(outbox.all(limit=9)) == 4
