from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kb.records.incident import EXAMPLE_STATE, Incident
from kb.records.incident_changes import event_of_undoing, events_of_change, events_of_new
from kb.records.incident_event import BY_CALL, EventKind, EventSource, Origin
from kb.records.incident_history import replayed
from kb.vocabulary.stage import Stage

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
OPENED = datetime(2026, 11, 1, 8, tzinfo=UTC)


def hours(count: float) -> datetime:
    return OPENED + timedelta(hours=count)


def test_history_tells_the_times_of_its_columns_and_no_others() -> None:
    closed = Incident(
        "1",
        state="closed",
        opened_at=OPENED,
        assigned_at=hours(1),
        resolved_at=hours(3),
        closed_at=hours(9),
        assignment_group="Network",
        priority="2",
        reopen_count=1,
    )
    events = events_of_new(closed, Origin(EventSource.IMPORT), NOW)
    assert [(event.kind, event.happened_at) for event in events] == [
        (EventKind.REGISTERED, OPENED),
        (EventKind.ASSIGNED, hours(1)),
        (EventKind.RESOLVED, hours(3)),
        (EventKind.CLOSED, hours(9)),
    ]
    assert {event.recorded_at for event in events} == {NOW}
    assert events[0].after == {"stage": "new", "priority": "2"}
    assert events[1].after == {"stage": "assigned", "assignment_group": "Network"}


def test_a_group_after_reassignments_is_known_at_the_end_alone() -> None:
    bounced = Incident("1", opened_at=OPENED, resolved_at=hours(4), assignment_group="Network", reassignment_count=2)
    events = events_of_new(bounced, BY_CALL, NOW)
    told = [event for event in events if "assignment_group" in event.after]
    assert [(event.kind, event.happened_at) for event in told] == [(EventKind.ASSIGNED, hours(4))]


def test_an_incident_without_times_is_told_as_of_now() -> None:
    (registered,) = events_of_new(Incident("1", state="new", assignment_group="Network"), BY_CALL, NOW)
    assert (registered.happened_at, registered.after["assignment_group"]) == (NOW, "Network")
    registered, resolved = events_of_new(Incident("1", resolved_at=OPENED), BY_CALL, NOW)
    assert registered.happened_at == resolved.happened_at == OPENED


def test_examples_are_no_incidents() -> None:
    example = Incident("EXAMPLE-1", state=EXAMPLE_STATE)
    assert events_of_new(example, BY_CALL, NOW) == []
    assert events_of_change(example, replace(example, category="VPN"), BY_CALL, NOW) == []
    assert event_of_undoing(example, None, BY_CALL, NOW) == []


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("new", "assigned", EventKind.ASSIGNED),
        ("new", "in progress", EventKind.ACCEPTED),
        ("in progress", "pending", EventKind.WAITING),
        ("pending", "in progress", EventKind.RESUMED),
        ("pending", "new", EventKind.RESUMED),
        ("in progress", "new", EventKind.RETURNED),
        ("in progress", "assigned", EventKind.RETURNED),
        ("pending", "resolved", EventKind.RESOLVED),
        ("resolved", "closed", EventKind.CLOSED),
        ("resolved", "in progress", EventKind.REOPENED),
        ("closed", "pending", EventKind.REOPENED),
        ("cancelled", "new", EventKind.REOPENED),
        ("new", "cancelled", EventKind.CANCELLED),
        ("new", "up in the air", EventKind.CHANGED),
        ("up in the air", "in progress", EventKind.ACCEPTED),
        ("on hold", "awaiting vendor", EventKind.CHANGED),
    ],
)
def test_each_change_of_state_has_its_kind(before: str, after: str, kind: EventKind) -> None:
    incident = Incident("1", state=before)
    (event,) = events_of_change(incident, incident.in_state(after), BY_CALL, NOW)
    assert (event.kind, event.happened_at, event.after["state"]) == (kind, NOW, after)
    assert event.before["state"] == before


def test_groups_people_and_labels_are_told_apart() -> None:
    before = Incident("1", state="new", category="Mail", priority="3")
    after = replace(before, category="VPN", priority="2", assignment_group="Network")
    classified, assigned = events_of_change(before, after, BY_CALL, NOW)
    assert (classified.kind, dict(classified.before)) == (EventKind.CLASSIFIED, {"category": "Mail", "priority": "3"})
    assert dict(classified.after) == {"category": "VPN", "priority": "2"}
    assert (assigned.kind, dict(assigned.before)) == (EventKind.ASSIGNED, {})
    moved = replace(after, assignment_group="Mail", assigned_to="ada")
    (reassigned,) = events_of_change(after, moved, Origin(EventSource.OUTCOME, "bob", hours(1)), NOW)
    assert (reassigned.kind, reassigned.by, reassigned.happened_at) == (EventKind.REASSIGNED, "bob", hours(1))
    assert dict(reassigned.after) == {"assignment_group": "Mail", "assigned_to": "ada"}


def test_an_end_is_told_at_its_own_times() -> None:
    before = Incident("1", state="in progress", opened_at=OPENED)
    closed = replace(before.in_state("closed"), resolved_at=hours(2), closed_at=hours(5), updated_at=hours(6))
    events = events_of_change(before, closed, BY_CALL, NOW)
    assert [(event.kind, event.happened_at) for event in events] == [
        (EventKind.RESOLVED, hours(2)),
        (EventKind.CLOSED, hours(5)),
    ]
    later = replace(closed, resolved_at=hours(1))
    assert replayed([*events, *events_of_change(closed, later, BY_CALL, NOW)])["stage"] == Stage.CLOSED
    reopened = before.in_state("in progress")
    old_time = replace(reopened, resolved_at=hours(2))
    (again,) = events_of_change(old_time, old_time.in_state("resolved"), BY_CALL, NOW)
    assert again.happened_at == NOW  # the time of the first resolution is no news


def test_the_last_update_dates_what_has_no_time_of_its_own() -> None:
    before = Incident("1", state="new", updated_at=hours(1))
    (event,) = events_of_change(before, replace(before, priority="1", updated_at=hours(2)), BY_CALL, NOW)
    assert event.happened_at == hours(2)
    assert events_of_change(before, replace(before, updated_at=hours(2)), BY_CALL, NOW) == []
    assert events_of_change(before, replace(before, description="more"), BY_CALL, NOW) == []


def test_a_link_a_note_and_a_correction_of_a_further_column_are_told() -> None:
    before = Incident("1", state="new", articles=("K1",), extra={"room": "1"})
    (linked,) = events_of_change(before, replace(before, articles=("K1", "K2")), BY_CALL, NOW)
    assert (linked.kind, linked.after) == (EventKind.LINKED, {"article": "K2"})
    assert events_of_change(before, replace(before, articles=("K3",)), BY_CALL, NOW) == []  # K1 was merged into K3
    corrected = Origin(EventSource.CORRECTION, "ada", note="she moved")
    (event,) = events_of_change(before, replace(before, extra={"room": "2"}), corrected, NOW)
    assert (event.before, event.after) == ({"room": "1"}, {"room": "2", "note": "she moved"})
