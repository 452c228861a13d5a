"""Ticket drafts: a ticket being logged or worked on, and what the person at it has decided; kept across reloads."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Any

import streamlit as st

from app.client import Client
from app.desk.visitor import Keeper, browser
from app.desk.writing import hand_in_texts
from app.schemas.articles import ArticleView
from app.schemas.incidents import IncidentView
from app.schemas.suggestions import FieldView, SuggestionView
from kb.records.incident import LABELS


@dataclass
class TicketDraft:
    """A ticket at work.

    `stored` are the values that the service keeps already, `chosen` those that the person set, `None` where they
    emptied a field; `checked` the suggested ones that they were shown as doubtful and let stand. `answers` counts the
    answers of the caller that became part of the description. While the person `is_resolving` it, `resolution` is what
    they write about that, and `article` the one that it began from, if any. `logged` is the new ticket as the service
    stored it, `None` before that; `logging` is held meanwhile, since each press of a key runs the page in another
    thread.
    """

    number: str
    caller: str = ""
    short_description: str = ""
    description: str = ""
    stored: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str | None] = field(default_factory=dict)
    checked: dict[str, str | None] = field(default_factory=dict)
    is_resolving: bool = False
    article: str | None = None
    resolution: str = ""
    edition: int = 0
    answers: int = 0
    opened: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    answer: SuggestionView | None = None
    answered: object = None
    logged: IncidentView | None = None
    logging: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def says_something(self) -> bool:
        """Return whether there is a text to suggest from."""
        return bool(self.short_description.strip() or self.description.strip())

    def texts(self) -> dict[str, str]:
        """Return the texts that are not empty, by field."""
        given = {"caller": self.caller, "short_description": self.short_description, "description": self.description}
        return {name: text for name, text in given.items() if text.strip()}

    def question(self) -> dict[str, str]:
        """Return the ticket as it stands, about which the service is asked."""
        values = {name: value for name, value in {**self.stored, **self.chosen}.items() if value is not None}
        return {"number": self.number, **values, **self.texts()}

    def ask(self, service: Client) -> SuggestionView | None:
        """Return what is suggested for the ticket as it stands; `None` while it says nothing.

        The service is asked once for each state of the ticket. Articles and similar incidents follow the texts alone,
        so that they stay where they are while fields are set.
        """
        if not self.says_something:
            return None
        question = self.question()
        if self.answered != question:
            found = service.suggest(question, explain=True)
            same_texts = isinstance(self.answered, dict) and all(
                self.answered.get(name) == question.get(name) for name in ("caller", "short_description", "description")
            )
            if self.answer is not None and same_texts:
                found = found.model_copy(
                    update={
                        "articles": self.answer.articles,
                        "similar_incidents": self.answer.similar_incidents,
                        "fields": {**self._of_chosen(), **found.fields},
                    }
                )
            self.answer, self.answered = found, question
        return self.answer

    def _of_chosen(self) -> dict[str, FieldView]:
        """Return what was suggested for the fields that the person set meanwhile, so that they can go back to it."""
        return {name: view for name, view in (self.answer.fields if self.answer else {}).items() if name in self.chosen}

    def choose(self, name: str, value: str | None) -> None:
        """Set a field, or empty it."""
        self.chosen[name] = value

    def values(self, fields: Mapping[str, FieldView]) -> dict[str, str]:
        """Return the values that a new ticket gets: what the person set, else what is suggested."""
        return {name: value for name, value in self.pending(fields).items() if value is not None}

    def pending(self, fields: Mapping[str, FieldView]) -> dict[str, str | None]:
        """Return the values that saving would write, `None` where the person emptied a field that has one."""
        suggested = {name: view.value for name, view in fields.items()}
        values = {**suggested, **self.stored, **self.chosen}
        return {name: value for name, value in values.items() if value != self.stored.get(name)}

    def is_checked(self, name: str, value: str | None) -> bool:
        """Return whether the person was shown this value of a field as doubtful and let it stand."""
        return name in self.checked and self.checked[name] == value

    def unchecked(self, fields: Mapping[str, FieldView]) -> dict[str, str | None]:
        """Return the suggestions, by field, that are below the bar for being trusted and that nobody has looked at."""
        return {
            name: view.value
            for name, view in fields.items()
            if view.decision == "suggested"
            and not self.is_checked(name, view.value)
            and name not in {**self.stored, **self.chosen}
        }

    def decisions(self, fields: Mapping[str, FieldView]) -> list[dict[str, Any]]:
        """Return what the person decided, as feedback: fields that they set, and doubtful ones that they checked."""
        return [
            {"field": name, "suggested": fields[name].value if name in fields else None, "chosen": value}
            for name, value in self.values(fields).items()
            if name in self.chosen or self.is_checked(name, value)
        ]

    def tell(self, answer: str) -> None:
        """Make the caller's answer to a question the last line of the description."""
        self.description = f"{self.description}\n{answer}".strip()
        self.answers += 1

    def resolve_with(self, article: ArticleView) -> Callable[[], object]:
        """Take an article's resolution, or else its workaround, as the ticket's; returns what undoes it."""
        return self._replace_resolution(article.id, article.resolution or article.workaround)

    def resolve_in_own_words(self) -> None:
        """Begin to resolve the ticket without an article."""
        self._replace_resolution(None, "")

    def leave_open(self) -> Callable[[], object]:
        """Take the resolution away; returns what undoes it."""
        return self._replace_resolution(None, "", is_resolving=False)

    def _replace_resolution(
        self, article: str | None, resolution: str, *, is_resolving: bool = True
    ) -> Callable[[], object]:
        undo = partial(self._replace_resolution, self.article, self.resolution, is_resolving=self.is_resolving)
        self.article, self.resolution, self.is_resolving = article, resolution, is_resolving
        self.edition += 1
        return undo

    def incident(self, fields: Mapping[str, FieldView]) -> dict[str, Any]:
        """Return the ticket as the service keeps it: logged now, resolved where the person resolves it."""
        now = datetime.now(UTC).isoformat()
        state: dict[str, Any] = {"state": "new"}
        if self.is_resolving:
            state = {"state": "resolved", "resolved_at": now, "resolution": self.resolution}
        return {"number": self.number, **self.texts(), **self.values(fields), **state, "opened_at": now}

    def kept_names(self) -> Iterable[str]:
        """Return the names under which the browser keeps its texts."""
        return (f"{self.number}-{name}" for name in ("caller", "short", "text", "resolution"))


