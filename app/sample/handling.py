"""What the sample desk does with a ticket: the labels it is closed with, who solves it, when, and what they write."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.sample.call import Call, Manner
from app.sample.caller import People
from app.sample.deck import Deck
from app.sample.issue import Issue, Issues, read_yaml
from app.sample.ticket_text import TicketWriter
from kb.records.priority_matrix import DEFAULT_MATRIX
from triage.priority import NAMES

_LEVELS = {1: "1 - High", 2: "2 - Medium", 3: "3 - Low"}
_URGENT_WORDS = ("urgent", "asap", "today!!", "cannot work", "eilt", "es urgente")
# share of tickets closed with the labels of an issue that they could be taken for: somebody's slip
_SLIP = 0.01
# share of tickets sent to a wrong group that stay there
_STAYS = 0.06
# share of tickets that an article is linked to, of those that have one: who links it searched by the ticket's text,
# and finds it less often where that text is vague, short or in another language
_LINKED = {Manner.OWN: 0.62, Manner.SHARED: 0.35, Manner.TERSE: 0.2, Manner.FOREIGN: 0.25}
_WRONG_LINK = 0.03  # share of links to a wrong article
_HOME = 0.7  # share of calls about remote access that come from home
_LOCATED = 0.8  # share of tickets whose location is known


class Route(StrEnum):
    """How a ticket comes to the group that solves it."""

    DIRECT = "direct"
    BOUNCED = "bounced"
    RETURNED = "returned"


class Note(StrEnum):
    """What somebody writes as resolution."""

    GOOD = "good"
    POOR = "poor"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Times:
    """When a ticket is assigned, resolved and closed."""

    assigned: datetime
    resolved: datetime


class Handling:
    """The desk's work on tickets, with its mistakes."""

    def __init__(self, chance: random.Random, issues: Issues, people: People, writer: TicketWriter) -> None:
        self._chance = chance
        self._issues = issues
        self._people = people
        self._writer = writer
        self._first_line: Mapping[str, Any] = read_yaml("people")["first_line"]
        self._routes = Deck(chance, {Route.DIRECT: 40, Route.BOUNCED: 8, Route.RETURNED: 2})
        self._notes = Deck(chance, {Note.GOOD: 40, Note.POOR: 8, Note.NONE: 2})

    def labels(self, call: Call, text: str) -> dict[str, Any]:
        """Return the labels with which a ticket is closed, the right ones or not, and how often it changed hands."""
        issue, named = call.issue, self._named(call.issue)
        route = self._routes.deal()
        group = self._group(named, call)
        mistaken = [other.assignment_group for other in self._issues.taken_for(issue)]
        if route is Route.BOUNCED and mistaken and self._chance.random() < _STAYS:
            group = self._chance.choice(mistaken)
        impact, urgency = self._near(issue.impact, 30), self._near(issue.urgency, 14)
        if any(word in text.lower() for word in _URGENT_WORDS):
            urgency = max(1, urgency - 1)
        return {
            "category": named.category,
            "subcategory": named.subcategory,
            "service": named.service,
            "configuration_item": named.configuration_item,
            "assignment_group": group,
            "location": self._location(call),
            "impact": _LEVELS[impact],
            "urgency": _LEVELS[urgency],
            "priority": NAMES[DEFAULT_MATRIX[impact, urgency]],
            "reassignment_count": {Route.DIRECT: 0, Route.BOUNCED: self._chance.choice((1, 1, 1, 2, 3))}.get(route, 2),
        }

    def times(self, opened: datetime, priority: str, bounces: int, before: datetime) -> Times:
        """Return when a ticket was assigned and resolved, both before a moment; each wrong group takes its time."""
        chance, level = self._chance, int(priority[0])
        assigned = opened + timedelta(minutes=chance.randint(2, 15 * level) * (1 + 4 * bounces))
        resolved = assigned + timedelta(minutes=1 + int(chance.lognormvariate(3.2 + 0.4 * level, 0.9)))
        if resolved >= before:
            assigned, resolved = opened + (before - opened) * 0.3, opened + (before - opened) * 0.8
        return Times(assigned, resolved)

    def resolution(self, issue: Issue) -> str | None:
        """Return what is written down of how an issue was resolved: mostly what was done, at times next to nothing."""
        note = self._notes.deal()
        if note is Note.GOOD:
            return self._writer.filled(self._chance.choice(issue.notes))
        return self._writer.poor_note() if note is Note.POOR else None

    def linked(self, call: Call) -> tuple[str, ...]:
        """Return the article that is linked: mostly the right one, often none."""
        issue = call.issue
        if issue.article is None or self._chance.random() >= _LINKED[call.manner]:
            return ()
        others = [other.article for other in self._issues.taken_for(issue) if other.article]
        if others and self._chance.random() < _WRONG_LINK:
            return (self._chance.choice(others),)
        return (issue.article,)

    def _named(self, issue: Issue) -> Issue:
        """Return the issue under whose labels this one is closed."""
        overlap = self._issues.contradictions.get(issue.id)
        if overlap is not None and self._chance.random() < overlap.share:
            return self._issues.by_id[overlap.closed_as]
        others = self._issues.taken_for(issue)
        return self._chance.choice(others) if others and self._chance.random() < _SLIP else issue

    def _group(self, named: Issue, call: Call) -> str:
        rule, site = self._first_line, call.caller.site
        if named.id in rule["issues"] and call.channel in rule["channels"] and self._chance.random() < rule["share"]:
            return str(rule["group"])
        if site.field_team and named.assignment_group in self._people.on_site_groups:
            return site.field_team
        return named.assignment_group

    def _location(self, call: Call) -> str | None:
        draw = self._chance.random()
        if call.issue.service == "Remote access" and draw < _HOME:
            return "home"
        return call.caller.site.name if draw < _LOCATED else None

    def _near(self, level: int, usual: int) -> int:
        """Return a level from 1 to 3: so many times the usual one for each time that it is the one above or below."""
        return min(3, max(1, level + self._chance.choices((0, -1, 1), (usual, 1, 1))[0]))
