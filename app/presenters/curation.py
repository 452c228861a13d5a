"""The worklist, measures, contributions and roles as views."""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.schemas.curation import (
    ContributionsView,
    ContributionView,
    DoneView,
    ItemView,
    LinkCheckView,
    MeasuresView,
    MonthView,
    PeopleView,
    PersonView,
    ReuseView,
    RulingView,
    ShareView,
    WorklistView,
)
from kb.curation.contributions import Contributions
from kb.curation.demand import Demand, Share
from kb.curation.workbench import Done, Worklist, WorklistEntry
from kb.records.worklist_item import ItemKind
from kb.storage.roles import Person, Roles

_REUSE_SHOWN = 50
"""Articles that the measures list by how often they were linked: what a person reads."""


def item_view(entry: WorklistEntry) -> ItemView:
    """Return the view of an item of the worklist."""
    item, ruling = entry.item, entry.decision
    return ItemView(
        **{name: getattr(item, name) for name in ("id", "kind", "why", "action", "hours")},
        title=entry.title,
        articles=list(item.articles),
        incidents=list(item.incidents),
        facts=dict(item.facts),
        ruling=RulingView(verdict=ruling.verdict, note=ruling.note, by=ruling.by, at=ruling.at) if ruling else None,
    )


def worklist_view(worklist: Worklist, *, kind: ItemKind | None, limit: int, polishes: bool) -> WorklistView:
    """Return the view of the first items of a kind, or of all kinds."""
    entries = [entry for entry in worklist.entries if kind in (None, entry.item.kind)]
    counts = Counter(entry.item.kind for entry in worklist.entries)
    return WorklistView(
        as_of=worklist.as_of,
        items=[item_view(entry) for entry in entries[:limit]],
        total=len(entries),
        counts={one: counts[one] for one in ItemKind},
        polishes=polishes,
    )


def done_view(done: Done) -> DoneView:
    """Return the view of what was done about an item."""
    return DoneView(item=done.item, action=done.action, article=done.article)


def share_view(share: Share) -> ShareView:
    """Return the view of a share."""
    return ShareView(value=share.value, low=share.low, high=share.high, count=share.count)


def measures_view(demand: Demand, titles: dict[str, str], **more: Any) -> MeasuresView:
    """Return the view of measures; `titles` name the articles, `more` says of what and when they were taken."""
    return MeasuresView(
        incidents=demand.cases,
        known={name: share_view(share) for name, share in demand.known.items()},
        link_rate=share_view(demand.link_rate),
        link_accuracy=share_view(demand.link_accuracy),
        reopened_with_article=share_view(demand.reopened_with),
        reopened_without_article=share_view(demand.reopened_without),
        months=[MonthView(month=name, incidents=count, link_rate=rate) for name, count, rate in demand.months],
        reuse=[
            ReuseView(article=key, title=titles.get(key, key), links=count)
            for key, count in demand.reuse[:_REUSE_SHOWN]
        ],
        to_check=[
            LinkCheckView(number=number, article=article, expected=expected)
            for number, article, expected in demand.to_check
        ],
        **more,
    )


def contributions_view(contributions: Contributions) -> ContributionsView:
    """Return the view of who contributed what."""
    return ContributionsView(
        people=[
            ContributionView(**{name: getattr(one, name) for name in ContributionView.model_fields})
            for one in contributions.people
        ],
        days_to_publish=contributions.days_to_publish,
        published=contributions.published,
    )


def person_view(person: Person) -> PersonView:
    """Return the view of a person's role."""
    return PersonView(name=person.name, role=person.role, at=person.at, by=person.by, groups=list(person.groups))


def people_view(roles: Roles) -> PeopleView:
    """Return the view of everybody's roles."""
    return PeopleView(everybody=roles.everybody, people=[person_view(person) for person in roles.all()])
