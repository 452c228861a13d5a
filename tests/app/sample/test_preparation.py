from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.parent import Step
from app.sample.incidents import sample_incidents, sample_open_tickets
from app.sample.preparation import ARTICLES, SOURCE, prepare
from app.services.ingestion import follow_up
from kb.importers.articles.files import count_articles
from kb.importers.loading import load_incidents
from kb.records.incident import Incident
from kb.records.major_incident import MajorDecision

# with the queue more than one batch of an import, so that a start can be broken off between two
_COUNT = 440


def test_the_burst_of_the_last_half_hour_is_proposed_as_one_major_incident(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    queue = sample_open_tickets(now=now)
    with open_services(tmp_path) as services:
        services.store.put_incidents([*sample_incidents(200, now=now), *queue])
        follow_up(services, queue)
        assert len(proposed(services)) == 1
        assert 5 <= sum("scanner" in services.store.incident(number).text for number in proposed(services)[0]) <= 9


def test_a_start_broken_off_in_the_middle_of_its_incidents_is_completed_as_it_was_begun(tmp_path: Path) -> None:
    begun = datetime.now(UTC)
    with open_services(tmp_path) as services, pytest.raises(KeyboardInterrupt):
        prepare(services, now=begun, count=_COUNT, report=broken_off(at="incidents"))
    with open_services(tmp_path) as services:
        assert 0 < services.store.count_incidents() < len(desk_of(begun))
        with pytest.raises(KeyboardInterrupt):
            prepare(services, now=begun + timedelta(days=3), count=_COUNT, report=broken_off(at="learning"))
    with open_services(tmp_path) as services:
        assert {incident.number: incident for incident in services.store.all_incidents()} == desk_of(begun)
        assert len(list(services.store.articles.all())) == count_articles(ARTICLES)


def test_a_start_broken_off_after_its_incidents_still_proposes_the_major_incident(tmp_path: Path) -> None:
    begun = datetime.now(UTC)
    with open_services(tmp_path) as services:
        queue = sample_open_tickets(now=begun)
        desk = [*sample_incidents(_COUNT, now=begun), *queue]
        list(load_incidents(services.store, desk, source=SOURCE, at=begun))
        assert not proposed(services)
        with pytest.raises(KeyboardInterrupt):
            prepare(services, now=begun, count=_COUNT, report=broken_off(at="learning"))
        assert len(proposed(services)) == 1


def test_tickets_of_ones_own_get_no_made_up_ones_beside_them(tmp_path: Path) -> None:
    own = Incident(number="OWN1", short_description="the till is stuck")
    with open_services(tmp_path) as services:
        list(load_incidents(services.store, [own], source="tickets.csv"))
        prepare(services, count=_COUNT)
        assert [incident.number for incident in services.store.all_incidents()] == ["OWN1"]
        assert not list(services.store.articles.all())
        assert services.models.serving() is None


def broken_off(*, at: str) -> Callable[[Step], None]:
    """Return a report that ends a start as Ctrl-C does, once a part of a task is done."""

    def report(step: Step) -> None:
        if step.task == at and (step.done or at == "learning"):
            raise KeyboardInterrupt

    return report


def desk_of(now: datetime) -> dict[str, Incident]:
    everything = [*sample_incidents(_COUNT, now=now), *sample_open_tickets(now=now)]
    return {incident.number: incident for incident in everything}


def proposed(services: Services) -> list[tuple[str, ...]]:
    found = services.major_proposals.newest(limit=10)
    return [proposal.numbers for proposal in found if proposal.decision is MajorDecision.OPEN]
