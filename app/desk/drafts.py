"""Drafts: the ticket that an agent is logging, and what was decided on it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.client import Client
from app.schemas.suggestions import FieldView, SuggestionView


def new_number() -> str:
    """A number for a ticket that has none yet."""
    return f"DESK-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(3).upper()}"


@dataclass
class FormDraft:
    """A ticket being logged: its texts, chosen values, the articles that were read and those that solved it.

    `searched` says that no article helped.
    """

    number: str = field(default_factory=new_number)
    short_description: str = ""
    description: str = ""
    caller: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    articles: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    searched: bool = False

    @property
    def says_something(self) -> bool:
        """Whether there is a text to suggest from."""
        return bool(self.short_description.strip() or self.description.strip())

    def ticket(self) -> dict[str, Any]:
        """The ticket as the API takes it, chosen values included."""
        texts = {"short_description": self.short_description, "description": self.description, "caller": self.caller}
        return {"number": self.number, **{name: text for name, text in texts.items() if text.strip()}, **self.chosen}

    def choose(self, service: Client, name: str, suggested: FieldView, value: str, *, by: str | None) -> None:
        """Accept or correct a field; the service learns it at once."""
        ticket = {name: value for name, value in self.ticket().items() if name not in self.chosen}
        service.feedback(number=self.number, ticket=ticket, field=name, suggested=suggested.value, chosen=value, by=by)
        self.chosen[name] = value

    def refuse(self, service: Client, name: str, value: str, *, by: str | None) -> None:
        """Say that a value is never right for such a ticket, an incident not similar, an article no help."""
        service.feedback(number=self.number, ticket=self.ticket(), field=name, suggested=value, chosen=None, by=by)

    def solved_by(self, article: str) -> None:
        """Note that an article solved it."""
        if article not in self.articles:
            self.articles.append(article)

    def open(self, service: Client, article: str, *, by: str | None) -> None:
        """Note once that an article was read for this ticket."""
        if article not in self.opened:
            service.opened(article, number=self.number, by=by)
            self.opened.append(article)

    def not_found(self, service: Client, *, by: str | None) -> None:
        """Note that no article helps: what the caller says is the search."""
        text = f"{self.short_description}\n{self.description}".strip()
        service.not_found(text[:10_000], number=self.number, by=by)
        self.searched = True

    def log(self, service: Client, suggestion: SuggestionView, *, by: str | None = None) -> None:
        """Write the ticket: what was chosen, and what is suggested where nothing was; then link what solved it."""
        suggested = {name: found.value for name, found in suggestion.fields.items() if found.value is not None}
        known = {name: value for name, value in suggested.items() if name not in self.chosen}
        solved = {"state": "resolved", "resolved_at": _now()} if self.articles else {"state": "new"}
        service.put_incident(self.number, {**self.ticket(), **known, **solved, "opened_at": _now()})
        for article in self.articles:
            service.link_article(self.number, article, by=by)


def changed(stored: Mapping[str, Any], edited: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an article that an editor changed."""
    return {name: value for name, value in edited.items() if value != stored.get(name)}


def _now() -> str:
    return datetime.now(UTC).isoformat()
