from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.services.clocks import incident_clocks
from app.services.incident_life import move_incident, note_event
from app.services.major_incidents import decide_major
from app.services.notification_clocks import TimeWatch, escalate_unanswered
from kb.practice.calendar import moment_of, second_of
from kb.records.incident import Incident
from kb.records.incident_event import EventKind
from kb.records.major_incident import MajorDecision
from kb.records.notification import NotificationState
from kb.vocabulary.stage import Stage
from tests.mail_server import write_practice
from training.breach import learn_breaches

NOW = datetime(2026, 11, 4, 10, 0, tzinfo=UTC)
RULES = """
    - {name: Late soon, event: clock_warning, share: 75 %, clock: resolution, to: team_lead}
    - {name: Late, event: breached, clock: resolution, to: [team_lead, ines]}
    - {name: Waits, event: waiting_long, after: 2 h, to: team_lead}
"""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    write_practice(tmp_path / "home", RULES)
    with open_services(tmp_path / "home") as services:
        yield services


def log(services: Services, number: str = "INC1", *, at: datetime = NOW, **more: object) -> None:
    values = {"state": "new", "assignment_group": "Network", "opened_at": at, **more}
    services.store.put_incidents([Incident(number, "No network", **values)])


def told(services: Services) -> list[tuple[str, str]]:
    found = services.notifications.all(limit=100)
    return sorted((one.rule, one.recipient.name) for one in found)


def test_each_threshold_is_told_once_whoever_looks_and_how_often(services: Services) -> None:
    log(services)
    watch = TimeWatch()
    assert watch.look(services, NOW) == 0
    assert watch.look(services, NOW + timedelta(hours=2, minutes=59)) == 0
    assert watch.look(services, NOW + timedelta(hours=3)) == 1
    assert TimeWatch().look(services, NOW + timedelta(hours=3, minutes=1)) == 0
    assert watch.look(services, NOW + timedelta(hours=4)) == 0  # a target is met to the second
    assert watch.look(services, NOW + timedelta(hours=4, seconds=1)) == 2
    assert TimeWatch().look(services, NOW + timedelta(hours=9)) == 0
    assert told(services) == [("Late", "cleo"), ("Late", "ines"), ("Late soon", "cleo")]
    (warning,) = [one for one in services.notifications.all(limit=9) if one.rule == "Late soon"]
    assert warning.details["share"] == "75\u00a0%"
    assert warning.details["due_at"] == (NOW + timedelta(hours=4)).isoformat()


def test_what_was_told_is_not_told_again_after_its_text_would_be_forgotten(services: Services) -> None:
    log(services)
    log(services, "INC2")
    TimeWatch().look(services, NOW)
    later = NOW + timedelta(hours=5)
    assert TimeWatch().look(services, later) == 4
    while claimed := services.notifications.claim("one", {}, later):
        services.notifications.sent(str(claimed[0].claim))
    move_incident(services, "INC2", Stage.RESOLVED, by="ann", note=None)
    services.notifications.clear_old(timedelta(days=-36_500))  # as after many years
    assert {one.number for one in services.notifications.all(limit=9)} == {"INC1"}
    assert TimeWatch().look(services, later + timedelta(days=91)) == 0


def test_a_changed_address_tells_nothing_anew(services: Services) -> None:
    log(services)
    TimeWatch().look(services, NOW)
    assert TimeWatch().look(services, NOW + timedelta(hours=5)) == 2
    path = services.home / "practice.yaml"
    text = path.read_text(encoding="utf-8")
    assert "cleo@" in text
    path.write_text(text.replace("cleo@", "cleo.smith@"), encoding="utf-8")
    assert services.practice.practice().notifications.people["cleo"].address.startswith("cleo.smith@")
    assert TimeWatch().look(services, NOW + timedelta(hours=6)) == 0
    log(services, "INC2", at=NOW + timedelta(hours=7))
    TimeWatch().look(services, NOW + timedelta(hours=12))
    addresses = {(one.number, one.recipient.address) for one in services.notifications.all(limit=9, number="INC2")}
    assert ("INC2", "cleo.smith@example.org") in addresses


