"""Incident records: what happened to whom, how it was classified and how it was resolved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

TEXT_LIMIT = 100_000
VALUE_LIMIT = 10_000

OPEN_STATES = frozenset(
    {"new", "open", "assigned", "in progress", "pending", "on hold", "waiting", "reopened", "active"}
)
EXAMPLE_STATE = "example"


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident, or a ticket that is about to become one.

    Labels are text, also where they look like numbers. `extra` keeps every further column as it came. The filed
    texts are those with which it was logged, `None` where nobody knows whether they were changed since. `updated_at` is
    when the system that it comes from changed it last, where that system says so.
    """

    number: str
    short_description: str = ""
    description: str = ""
    caller: str | None = None
    channel: str | None = None
    service: str | None = None
    configuration_item: str | None = None
    category: str | None = None
    subcategory: str | None = None
    assignment_group: str | None = None
    impact: str | None = None
    urgency: str | None = None
    priority: str | None = None
    state: str = "resolved"
    opened_at: datetime | None = None
    assigned_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    updated_at: datetime | None = None
    reassignment_count: int | None = None
    reopen_count: int | None = None
    resolution: str | None = None
    articles: tuple[str, ...] = ()
    filed_short_description: str | None = None
    filed_description: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What the caller said, as filed where that is known: both texts, a repeated sentence once."""
        short = self.short_description if self.filed_short_description is None else self.filed_short_description
        long = self.description if self.filed_description is None else self.filed_description
        short, long = short.strip(), long.strip()
        return long if long.startswith(short) else f"{short}\n{long}".strip()

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
        """The same incident, filed with the texts of an earlier state of it, where that has any."""
        if not first.text:
            return self
        return replace(
            self,
            filed_short_description=first.filed_short_description or first.short_description,
            filed_description=first.filed_description or first.description,
        )

    @property
    def is_history(self) -> bool:
        """Whether it is done, so that it can teach: resolved, closed, or of unknown state."""
        return self.state.strip().lower() not in OPEN_STATES

    def value(self, name: str) -> str | None:
        """Label of a field, `None` where it has none; `name` is a field or a further column."""
        found = getattr(self, name) if name in LABELS else self.extra.get(name)
        return found or None

    @property
    def values(self) -> dict[str, str]:
        """Labels of all fields that have one, and further columns."""
        return {**{name: found for name in LABELS if (found := self.value(name))}, **self.extra}

    def with_values(self, values: Mapping[str, str]) -> Incident:
        """The same incident with other labels; a name that is no field of ours is a further column."""
        known: dict[str, Any] = {name: value for name, value in values.items() if name in LABELS}
        further = {name: value for name, value in values.items() if name not in LABELS}
        return replace(self, **known, extra={**self.extra, **further})


LABELS = (
    "category",
    "subcategory",
    "assignment_group",
    "service",
    "configuration_item",
    "impact",
    "urgency",
    "priority",
    "channel",
    "caller",
)
INSTANTS = ("opened_at", "assigned_at", "resolved_at", "closed_at", "updated_at")
COUNTS = ("reassignment_count", "reopen_count")
TEXTS = ("short_description", "description", "resolution")
FIELDS = tuple(entry.name for entry in fields(Incident) if entry.name != "extra")


def text_sha256(text: str) -> str:
    """Key under which a text's embedding is kept."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
