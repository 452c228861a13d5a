"""Incident records: what happened to whom, how it was classified and how it was resolved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kb.reading.boilerplate import NO_BOILERPLATE, Boilerplate
from kb.reading.said import Said, said
from kb.records.fields import (
    FieldKind,
    count_field,
    filed_text_field,
    instant_field,
    key_field,
    label_field,
    links_field,
    names_of,
    optional_text_field,
    stage_field,
    state_field,
    table_of,
    text_field,
)
from kb.vocabulary.stage import Stage
from kb.vocabulary.states import stage_of
from kb.vocabulary.tool import is_certain, tool_of

TEXT_LIMIT = 100_000
NUMBER_LIMIT = 200
VALUE_LIMIT = 10_000

EXAMPLE_STATE = "example"
EXAMPLE_PREFIX = "EXAMPLE-"
"""Of examples, which teach what people decided: their state, and how their numbers begin."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident, or a ticket that is about to become one.

    Labels are text, also where they look like numbers. `extra` keeps every further column as it came. The filed
    texts are those with which it was logged, `None` where nobody knows whether they were changed since. `updated_at` is
    when the system that it comes from changed it last, where that system says so. `state` is kept as it came, `stage`
    is what it means. `assigned_to` is the person of the assignment group who works on it. `boilerplate` is what counts
    for nothing in its texts; it is no part of the record.
    """

    number: str = key_field(
        "number, incident number, ticket number, ticketnumber, ticket#, ticket number#, issue key, key, ticket "
        "id, incident id, case number, display id, id, ticket, ticketid, inc"
    )
    short_description: str = text_field("short description, summary, subject, title, ticket subject, name, headline")
    description: str = text_field(
        "description, details, body, description text, ticket description, content, text, message, first article, "
        "article body, document"
    )
    category: str | None = label_field(
        "category, request type, customer request type, itil category, itilcategories id, ticket category, topic",
        learnt=True,
        agreeing=True,
    )
    subcategory: str | None = label_field(
        "subcategory, sub category, item category, sub categories", learnt=True, agreeing=True, parent="category"
    )
    assignment_group: str | None = label_field(
        "assignment group, assigned group, group, support group, queue, team, agent group, resolver group, "
        "assigned to technician group, group id, assigned team, technician group",
        learnt=True,
        agreeing=True,
    )
    service: str | None = label_field(
        "service, business service, affected service, affected services, service offering, application, product",
        learnt=True,
        agreeing=True,
    )
    configuration_item: str | None = label_field(
        "configuration item, cmdb ci, ci, asset, associated assets, device, affected ci, items", parent="service"
    )
    location: str | None = label_field("location, site, office, building, branch, site name", learnt=True)
    impact: str | None = label_field("impact, impact level", learnt=True)
    urgency: str | None = label_field("urgency, urgency level", learnt=True)
    priority: str | None = label_field("priority, priority name, priority level", learnt=True)
    channel: str | None = label_field(
        "channel, contact type, via, source, request source, via channel, create article type, ticket source"
    )
    caller: str | None = label_field(
        "caller, caller id, requester, requester name, requester email, reporter, customer, customer user, "
        "customeruser, customeruserid, customer id, opened for, requested for, requester id, user, from"
    )
    assigned_to: str | None = label_field(
        "assigned to, assignee, assigned to user, assigned user, assigned agent, assigned technician, assignee name"
    )
    state: str = state_field("state, status, incident state, ticket state, ticket status")
    stage: Stage = stage_field()
    opened_at: datetime | None = instant_field(
        "opened at, opened, created, created at, created time, created on, opening date, date opened, sys created "
        "on, create time, requested, date, reported at, open date, ticket created"
    )
    assigned_at: datetime | None = instant_field(
        "assigned at, assigned, first assigned at, initially assigned at, first assigned, takeintoaccount date"
    )
    resolved_at: datetime | None = instant_field(
        "resolved at, resolved, resolved time, solved at, solved, solution date, resolution date, solvedate, "
        "resolved on, solution time"
    )
    closed_at: datetime | None = instant_field(
        "closed at, closed, closed time, close at, close time, closing date, closedate, last close at"
    )
    updated_at: datetime | None = instant_field()
    reassignment_count: int | None = count_field("reassignment count, reassignments, group stations, assignment count")
    reopen_count: int | None = count_field("reopen count, reopens, reopened, reopen number")
    resolution: str | None = optional_text_field(
        "resolution notes, close notes, resolution note, resolution comment, solution, resolution, solution "
        "description, work around, answer, fix, resolution description"
    )
    articles: tuple[str, ...] = links_field(
        "articles, linked articles, knowledge articles, kb articles, kb, linked kb, article"
    )
    filed_short_description: str | None = filed_text_field()
    filed_description: str | None = filed_text_field()
    extra: Mapping[str, str] = field(default_factory=dict)
    boilerplate: Boilerplate = field(default=NO_BOILERPLATE, compare=False, repr=False)
    state_read: str | None = field(default=None, repr=False, compare=False)
    """The state that `stage` was read from: where another one takes its place, its stage does too."""

    def __post_init__(self) -> None:
        stage: Any = self.stage
        if stage is None or self.state_read not in (None, self.state):
            object.__setattr__(self, "stage", _stage(self))
        object.__setattr__(self, "state_read", self.state)

    @property
    def text(self) -> str:
        """What the caller said, as filed where that is known: what is embedded and learnt of it."""
        return self._said.complaint

    @property
    def searched_text(self) -> str:
        """The text whose words are searched: what the caller said, and the telling line of a pasted log."""
        return self._said.searched

    @property
    def _said(self) -> Said:
        short = self.short_description if self.filed_short_description is None else self.filed_short_description
        long = self.description if self.filed_description is None else self.filed_description
        return said(short, long, self.boilerplate)

    @property
    def text_sha256(self) -> str:
        """Key of its text."""
        return text_sha256(self.text)

    @property
    def circumstances(self) -> tuple[str, ...]:
        """What is known from the start beside the text: who calls, and over which channel."""
        known = (("caller", self.caller), ("channel", self.channel))
        return tuple(f"{name}={value.strip().casefold()}" for name, value in known if value)

    @property
    def is_as_filed(self) -> bool:
        """Whether the texts with which it was logged are known."""
        return self.filed_short_description is not None and self.filed_description is not None

    def filed_as(self, first: Incident) -> Incident:
        """Return the same incident, filed with the texts of an earlier state of it, where that has any."""
        if not first.text:
            return self
        return replace(
            self,
            filed_short_description=first.filed_short_description or first.short_description,
            filed_description=first.filed_description or first.description,
        )

    @property
    def is_history(self) -> bool:
        """Whether it is known to be resolved or closed, so that it can teach."""
        return self.stage.is_finished

    @property
    def is_open(self) -> bool:
        """Whether it is known that somebody still has to work on it."""
        return self.stage.is_open

    def in_state(self, state: str, stage: Stage | None = None) -> Incident:
        """Return the incident in another state, which means `stage`, or what the tools mean by it."""
        changes: dict[str, Any] = {"state": state, "stage": stage, "state_read": None}
        return replace(self, **changes)

    def value(self, name: str) -> str | None:
        """Label of a field, `None` where it has none; `name` is a field or a further column."""
        found = getattr(self, name) if name in LABELS else self.extra.get(name)
        return found or None

    @property
    def values(self) -> dict[str, str]:
        """Labels of all fields that have one, and further columns."""
        return {**{name: found for name in LABELS if (found := self.value(name))}, **self.extra}

    def with_values(self, values: Mapping[str, str]) -> Incident:
        """Return the incident with other labels; a name that is not a field of ours is a further column."""
        known: dict[str, Any] = {name: value for name, value in values.items() if name in LABELS}
        further = {name: value for name, value in values.items() if name not in LABELS}
        return replace(self, **known, extra={**self.extra, **further})


FIELDS = table_of(Incident)
"""Every field of an incident but the further columns, in the order of the class."""
FIELD_NAMES = tuple(entry.name for entry in FIELDS)
LABELS = names_of(FIELDS, FieldKind.LABEL)
INSTANTS = names_of(FIELDS, FieldKind.INSTANT)
COUNTS = names_of(FIELDS, FieldKind.COUNT)
TEXTS = tuple(entry.name for entry in FIELDS if entry.kind is FieldKind.TEXT and not entry.derived)
"""Texts that a file or a caller may give; the texts as filed follow from what was written first."""

PEOPLE = ("caller", "assigned_to")
"""Labels that name a person."""


def _stage(incident: Incident) -> Stage:
    """Return what an incident's state means; without a state it is finished where a time says so."""
    if incident.state == EXAMPLE_STATE:
        return Stage.RESOLVED
    if not incident.state.strip():
        ended = ((incident.closed_at, Stage.CLOSED), (incident.resolved_at, Stage.RESOLVED))
        return next((stage for at, stage in ended if at is not None), Stage.UNKNOWN)
    stage = stage_of(incident.state)
    tool = tool_of(incident.extra) if stage is Stage.UNKNOWN else None
    if tool is None or (incident.state.strip().isdigit() and not is_certain(tool, incident.extra)):
        return stage
    return stage_of(incident.state, tool.name)


def text_sha256(text: str) -> str:
    """Key under which a text's embedding is kept."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
