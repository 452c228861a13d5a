"""What the desk says of an event: in English the sentence of the API, for every kind of event."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from babel import Locale

from app.desk import language
from app.desk.event_sentences import event_sentence
from app.presenters.incident_life import event_view
from kb.records.incident_event import EventKind, IncidentEvent, Said, Saying

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


@pytest.mark.parametrize(
    ("said", "german"),
    [
        (Said(Saying.CONFIRMED, "Mail", "category"), "Kategorie bestätigt: Mail"),
        (Said(Saying.REFUSED, "Mail", "category"), "Kategorie abgelehnt: Mail"),
        (Said(Saying.READ, "KB1"), "Artikel KB1 gelesen"),
        (Said(Saying.CAPTURED, "KB1"), "Als Artikel KB1 festgehalten"),
    ],
)
def test_decisions_and_uses_of_articles_are_told_in_the_readers_language(
    said: Said, german: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_locale", lambda: Locale("de"))
    view = event_view(IncidentEvent("I1", EventKind.NOTED, AT, AT, "ann", after={"note": "english"}, said=said))
    assert event_sentence(view) == german
