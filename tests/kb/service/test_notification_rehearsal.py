from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import open_services
from app.services.clocks import incident_clocks
from app.services.practice_rehearsal import PracticeRehearsal, rehearse_practice
from kb.practice.practice_file import PRACTICE_FILE, usable_practice
from kb.records.clock_state import Measure
from kb.records.incident import Incident
from kb.records.notification import NotificationEvent, ToldDifference
from tests.conftest import triage
from training.breach import learn_breaches

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILE = """
calendars:
  always: {zone: UTC, hours: {every day: 00:00-24:00}}
targets:
  - {name: All, calendar: always, resolution: %s}
pauses: [waiting]
notifications:
  mail: {from: desk@example.org, host: smtp.example.org}
  people:
    ann: {mail: ann@example.org}
    lead: {mail: lead@example.org}
  groups:
    Network: {members: [ann], lead: lead}
  rules:
    - {name: New, event: assigned, to: group}
    - {name: Late, event: breached, to: team_lead}
    - {name: Nearly, event: clock_warning, share: 50 %%, to: team_lead}
    - {name: Waits, event: waiting_long, after: 2 h, to: %s}
"""


@pytest.fixture
def found(tmp_path: Path) -> PracticeRehearsal:
    home, new = tmp_path / "home", tmp_path / "new.yaml"
    home.mkdir()
    (home / PRACTICE_FILE).write_text(FILE % ("8 h", "team_lead"))
    new.write_text(FILE % ("4 h", "group"))
    with open_services(home) as services:
        done = Incident(
            "I1",
            "vpn down",
            state="resolved",
            assignment_group="Network",
            opened_at=MONDAY,
            resolved_at=MONDAY + timedelta(hours=6),
        )
        services.store.put_incidents([done])
        waiting = Incident("I2", "vpn slow", state="new", assignment_group="Network", opened_at=MONDAY)
        services.store.put_incidents([waiting])
        held = replace(waiting, state="on hold", updated_at=MONDAY + timedelta(hours=1))
        services.store.put_incidents([held])
        return rehearse_practice(
            services,
            usable_practice(new),
            since=MONDAY - timedelta(days=1),
            until=MONDAY + timedelta(days=1),
            now=MONDAY + timedelta(hours=30),
        )


def test_what_people_would_be_told_follows_from_targets_and_rules(found: PracticeRehearsal) -> None:
    sent = {name: tuple(tally.told) for name, tally in found.notifications.tallies.items()}
    assert sent == {"New": (2, 2), "Late": (0, 1), "Nearly": (1, 1), "Waits": (1, 1)}
    changed = {
        (one.number, one.event, one.recipient): (one.difference, one.before, one.after)
        for one in found.notifications.differences
    }
    warned, late, long = NotificationEvent.CLOCK_WARNING, NotificationEvent.BREACHED, NotificationEvent.WAITING_LONG
    eleven, noon, one = (MONDAY + timedelta(hours=hours) for hours in (2, 3, 4))
    assert changed == {
        ("I1", warned, "lead@example.org"): (ToldDifference.TOLD_ANOTHER_TIME, one, eleven),
        ("I1", late, "lead@example.org"): (ToldDifference.TOLD, None, one),
        ("I2", long, "lead@example.org"): (ToldDifference.NOT_TOLD, noon, None),
        ("I2", long, "ann@example.org"): (ToldDifference.TOLD, None, noon),
    }
    assert found.notifications.counts == {
        ToldDifference.TOLD: 2,
        ToldDifference.NOT_TOLD: 1,
        ToldDifference.TOLD_ANOTHER_TIME: 1,
    }
    assert found.clocks.tallies[Measure.RESOLUTION].breaches == [0, 1]


def test_the_command_tells_who_would_hear_of_what(found: PracticeRehearsal, tmp_path: Path) -> None:
    asked = ("--home", str(tmp_path / "home"), "practice", "test", str(tmp_path / "new.yaml"))
    period = ("--from", "2026-03-01", "--to", "2026-03-03")
    told = triage(*asked, *period).stdout
    assert "notifications would be sent that are not" in told
    assert "waiting_long to lead@example.org: 2026-03-02 12:00 -> -" in told
    differences = json.loads(triage(*asked, *period, "--json").stdout)["notifications"]["differences"]
    assert {one["difference"] for one in differences} == {"told", "not_told", "told_another_time"}


