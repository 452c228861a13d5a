from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kb.practice.life import life_of
from kb.records.incident import Incident
from kb.records.incident_changes import events_of_change, events_of_new
from kb.records.incident_event import BY_CALL
from kb.vocabulary.stage import Stage

OPENED = datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_a_resolution_that_is_told_late_ends_what_was_told_before_it() -> None:
    """A record says at one o'clock that somebody works on it, and at two that it was resolved at eleven."""
    working = Incident("1", state="in progress", opened_at=OPENED)
    events = events_of_new(working, BY_CALL, OPENED + timedelta(hours=5))
    resolved = Incident("1", state="resolved", opened_at=OPENED, resolved_at=OPENED + timedelta(hours=3))
    events += events_of_change(working, resolved, BY_CALL, OPENED + timedelta(hours=6))
    stages = [
        (situation.at - int(OPENED.timestamp()), situation.stage) for situation in life_of(resolved, events).situations
    ]
    assert stages == [(0, Stage.NEW), (3 * 3600, Stage.RESOLVED)]