def test_people_are_told_after_a_restart_while_the_practice_has_a_mistake(services: Services) -> None:
    log(services)
    TimeWatch().look(services, NOW)
    path = services.home / "practice.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "targts: []\n", encoding="utf-8")
    with open_services(services.home) as restarted:
        assert any("targts" in warning for warning in restarted.warnings())
        assert TimeWatch().look(restarted, NOW + timedelta(hours=5)) == 2
    assert told(services) == [("Late", "cleo"), ("Late", "ines")]


def test_a_new_rule_tells_nobody_of_what_was_breached_before_it(services: Services) -> None:
    log(services, at=NOW - timedelta(days=30))
    log(services, "INC2", at=NOW - timedelta(hours=3, minutes=30))
    watch = TimeWatch()
    watch.look(services, NOW)
    watch.look(services, NOW + timedelta(hours=1))
    assert told(services) == [("Late", "cleo"), ("Late", "ines")]  # INC2 alone
    assert {one.number for one in services.notifications.all(limit=9)} == {"INC2"}


def test_an_incident_that_waits_for_long_is_told_while_its_clocks_stand(services: Services) -> None:
    log(services, at=datetime.now(UTC) - timedelta(minutes=1))
    move_incident(services, "INC1", Stage.WAITING, by="ann", note=None)
    now, watch = datetime.now(UTC), TimeWatch()
    assert watch.look(services, now) == 0
    assert watch.look(services, now + timedelta(hours=1, minutes=59)) == 0
    assert watch.look(services, now + timedelta(hours=2, minutes=1)) == 1
    assert watch.look(services, now + timedelta(hours=9)) == 0
    assert told(services) == [("Waits", "cleo")]


def test_what_time_caused_is_dropped_once_the_incident_is_over(services: Services) -> None:
    log(services)
    watch = TimeWatch()
    watch.look(services, NOW)
    watch.look(services, NOW + timedelta(hours=3))
    move_incident(services, "INC1", Stage.RESOLVED, by="ann", note=None)
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert not services.notifications.claim("one", {}, later)
    (one,) = services.notifications.all(limit=9)
    assert (one.state, one.last_error) == (NotificationState.DROPPED, "the incident is over")


LIKELY = "    - {name: Likely, event: breach_likely, above: 30 %, to: team_lead}\n"


def resolved(number: int, group: str, hours: float) -> Incident:
    opened = NOW - timedelta(days=3, hours=number)
    ended = opened + timedelta(hours=hours)
    times = {"opened_at": opened, "resolved_at": ended}
    return Incident(f"{group}{number}", "No network", assignment_group=group, state="resolved", **times)


def test_a_breach_that_history_makes_likely_is_told_once(services: Services) -> None:
    write_practice(services, LIKELY)
    log(services)
    log(services, "INC2", assignment_group="Mail")
    soon = NOW + timedelta(minutes=20)
    assert TimeWatch().look(services, NOW) == 0  # nothing was learnt yet
    slow = [resolved(number, "Network", 2 if number % 4 == 0 else 9) for number in range(120)]
    quick = [resolved(number, "Mail", 9 if number % 20 == 0 else 2) for number in range(120)]
    services.store.put_incidents([*slow, *quick])
    practice = services.practice.practice()
    assert learn_breaches(services.store, practice, services.breaches, now=NOW).is_learnt
    shares = [incident_clocks(services, number, now=soon).breach_probability or 0.0 for number in ("INC1", "INC2")]
    assert shares[0] > 0.3 > shares[1]
    assert TimeWatch().look(services, soon) == 1
    assert TimeWatch().look(services, soon + timedelta(hours=1)) == 0
    (one,) = services.notifications.all(limit=9)
    assert (one.number, one.rule, one.recipient.name) == ("INC1", "Likely", "cleo")
    assert (one.details["measure"], one.details["target"]) == ("resolution", "Everything")


