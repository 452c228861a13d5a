"""Audit logs as JSON: the changelog of Jira's issues, and the audits of Zendesk's tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kb.importers.dates import DateReader
from kb.importers.events.fields import field_names, value_of
from kb.importers.events.update import LoggedUpdate
from kb.records.incident_event import EventKind
from kb.records.json_text import text_of_json
from kb.records.rejects import Reject

JIRA, ZENDESK = "Jira Service Management", "Zendesk"
_CHANGES = ("Create", "Change")
_LEVELS = 3


def is_issue(value: Any) -> bool:
    """Return whether an object is an issue of Jira with its changelog."""
    return isinstance(value, Mapping) and isinstance(value.get("changelog"), Mapping) and "key" in value


def is_audit(value: Any) -> bool:
    """Return whether an object is an audit of a ticket of Zendesk."""
    return isinstance(value, Mapping) and isinstance(value.get("events"), list) and "ticket_id" in value


def entries(document: Any, level: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the issues and audits in a document, wherever its lists of them are."""
    if is_issue(document) or is_audit(document):
        yield document
    elif isinstance(document, list):
        for entry in document:
            yield from entries(entry, level)
    elif isinstance(document, Mapping) and level < _LEVELS:
        for value in document.values():
            yield from entries(value, level + 1)


class DocumentLog:
    """The entries of a JSON document as updates; ids of people and groups become names where it has them."""

    def __init__(self, file: str, document: Any, dates: DateReader) -> None:
        self._file, self._document, self._dates = file, document, dates
        self._names = _named(document)

    @property
    def tool(self) -> str | None:
        """Return the tool that the document comes from, `None` where it has neither issues nor audits."""
        first = next(entries(self._document), None)
        return None if first is None else JIRA if is_issue(first) else ZENDESK

    def updates(self) -> Iterator[LoggedUpdate | Reject]:
        """Yield the updates of each entry, and a Reject for one that cannot be read."""
        for number, entry in enumerate(entries(self._document), start=1):
            read: Callable[[Mapping[str, Any]], Iterator[LoggedUpdate]] = (
                self._issue if is_issue(entry) else self._audit
            )
            try:
                yield from list(read(entry))
            except KeyError as error:
                yield self._left_out(number, f"it lacks {error}")
            except ValueError as error:
                yield self._left_out(number, f"{error!s:.200}")
            except (TypeError, AttributeError, RecursionError):
                yield self._left_out(number, "a value has another form")

    def _left_out(self, number: int, reason: str) -> Reject:
        return Reject(self._file, number, None, f"is not an entry of an audit log that can be read: {reason}")

    def _issue(self, issue: Mapping[str, Any]) -> Iterator[LoggedUpdate]:
        """Yield the updates in the changelog of an issue: histories with the fields that changed in each."""
        key, names = _text(issue["key"]), field_names(JIRA)
        created = self._dates.read(_text((issue.get("fields") or {}).get("created")))
        histories = sorted(issue["changelog"].get("histories") or [], key=lambda one: _text(one["created"]))
        first = True
        for history in histories:
            before, after = dict[str, str | None](), dict[str, str | None]()
            for item in history.get("items") or []:
                field = names.field_of(_text(item["field"]))
                if field is not None:
                    before[field] = value_of(_text(item.get("fromString") or item.get("from")))
                    after[field] = value_of(_text(item.get("toString") or item.get("to")))
            at = self._dates.read(_text(history["created"]))
            if at is None:
                raise ValueError("a history has no time")
            if after:
                by = value_of(_text(history.get("author")))
                yield LoggedUpdate(key, at, by, before, after, opened_at=created if first else None)
                first = False

    def _audit(self, audit: Mapping[str, Any]) -> Iterator[LoggedUpdate]:
        """Yield the updates in one audit of a ticket: fields that were set or changed, and comments."""
        names = field_names(ZENDESK)
        before, after, kinds = dict[str, str | None](), dict[str, str | None](), list[EventKind]()
        is_first = False
        for event in audit["events"]:
            is_first = is_first or event.get("type") == "Create"
            field = names.field_of(_text(event.get("field_name")))
            if event.get("type") in _CHANGES and field is not None:
                before[field] = self._named(event.get("previous_value"))
                after[field] = self._named(event.get("value"))
            elif event.get("type") == "Comment":
                kinds.append(EventKind.RESPONDED if event.get("public") else EventKind.NOTED)
        at = self._dates.read(_text(audit["created_at"]))
        if at is None:
            raise ValueError("an audit has no time")
        number, by = _text(audit["ticket_id"]), self._named(audit.get("author_id"))
        if is_first:  # the first comment is the caller's description
            yield LoggedUpdate(number, at, by, {}, after, opened_at=at)
        elif after or kinds:
            yield LoggedUpdate(number, at, by, before, after, kinds=tuple(kinds))

    def _named(self, value: Any) -> str | None:
        text = _text(value)
        return value_of(self._names.get(text, text))


def _named(document: Any) -> dict[str, str]:
    """Return the names of people and groups by id, from the lists beside the entries."""
    if not isinstance(document, Mapping):
        return {}
    return {
        _text(one.get("id")): _text(one.get("name"))
        for kind in ("users", "groups")
        for one in document.get(kind) or []
        if isinstance(one, Mapping) and one.get("name")
    }


def _text(value: Any) -> str:
    return text_of_json(value)
