from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.background.notification_delivery import deliver_notifications, holder_of
from app.composition import Services, open_services
from app.services.incident_life import move_incident
from app.services.notifications import send_again
from kb.records.incident import Incident
from kb.records.notification import NotificationState
from kb.records.webhook import Event
from kb.service.notifications import LEASE
from kb.storage.schema import notifications
from kb.vocabulary.stage import Stage
from tests.mail_server import Mailbox, mail_server, write_practice

ASSIGNED = "    - {name: New for the group, event: assigned, to: group}\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def services(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    monkeypatch.setenv("TRIAGE_DESK_URL", "https://desk.example.org")
    with open_services(tmp_path / "home") as services:
        yield services


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


def ticket(number: str = "INC1", **more: object) -> Incident:
    values = {"state": "new", "opened_at": datetime.now(UTC), "assignment_group": "Network", **more}
    return Incident(number, "The printer does not print", **values)


def all_due(services: Services) -> None:
    """Let everything that waits be due now."""
    with services.store.database.writing() as connection:
        connection.execute(update(notifications).values(next_at=datetime.now(UTC) - timedelta(seconds=1)))


def states(services: Services) -> dict[str, NotificationState]:
    return {one.recipient.name: one.state for one in services.notifications.all(limit=100)}


def test_each_mail_says_why_it_comes_where_the_ticket_is_and_that_a_program_wrote_it(
    services: Services, mailbox: Mailbox
) -> None:
    write_practice(services, ASSIGNED, port=mailbox.port)
    services.store.put_incidents([ticket(priority="1 - Critical")])
    assert deliver_notifications(services)
    assert mailbox.recipients() == ["ann@example.org", "bob@example.org"]
    mails = dict(mailbox.taken)
    for mail in mails.values():
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["List-Id"] == "<notifications.example.org>"
        assert mail["From"] == "Service desk <desk@example.org>"
        assert "https://desk.example.org/ticket?number=INC1" in mail.get_content()
    english, german = mails["ann@example.org"], mails["bob@example.org"]
    assert english["Subject"] == "INC1 is assigned to Network: The printer does not print"
    assert "You get this because it is assigned to your group. Rule: New for the group." in english.get_content()
    assert "weil das Ticket Ihrer Gruppe zugewiesen ist" in german.get_content()
    assert english["References"] == german["References"] != ""
    assert len({mail["Message-ID"] for mail in mails.values()}) == 2
    deliver_notifications(services)
    assert len(mailbox.taken) == 2


def test_texts_of_tickets_make_no_header_no_recipient_and_no_end_of_a_mail(
    services: Services, mailbox: Mailbox
) -> None:
    write_practice(services, ASSIGNED, port=mailbox.port)
    hostile = "Broken\r\nBcc: eve@example.org\r\n\r\n.\r\nMAIL FROM:<eve@example.org>\x07\x1b[31m\u202e"
    services.store.put_incidents([ticket("INC9\r\nX-Evil: 1")])
    services.store.put_incidents([Incident("INC1", hostile, state="new", assignment_group="Mail")])
    assert deliver_notifications(services)
    assert mailbox.recipients() == ["ann@example.org", "bob@example.org", "mail-team@example.org"]
    for _, mail in mailbox.taken:
        assert mail["Bcc"] is None
        assert mail["X-Evil"] is None
        assert "\n" not in mail["Subject"]
        assert not {"\x07", "\x1b", "\u202e"} & set(mail["Subject"] + mail.get_content())


def test_nobody_is_told_of_their_own_doing_or_of_what_a_file_tells(services: Services, mailbox: Mailbox) -> None:
    rule = "    - {name: R, event: resolved, to: [assignee, team_lead]}\n"
    write_practice(services, ASSIGNED + rule, port=mailbox.port)
    old = datetime.now(UTC) - timedelta(days=400)
    services.store.put_incidents([ticket("OLD", state="resolved", opened_at=old, resolved_at=old)])
    assert not services.notifications.all(limit=10)
    services.store.put_incidents([ticket("INC1", assigned_to="ann")])
    move_incident(services, "INC1", Stage.RESOLVED, by="ANN", note=None)
    told = {(one.number, one.recipient.name, one.event.value) for one in services.notifications.all(limit=10)}
    assert ("INC1", "cleo", "resolved") in told
    assert ("INC1", "ann", "resolved") not in told


def test_outside_hours_only_what_is_urgent_is_sent(services: Services, mailbox: Mailbox) -> None:
    now = datetime.now(UTC)
    closed = f"{(now + timedelta(hours=2)):%H:%M}-{(now + timedelta(hours=3)):%H:%M}"
    urgent = "    - {name: Urgent, event: assigned, to: team_lead, urgent: true}\n"
    write_practice(services, ASSIGNED + urgent, port=mailbox.port, hours=closed)
    services.store.put_incidents([ticket()])
    all_due(services)  # as where the service was down while they were due
    deliver_notifications(services)
    assert mailbox.recipients() == ["cleo@example.org"]
    waiting = [one for one in services.notifications.all(limit=9) if one.state is NotificationState.WAITING]
    assert len(waiting) == 2
    assert all(timedelta(hours=1) < one.next_at - now < timedelta(hours=3) for one in waiting)


