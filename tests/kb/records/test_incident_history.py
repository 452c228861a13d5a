from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kb.records.incident_event import EventKind, EventSource, IncidentEvent
from kb.records.incident_history import Owner, hops, in_order, owner_at, replayed, value_at, value_changes

START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def hour(count: float) -> datetime:
    return START + timedelta(hours=count)


def event(
    at: float,
    kind: EventKind = EventKind.CHANGED,
    *,
    by: str | None = None,
    source: EventSource = EventSource.API,
    **after: str | None,
) -> IncidentEvent:
    return IncidentEvent("1", kind, hour(at), hour(100), by, {}, after, source)


def changes(events: list[IncidentEvent], name: str) -> list[tuple[datetime, str | None]]:
    return [(change.at, change.value) for change in value_changes(events, name)]


def test_what_is_recorded_later_counts_from_when_it_happened() -> None:
    events = [event(0, stage="new"), event(5, stage="in_progress"), event(3, stage="resolved")]
    assert changes(events, "stage") == [(hour(0), "new"), (hour(3), "resolved")]
    assert replayed(events) == {"stage": "resolved"}
    assert value_at(events, "stage", hour(2)) == "new"
    assert value_at(events, "stage", hour(3)) == "resolved"
    assert value_at(events, "stage", hour(-1)) is None


def test_a_log_of_another_system_fills_in_by_time() -> None:
    log = EventSource.AUDIT_LOG
    events = [
        event(0, stage="new"),
        event(9, stage="closed"),
        event(2, stage="in_progress", source=log),
        event(4, stage="waiting", source=log),
        event(4, stage="waiting", source=log),
    ]
    assert changes(events, "stage") == [
        (hour(0), "new"),
        (hour(2), "in_progress"),
        (hour(4), "waiting"),
        (hour(9), "closed"),
    ]


def test_hops_are_changes_from_one_group_to_another() -> None:
    groups = ["Desk", "Network", "Network", None, "Network", "Mail"]
    assert hops([event(at, assignment_group=group) for at, group in enumerate(groups)]) == 2
    assert hops([event(0, stage="new")]) == 0


def test_an_owner_is_the_group_and_whoever_it_gave_it_to_or_took_it_on() -> None:
    events = [
        event(0, stage="new"),
        event(1, assignment_group="Desk"),
        event(2, EventKind.ACCEPTED, by="ada", stage="in_progress"),
        event(3, EventKind.REASSIGNED, by="ada", assignment_group="Network"),
        event(4, EventKind.ASSIGNED, by="bob", assigned_to="cleo"),
    ]
    assert owner_at(events, hour(0)) is None
    assert owner_at(events, hour(1)) == Owner("Desk", None)
    assert owner_at(events, hour(2)) == Owner("Desk", "ada")
    assert owner_at(events, hour(3)) == Owner("Network", None)
    assert owner_at(events, hour(5)) == Owner("Network", "cleo")


def test_order_is_by_moment_then_by_record() -> None:
    late, early = event(2), event(1)
    assert in_order([late, early]) == [early, late]