def new_number() -> str:
    """Return a number for a ticket that has none yet."""
    return f"DESK-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(3).upper()}"


@st.cache_resource
def _drafts() -> Keeper[TicketDraft]:
    return Keeper()


@st.cache_resource
def _latest() -> Keeper[str]:
    return Keeper()


@st.cache_resource
def _begun() -> Keeper[list[str]]:
    """Numbers of the new tickets that a browser began, by browser."""
    return Keeper()


def new_ticket_draft(number: str | None) -> TicketDraft:
    """Return the new ticket of this number; without one, the ticket that this browser was last logging."""
    number = number or _latest().get(browser()) or new_number()
    draft = _drafts().get(number)
    if draft is None:
        draft = TicketDraft(number)
        _drafts().put(number, draft)
    _latest().put(browser(), number)
    _begun().put(browser(), [*(other.number for other in unfinished_beside(draft)), number])
    return draft


def unfinished_beside(draft: TicketDraft) -> list[TicketDraft]:
    """Return the other new tickets that this browser began and did not log."""
    begun = [_drafts().get(number) for number in _begun().get(browser()) or []]
    return [one for one in begun if one is not None and one is not draft and one.texts() and one.logged is None]


def draft_of(incident: IncidentView) -> TicketDraft:
    """Return this browser's work on an incident, beside what the service keeps of it now."""
    key = f"{browser()} {incident.number}"
    draft = _drafts().get(key)
    if draft is None:
        draft = TicketDraft(incident.number)
        _drafts().put(key, draft)
    draft.caller, draft.description = incident.caller or "", incident.description
    draft.short_description = incident.short_description
    labels = {name: getattr(incident, name) for name in LABELS}
    draft.stored = {name: value for name, value in {**labels, **incident.extra}.items() if value}
    return draft


def begun_draft(number: str) -> TicketDraft | None:
    """Return this browser's work on an incident, where there is any, whether the service shows that or not."""
    return _drafts().get(f"{browser()} {number}")


def hand_in(draft: TicketDraft) -> None:
    """Forget a draft, since the service has what it said; of a new ticket it stays known that it was logged."""
    draft.answer, draft.answered = None, None
    _drafts().drop(f"{browser()} {draft.number}")
    if _latest().get(browser()) == draft.number:
        _latest().drop(browser())
    hand_in_texts(draft.kept_names())


def hand_in_fields(draft: TicketDraft) -> None:
    """Forget what was set, since the service has it; a resolution that is being written stays."""
    if draft.is_resolving:
        draft.chosen.clear()
    else:
        hand_in(draft)


def begin_another() -> TicketDraft:
    """Begin another new ticket beside the one that is not logged yet."""
    _latest().drop(browser())
    return new_ticket_draft(None)
