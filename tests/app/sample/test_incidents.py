from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest

from app.sample.call import Manner
from app.sample.incidents import SampleTicket, sample_history, sample_incidents, sample_open_tickets
from app.sample.issue import Issues
from app.sample.preparation import ARTICLES
from app.sample.season import Calendar
from kb.importers.articles.files import read_articles
from kb.records.article import Article, State
from kb.records.incident import LABELS
from tests.conftest import SAMPLE_NOW


@pytest.fixture(scope="module")
def history() -> list[SampleTicket]:
    return sample_history(now=SAMPLE_NOW)


def test_the_history_is_a_year_of_whole_incidents_up_to_yesterday(history: list[SampleTicket]) -> None:
    incidents = [ticket.incident for ticket in history]
    assert 1750 <= len(incidents) <= 1900
    opened = [incident.opened_at for incident in incidents if incident.opened_at]
    assert opened == sorted(opened)
    assert {moment.month for moment in opened} == set(range(1, 13))
    assert timedelta(0) < SAMPLE_NOW - opened[-1] < timedelta(days=3)
    assert all(
        incident.opened_at < incident.assigned_at < incident.resolved_at < SAMPLE_NOW  # type: ignore[operator]
        for incident in incidents
    )
    assert {"monitoring", "e-mail", "phone", "portal", "chat", "walk-up"} == {one.channel for one in incidents}
    for name in set(LABELS) - {"assigned_to"}:  # the sample desk names groups, no agents
        assert sum(incident.value(name) is not None for incident in incidents) > 0.7 * len(incidents), name
    assert len({incident.assignment_group for incident in incidents}) >= 20
    assert len({incident.caller for incident in incidents}) >= 150


def test_a_day_and_a_seed_always_give_the_same_and_another_day_gives_other_dates() -> None:
    later = SAMPLE_NOW + timedelta(hours=3)
    assert sample_incidents(50, now=SAMPLE_NOW) == sample_incidents(50, now=later)
    assert sample_incidents(50, now=SAMPLE_NOW) != sample_incidents(50, seed=1, now=SAMPLE_NOW)
    moved = sample_incidents(50, now=SAMPLE_NOW + timedelta(days=40))
    assert [incident.number for incident in moved] == [
        incident.number for incident in sample_incidents(50, now=SAMPLE_NOW)
    ]
    assert moved[-1].opened_at > SAMPLE_NOW  # type: ignore[operator]  # the sample has it


def test_outages_are_the_calls_of_many_on_one_day(history: list[SampleTicket]) -> None:
    calls = defaultdict(list)
    for ticket in history:
        if "major_incident" in ticket.incident.extra:
            calls[ticket.incident.extra["major_incident"]].append(ticket.incident)
    outages = Calendar.before(SAMPLE_NOW.date()).outages
    assert sorted(len(found) for found in calls.values()) == sorted(outage.callers for outage in outages)
    for found in calls.values():
        assert len({incident.opened_at.date() for incident in found if incident.opened_at}) == 1
        people = [incident.caller for incident in found if incident.caller != "monitoring"]
        assert len(set(people)) == len(people)


def test_seasons_bring_their_issues(history: list[SampleTicket]) -> None:
    days = defaultdict(list)
    for ticket in history:
        days[ticket.call.issue.id].append(ticket.call.opened.date())

    def a_day(issue: str, first: date, last: date) -> float:
        return sum(first <= day <= last for day in days[issue]) / ((last - first).days + 1)

    year = (date(2025, 10, 30), date(2026, 10, 29))
    assert a_day("password-expired", date(2026, 1, 2), date(2026, 1, 14)) > 2 * a_day("password-expired", *year)
    assert a_day("mail-rules-phish", date(2025, 11, 10), date(2025, 12, 15)) > 2 * a_day("mail-rules-phish", *year)
    assert a_day("share-missing", date(2026, 3, 1), date(2026, 4, 30)) > 1.3 * a_day("share-missing", *year)


@pytest.mark.parametrize("now", [SAMPLE_NOW, datetime(2027, 3, 14, 0, 5, tzinfo=UTC)])
def test_it_is_as_hard_as_a_real_desk_on_any_day(now: datetime) -> None:
    """The figures that make it hard; what a model reaches with them says the next test."""
    history = sample_history(now=now)
    manners = Counter(ticket.call.manner for ticket in history)
    assert 0.06 < manners[Manner.SHARED] / len(history) < 0.1
    assert 0.04 < manners[Manner.FOREIGN] / len(history) < 0.1
    assert 0.01 < manners[Manner.TERSE] / len(history) < 0.03
    categories = defaultdict(set)
    for ticket in history:
        if ticket.call.manner is Manner.SHARED:
            categories[ticket.call.said.split("{")[0]].add(ticket.incident.category)
    assert sum(len(found) > 1 for found in categories.values()) > 15
    contradicted = [ticket.incident.category != ticket.call.issue.category for ticket in history]
    assert 0.018 < sum(contradicted) / len(history) < 0.05
    elsewhere = [ticket.incident.assignment_group != ticket.call.issue.assignment_group for ticket in history]
    assert 0.07 < sum(elsewhere) / len(history) < 0.15
    assert 0.12 < sum((ticket.incident.reassignment_count or 0) > 0 for ticket in history) / len(history) < 0.3
    assert 0.15 < sum(len(ticket.incident.resolution or "") < 25 for ticket in history) / len(history) < 0.5
    texts = [ticket.incident.description for ticket in history]
    for sign in ("-----Original Message-----", "\n> ", "\n--\n", "Since when?", "Agent:"):
        assert sum(sign in text for text in texts) > 0.01 * len(texts), sign


def test_the_queue_has_tickets_of_all_ages_up_to_the_minute() -> None:
    queue = sample_open_tickets(now=SAMPLE_NOW)
    assert not any(incident.is_history for incident in queue)
    ages = [SAMPLE_NOW - incident.opened_at for incident in queue if incident.opened_at]
    assert ages == sorted(ages, reverse=True)
    assert ages[-1] <= timedelta(minutes=2)
    assert ages[0] > timedelta(days=40)
    for least, most in ((0, 1), (1, 24), (24, 24 * 7), (24 * 7, 24 * 70)):
        assert sum(timedelta(hours=least) <= age < timedelta(hours=most) for age in ages) >= 6
    new = [incident for incident in queue if incident.state == "new"]
    assert len(new) > 25
    assert all(incident.category is None and incident.assignment_group is None for incident in new)
    assert all(incident.assignment_group for incident in queue if incident.state != "new")
    assert not {incident.number for incident in queue} & {
        incident.number for incident in sample_incidents(now=SAMPLE_NOW)
    }


def test_gaps_have_no_article_and_links_lead_to_articles(history: list[SampleTicket]) -> None:
    articles = [article for article in read_articles(ARTICLES) if isinstance(article, Article)]
    assert len(articles) == len(list(ARTICLES.glob("*.md"))) >= 60
    assert all(article.solves for article in articles)
    assert Counter(article.state for article in articles)[State.ARCHIVED] == 1
    issues = Issues.read().by_id
    assert {key for ticket in history for key in ticket.incident.articles} <= {article.id for article in articles}
    gaps = [issue for issue in issues.values() if issue.article is None]
    counts = Counter(ticket.call.issue.id for ticket in history)
    assert len(gaps) >= 4
    assert all(counts[gap.id] >= 15 for gap in gaps)
    assert not any(ticket.incident.articles for ticket in history if ticket.call.issue in gaps)