ESCALATED = """
    - name: New
      event: assigned
      to: ann
      escalate: [{after: 30 min, to: team_lead}, {after: 1 h, to: incident_manager}]
"""


def test_nobody_answers_so_the_next_are_told_within_working_hours(services: Services) -> None:
    now = datetime.now(UTC)
    opens = second_of(now + timedelta(hours=2)) // 60 * 60
    hours = f"{moment_of(opens):%H:%M}-{moment_of(opens + 4 * 3600):%H:%M}"
    write_practice(services, ESCALATED, hours=hours)
    log(services, at=now)
    start = moment_of(opens)
    assert escalate_unanswered(services, start + timedelta(minutes=29)) == 0
    assert escalate_unanswered(services, start + timedelta(minutes=30)) == 1
    assert escalate_unanswered(services, start + timedelta(minutes=31)) == 0
    assert escalate_unanswered(services, start + timedelta(minutes=90)) == 1
    assert escalate_unanswered(services, start + timedelta(hours=30)) == 0
    assert told(services) == [("New", "ann"), ("New", "cleo"), ("New", "ines")]
    events = [one for one in services.store.events.of("INC1") if one.kind is EventKind.ESCALATED]
    assert [(one.happened_at, one.after["note"]) for one in events] == [
        (start + timedelta(minutes=30), "nobody answered, so cleo is told"),
        (start + timedelta(minutes=90), "nobody answered, so ines is told"),
    ]


def test_an_escalation_by_hand_tells_those_whom_a_rule_names(services: Services) -> None:
    write_practice(
        services, "    - {name: Up, event: escalated, to: team_lead, escalate: [{after: 5 min, to: ines}]}\n"
    )
    log(services, at=datetime.now(UTC))
    note_event(services, "INC1", EventKind.ESCALATED, by="ann", note="the plant stands still", at=None)
    assert told(services) == [("Up", "cleo")]
    (one,) = services.notifications.all(limit=9)
    assert (one.details["note"], one.details["by"]) == ("the plant stands still", "ann")
    assert escalate_unanswered(services, datetime.now(UTC) + timedelta(minutes=6)) == 1
    assert told(services) == [("Up", "cleo"), ("Up", "ines")]
    assert escalate_unanswered(services, datetime.now(UTC) + timedelta(hours=9)) == 0


@pytest.mark.parametrize("stage", [Stage.IN_PROGRESS, Stage.WAITING, Stage.RESOLVED])
def test_an_answer_ends_the_escalation(services: Services, stage: Stage) -> None:
    write_practice(services, ESCALATED)
    log(services, at=datetime.now(UTC))
    move_incident(services, "INC1", stage, by="bob", note=None)
    assert escalate_unanswered(services, datetime.now(UTC) + timedelta(hours=5)) == 0
    assert [one.escalate_at for one in services.notifications.all(limit=9)] == [None]


def test_a_major_incident_that_nobody_decides_on_is_escalated(services: Services) -> None:
    rules = "    - {name: Major, event: major_proposed, to: ines, urgent: true, escalate: [{after: 15 min, to: ann}]}\n"
    more = "    - {name: Yes, event: major_accepted, to: group}\n"
    write_practice(services, rules + more)
    now = datetime.now(UTC)
    for number in range(5):
        log(services, f"INC{number}", at=now)
    services.major_proposals.join([f"INC{number}" for number in range(5)], now)
    decide_major(services, "INC0", MajorDecision.ACCEPTED, by="bob")
    decide_major(services, "INC0", MajorDecision.OPEN, by="bob")
    assert told(services) == [("Major", "ines"), ("Yes", "ann")]
    assert escalate_unanswered(services, now + timedelta(minutes=20)) == 1
    decide_major(services, "INC0", MajorDecision.REJECTED, by="ines")
    assert escalate_unanswered(services, now + timedelta(minutes=60)) == 0
