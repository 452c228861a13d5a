"""What the desk says of an event: in English the sentence of the API, for every kind of event."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from app.desk.event_sentences import event_sentence
from app.presenters.incident_life import event_view
from kb.records.incident_event import EventKind, IncidentEvent

AT = datetime(2026, 3, 2, tzinfo=UTC)
VALUES: list[dict[str, str | None]] = [
    {},
    {"assignment_group": "Network", "assigned_to": "ann"},
    {"assignment_group": "Mail"},
    {"assigned_to": None, "stage": "waiting"},
    {"priority": "1 - Critical", "service": None},
    {"note": "asked the caller", "article": "KB1"},
    {"assignment_group": "Desk", "note": "she knows it", "configuration_item": "srv 1"},
]


@pytest.mark.parametrize("kind", list(EventKind))
def test_an_event_is_told_as_the_api_tells_it(kind: EventKind) -> None:
    for before, after in product(VALUES, VALUES):
        view = event_view(IncidentEvent("I1", kind, AT, AT, "ann", before, after))
        assert event_sentence(view) == view.text