ESCALATING = """
calendars:
  office: {zone: UTC, hours: {monday-friday: "09:00-17:00"}}
targets:
  - {name: All, calendar: office, resolution: 40 h}
pauses: [waiting]
notifications:
  calendar: office
  mail: {from: desk@example.org, host: smtp.example.org}
  people:
    ann: {mail: ann@example.org}
    lead: {mail: lead@example.org}
    ines: {mail: ines@example.org}
  groups:
    Network: {members: [ann], lead: lead}
  incident_managers: [ines]
  rules:
    - name: New
      event: assigned
      to: group
      escalate: [{after: %s, to: team_lead}, {after: 3 h, to: incident_manager}]
"""


def test_escalations_follow_from_what_people_answered(tmp_path: Path) -> None:
    home, new = tmp_path / "home", tmp_path / "new.yaml"
    home.mkdir()
    (home / PRACTICE_FILE).write_text(ESCALATING % "2 h")
    new.write_text(ESCALATING % "4 h")
    with open_services(home) as services:
        unanswered = Incident("I1", "vpn down", state="new", assignment_group="Network", opened_at=MONDAY)
        answered = replace(unanswered, number="I2")
        services.store.put_incidents([unanswered, answered])
        taken = replace(answered, state="in progress", updated_at=MONDAY + timedelta(hours=3))
        services.store.put_incidents([taken])
        found = rehearse_practice(
            services,
            usable_practice(new),
            since=MONDAY - timedelta(days=1),
            until=MONDAY + timedelta(days=1),
            now=MONDAY + timedelta(days=2),
        ).notifications
    assert found.tallies["New"].told == [5, 4]
    assert found.tallies["New"].escalated == [3, 2]
    eleven, noon, one, tomorrow = (MONDAY + timedelta(hours=hours) for hours in (2, 5, 4, 24))
    assert {
        (one.number, one.recipient): (one.difference, one.before, one.after)
        for one in found.differences
        if one.is_escalation
    } == {
        ("I1", "lead@example.org"): (ToldDifference.TOLD_ANOTHER_TIME, eleven, one),
        ("I1", "ines@example.org"): (ToldDifference.TOLD_ANOTHER_TIME, noon, MONDAY + timedelta(hours=7)),
        ("I2", "lead@example.org"): (ToldDifference.NOT_TOLD, eleven, None),
    }
    assert tomorrow not in {at for one in found.differences for at in (one.before, one.after)}
    assert all(one.is_escalation for one in found.differences)


FORECASTING = """
calendars:
  always: {zone: UTC, hours: {every day: 00:00-24:00}}
targets:
  - {name: All, calendar: always, resolution: 24 h}
notifications:
  rules:
    - {name: Likely, event: breach_likely, above: %s, to: group, channel: webhook}
"""


def test_forecasts_are_told_in_the_hour_in_which_they_pass_the_threshold(tmp_path: Path) -> None:
    home, new = tmp_path / "home", tmp_path / "new.yaml"
    home.mkdir()
    (home / PRACTICE_FILE).write_text(FORECASTING % "55 %")
    new.write_text(FORECASTING % "85 %")
    began = MONDAY + timedelta(minutes=20)
    period = {"since": MONDAY - timedelta(hours=1), "until": MONDAY + timedelta(hours=1)}
    with open_services(home) as services:
        chance, past = random.Random(1), list[Incident]()
        for number in range(400):
            group = chance.choice(["Slow", "Quick"])
            opened = MONDAY - timedelta(days=20 + 60 * chance.random())
            ended = opened + timedelta(hours=chance.expovariate(1 / (40 if group == "Slow" else 6)))
            name = f"H{number}"
            past.append(
                Incident(name, "no mail", state="resolved", assignment_group=group, opened_at=opened, resolved_at=ended)
            )
        services.store.put_incidents(past)
        still_open = Incident(
            "I1", "no mail", state="assigned", assignment_group="Slow", opened_at=began, assigned_at=began
        )
        services.store.put_incidents([still_open])
        now = MONDAY + timedelta(hours=20)
        unlearnt = rehearse_practice(services, usable_practice(new), now=now, **period)
        assert unlearnt.lacks_forecasts
        assert not unlearnt.notifications.differences
        assert learn_breaches(services.store, services.practice.practice(), services.breaches, now=MONDAY).is_learnt
        found = rehearse_practice(services, usable_practice(new), now=now, **period)
        looks = [began, *(MONDAY + timedelta(hours=hours) for hours in range(1, 20))]
        expected = [
            next(at for at in looks if (incident_clocks(services, "I1", now=at).breach_probability or 0) >= above)
            for above in (0.55, 0.85)
        ]
    assert not found.lacks_forecasts
    assert expected[0] < expected[1]
    (changed,) = found.notifications.differences
    assert (changed.number, changed.event) == ("I1", NotificationEvent.BREACH_LIKELY)
    assert [changed.before, changed.after] == expected
    assert found.notifications.tallies["Likely"].told == [1, 1]
