"""The sample desk's year replayed: its outages are proposed in time with their reports, and hardly anything else."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from app.composition import Services
from app.services.detection_backtest import backtest_majors
from app.services.major_incident_facts import major_incident_facts
from tests.conftest import SAMPLE_NOW

_NAMED = "major_incident"


def test_outages_are_proposed_by_the_eighth_report_with_their_reports(sample_services: Services) -> None:
    found = backtest_majors(sample_services, since=SAMPLE_NOW - timedelta(days=366), until=SAMPLE_NOW)
    outages = defaultdict[str, set[str]](set)
    for incident in sample_services.store.all_incidents():
        if _NAMED in incident.extra:
            outages[incident.extra[_NAMED]].add(incident.number)
    assert max(map(len, outages.values())) > 40
    matched = set[str]()
    for proposal in found.proposals:
        reports = set(proposal.numbers)
        name = max(outages, key=lambda name: len(outages[name] & reports))
        if both := outages[name] & reports:
            matched.add(name)
            assert proposal.proposed_with <= 8
            assert len(both) >= 0.9 * len(reports)
            assert len(both) >= 0.9 * len(outages[name])
    assert matched == set(outages)
    assert len(found.proposals) - len(matched) <= 4


def test_what_the_reports_share_is_not_what_every_ticket_says(sample_services: Services) -> None:
    sample_services.memory.refresh()
    for proposal in sample_services.major_proposals.newest(limit=10):
        words = major_incident_facts(sample_services, proposal.lead).words
        assert words
        assert not {"the", "to", "is", "a", "and"} & set(words)
