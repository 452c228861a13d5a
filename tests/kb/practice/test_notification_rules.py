from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kb.practice.practice import read_practice
from tests.mail_server import practice_text

NIGHT = datetime(2026, 11, 3, 22, 0, tzinfo=UTC)
RULE = "    - {name: One, event: assigned, to: [assignee, group]}\n"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{name: A, event: assignd, to: group}", "has to be 'registered', 'assigned'"),
        ("{name: A, event: assigned, to: zoe}", '"zoe" does not stand under people'),
        ("{name: A, event: assigned, to: group, calendar: night}", 'there is no calendar "night"'),
        ("{name: A, event: clock_warning, to: group}", "needs share for clock_warning"),
        ("{name: A, event: assigned, to: group, after: 4 h}", "has after, which only waiting_long has"),
        ("{name: A, event: assigned, to: group, urgent: true, digest: 1 h}", "is urgent and collected"),
        ("{name: A, event: breached, to: caller}", "cannot tell callers of breached"),
        ("{name: A, event: assigned, to: group, template: ../../etc/passwd}", "small letters, digits"),
        ("{name: A, event: assigned, to: group, escalate: [{after: soon, to: team_lead}]}", "is not a duration"),
        ("{name: One, event: assigned, to: group}", 'there is a rule "One" before'),
    ],
)
def test_a_mistake_in_a_rule_is_named_with_its_line(rule: str, said: str) -> None:
    text = practice_text(f"{RULE}    - {rule}\n")
    (problem,) = read_practice(text).problems
    assert said in problem.message
    assert text.splitlines()[problem.line - 1].strip().startswith("- {name: " + rule[7])


@pytest.mark.parametrize(
    "address", ["ann", "ann@x\\nBcc: eve@x", "Ann <ann@x.org>", "ann@x.org, eve@x.org", "a..b@x.org"]
)
def test_only_a_plain_address_is_one(address: str) -> None:
    text = practice_text(RULE).replace("{mail: ann@example.org}", f'{{mail: "{address}"}}')
    (problem,) = read_practice(text).problems
    assert "is not a mail address" in problem.message
    assert problem.field == "notifications.people.ann.mail"


def test_rules_that_send_mail_need_a_mail_server() -> None:
    lines = practice_text(RULE).splitlines()
    text = "\n".join(line for line in lines if not line.startswith("  mail:"))
    (problem,) = read_practice(text).problems
    assert "add notifications.mail" in problem.message


def test_a_file_without_notifications_tells_nobody() -> None:
    text = practice_text(RULE).partition("notifications:")[0]
    practice = read_practice(text)
    assert (practice.problems, practice.notifications.rules) == ((), ())


def test_what_is_not_urgent_waits_for_the_next_opening() -> None:
    rules = RULE + "    - {name: Two, event: assigned, to: group, urgent: true}\n"
    usual, urgent = read_practice(practice_text(rules, hours="08:00-17:00")).notifications.rules
    morning = datetime(2026, 11, 4, 8, 0, tzinfo=UTC)
    assert (usual.opening(NIGHT), urgent.opening(NIGHT)) == (morning, NIGHT)
    half_hour = timedelta(minutes=30)
    assert (usual.later(NIGHT, 1800), urgent.later(NIGHT, 1800)) == (morning + half_hour, NIGHT + half_hour)