def test_several_in_a_digest_are_one_mail_for_each_recipient(services: Services, mailbox: Mailbox) -> None:
    write_practice(services, ASSIGNED.replace("to: group", "to: group, digest: 30 min"), port=mailbox.port)
    for number in range(3):
        services.store.put_incidents([ticket(f"INC{number}")])
    assert len({one.next_at for one in services.notifications.all(limit=9)}) == 1
    deliver_notifications(services)
    assert not mailbox.taken
    all_due(services)
    deliver_notifications(services)
    assert mailbox.recipients() == ["ann@example.org", "bob@example.org"]
    english = dict(mailbox.taken)["ann@example.org"]
    assert english["Subject"] == "3 notifications: INC0, INC1, INC2"
    assert all(f"ticket?number=INC{number}" in english.get_content() for number in range(3))
    assert set(states(services).values()) == {NotificationState.SENT}


def test_what_is_refused_for_good_is_a_dead_letter_that_can_be_sent_again(services: Services, mailbox: Mailbox) -> None:
    write_practice(services, ASSIGNED, port=mailbox.port)
    mailbox.refused = {"ann@example.org": "550 no such user", "bob@example.org": "451 try later"}
    services.store.put_incidents([ticket()])
    assert deliver_notifications(services)
    assert states(services) == {"ann": NotificationState.FAILED, "bob": NotificationState.WAITING}
    mailbox.refused = {}
    failed = next(one for one in services.notifications.all(limit=9) if one.recipient.name == "ann")
    assert failed.last_error == "the mail server answered 550 no such user"
    write_practice(services, ASSIGNED, port=mailbox.port, more="  # ann moved\n")
    text = (services.home / "practice.yaml").read_text().replace("ann@example.org", "ann2@example.org")
    (services.home / "practice.yaml").write_text(text)
    send_again(services, failed.id)
    all_due(services)
    deliver_notifications(services)
    assert mailbox.recipients() == ["ann2@example.org", "bob@example.org"]


def test_a_server_that_is_away_is_tried_again_until_the_letter_is_dead(services: Services, mailbox: Mailbox) -> None:
    write_practice(services, "    - {name: R, event: assigned, to: team_lead}\n", port=1)
    services.store.put_incidents([ticket()])
    for _ in range(9):
        all_due(services)
        assert not deliver_notifications(services)
    (one,) = services.notifications.all(limit=9)
    assert (one.state, one.attempts) == (NotificationState.FAILED, 9)
    assert "127.0.0.1:1 cannot be used" in (one.last_error or "")


def test_a_mail_that_was_broken_off_before_its_last_line_did_not_arrive(services: Services, mailbox: Mailbox) -> None:
    write_practice(services, "    - {name: R, event: assigned, to: team_lead}\n", port=mailbox.port)
    services.store.put_incidents([ticket()])
    later = datetime.now(UTC) + LEASE + timedelta(minutes=1)
    (first,) = services.notifications.claim("one", {}, datetime.now(UTC))
    assert not services.notifications.claim("two", {}, datetime.now(UTC))
    (second,) = services.notifications.claim("two", {}, later)
    assert not services.notifications.hand_over(first.claim or "")
    assert services.notifications.hand_over(second.claim or "")
    assert first.message == second.message


def test_what_a_holder_that_ended_left_is_sent_at_once(services: Services, mailbox: Mailbox) -> None:
    write_practice(services, "    - {name: R, event: assigned, to: team_lead}\n", port=mailbox.port)
    services.store.put_incidents([ticket()])
    assert services.notifications.claim(holder_of(services), {}, datetime.now(UTC))
    deliver_notifications(services)
    assert not mailbox.taken
    services.notifications.take_back(holder_of(services))
    deliver_notifications(services)
    assert mailbox.recipients() == ["cleo@example.org"]


def test_webhooks_are_told_in_the_act_that_notes_it(services: Services) -> None:
    rule = "    - {name: R, event: assigned, to: group, channel: webhook}\n"
    write_practice(services, rule)
    services.store.put_incidents([ticket()])
    deliver_notifications(services)
    assert set(states(services).values()) == {NotificationState.FAILED}  # nobody listens
    services.webhooks.add("https://hooks.example.com/", [Event.NOTIFICATION])
    for one in services.notifications.all(limit=9):
        send_again(services, one.id)
    deliver_notifications(services)
    told = [json.loads(one.payload)["data"] for one in services.webhooks.deliveries(limit=9)]
    assert {one["notifications"][0]["for"] for one in told} == {"ann", "bob"}
    assert set(states(services).values()) == {NotificationState.SENT}


def test_callers_are_told_only_where_that_is_switched_on(services: Services, mailbox: Mailbox) -> None:
    rule = "    - {name: R, event: registered, to: caller}\n"
    write_practice(services, rule, port=mailbox.port)
    services.store.put_incidents([ticket("INC1", caller="dora@example.com")])
    on = "  tell_callers: true\n  caller_domains: [example.com]\n"
    write_practice(services, rule, port=mailbox.port, more=on)
    services.store.put_incidents([ticket("INC2", caller="dora@example.com"), ticket("INC3", caller="eve@evil.example")])
    deliver_notifications(services)
    ((recipient, mail),) = mailbox.taken
    assert (recipient, mail["Subject"]) == ("dora@example.com", "We have your request INC2")
    assert "desk.example.org" not in mail.get_content()
