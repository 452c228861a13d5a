"""Forgetting: a person leaves the memory, with their incidents and wherever else they are named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, or_, select, update

from kb.records.article import passages as passages_of
from kb.storage.append_only import changeable
from kb.storage.article_rows import article_from_row, passage_rows
from kb.storage.database import Database
from kb.storage.incident_rows import KEYS_A_QUERY, incident_from_row, next_revision
from kb.storage.kept_findings import forget_findings
from kb.storage.major_schema import major_children, major_events, major_messages, major_rooms
from kb.storage.schema import (
    acts,
    answers,
    articles,
    deliveries,
    embeddings,
    feedback,
    idempotent_answers,
    import_changes,
    incident_events,
    incidents,
    major_decisions,
    major_merges,
    major_proposals,
    major_reasons,
    major_separations,
    metadata,
    notifications,
    outcomes,
    passages,
    people,
    removals,
    restricted_incidents,
    uses,
)
from kb.storage.scrubbing import as_text, likeness, scrub, texts_of, without

FORGOTTEN = "[forgotten]"


@dataclass(frozen=True, slots=True)
class Erased:
    """The number of incidents removed, and of other records that named the person."""

    incidents: int
    named: int


def name_pattern(person: str) -> re.Pattern[str]:
    """Return a pattern of a person's whole name, ignoring case."""
    return re.compile(rf"(?<!\w){re.escape(person.strip())}(?!\w)", re.IGNORECASE)


def is_named(name: str, person: str) -> bool:
    """Return whether a name is a person's, ignoring case in any script."""
    return name.strip().casefold() == person.strip().casefold()


def without_name(value: Any, pattern: re.Pattern[str]) -> Any:
    """Return a value with a person's name removed from every text in it."""
    return without(value, pattern, FORGOTTEN)


def erase(database: Database, person: str) -> Erased:
    """Remove a caller's incidents with everything that was said of them, and take their name out of all else.

    Every column of every table is searched, so that what is added later is not left out. What follows from texts
    (passages, keys of vectors) is made anew, vectors that no text needs any more are dropped, and the file holds
    nothing of what was deleted. Other processes follow at their next answer.
    """
    pattern, like = name_pattern(person), likeness(person)
    with database.writing() as connection:
        revision = next_revision(connection)
        numbers = _remove_incidents(connection, person, revision)
        connection.execute(delete(idempotent_answers))
        forget_findings(connection, revision)
        for row in connection.execute(select(people.c.name)).all():
            if is_named(row.name, person):
                connection.execute(delete(people).where(people.c.name == row.name))
        for row in connection.execute(select(notifications.c.id, notifications.c.name)).all():
            if is_named(row.name, person):
                connection.execute(delete(notifications).where(notifications.c.id == row.id))
        with changeable(connection, incident_events.name), changeable(connection, major_events.name):
            _forget_events(connection, numbers)
            for some in _some(numbers):
                _forget_in_rooms(connection, some)
            named = sum(scrub(connection, table, pattern, like, FORGOTTEN) for table in metadata.sorted_tables)
        _renew_keys(connection, revision)
        _drop_unused_vectors(connection)
    database.compact()
    return Erased(len(numbers), named)


def _remove_incidents(connection: Connection, person: str, revision: int) -> list[str]:
    """Remove the incidents of a caller and what is kept by their number or text; returns the numbers."""
    query = select(incidents.c.number, incidents.c.text_sha256, incidents.c.caller).where(
        incidents.c.caller.is_not(None)
    )
    found = [row for row in connection.execute(query) if is_named(row.caller or "", person)]
    numbers, texts = [row.number for row in found], [row.text_sha256 for row in found]
    query = select(restricted_incidents.c.number, restricted_incidents.c.incident)
    hidden = [one.number for one in connection.execute(query) if is_named(one.incident.get("caller") or "", person)]
    for some in _some(hidden):
        connection.execute(delete(restricted_incidents).where(restricted_incidents.c.number.in_(some)))
    drafts = [
        row.id
        for row in connection.execute(select(feedback.c.id, feedback.c.ticket))
        if is_named(str((row.ticket or {}).get("caller", "")), person)
    ]
    for some in _some(numbers):
        for table in (incidents, feedback, acts, outcomes, import_changes, major_proposals, notifications):
            connection.execute(delete(table).where(table.c.number.in_(some)))
        connection.execute(delete(answers).where(answers.c.ticket.in_(some)))
        for table in (major_proposals, major_decisions, major_reasons, major_merges, major_separations):
            connection.execute(delete(table).where(table.c.lead.in_(some)))
        connection.execute(delete(major_merges).where(major_merges.c.into.in_(some)))
        connection.execute(update(major_merges).where(major_merges.c.parent.in_(some)).values(parent=None))
        connection.execute(delete(major_separations).where(major_separations.c.other.in_(some)))
        connection.execute(update(uses).where(uses.c.number.in_(some)).values(number=None, searched=None))
        connection.execute(delete(removals).where(removals.c.number.in_(some)))
        connection.execute(insert(removals), [{"number": number, "revision": revision} for number in some])
        told = [deliveries.c.payload.contains(f'"{number}"', autoescape=True) for number in some]
        connection.execute(delete(deliveries).where(or_(*told)))
    for keys in _some(texts):
        connection.execute(delete(answers).where(answers.c.ticket.in_(keys)))
    for ids in _some(drafts):
        connection.execute(delete(feedback).where(feedback.c.id.in_(ids)))
    return [*numbers, *hidden]


def _forget_in_rooms(connection: Connection, numbers: list[str]) -> None:
    """Take incidents out of major incidents; what the first one of a room said is taken out of its texts."""
    connection.execute(delete(major_children).where(major_children.c.number.in_(numbers)))
    for room in connection.execute(select(major_rooms).where(major_rooms.c.lead.in_(numbers))).all():
        for table, names in ((major_messages, ("subject", "text")), (major_events, ("text",))):
            for row in connection.execute(select(table).where(table.c.lead == room.lead)).all():
                values = {name: getattr(row, name).replace(room.subject, FORGOTTEN) for name in names}
                connection.execute(update(table).where(table.c.id == row.id).values(values))
        connection.execute(update(major_rooms).where(major_rooms.c.lead == room.lead).values(subject=FORGOTTEN))


def _forget_events(connection: Connection, numbers: list[str]) -> None:
    for some in _some(numbers):
        connection.execute(delete(incident_events).where(incident_events.c.number.in_(some)))


def _renew_keys(connection: Connection, revision: int) -> None:
    """Renew the keys of changed texts, so that every process reads and embeds them again.

    What was assigned to the person is nobody's.
    """
    for row in connection.execute(_naming(incidents)).all():
        values: dict[str, Any] = {"text_sha256": incident_from_row(row).text_sha256, "revision": revision}
        if row.assigned_to == FORGOTTEN:
            values["assigned_to"] = None
        connection.execute(update(incidents).where(incidents.c.number == row.number).values(values))
    for row in connection.execute(_naming(articles)).all():
        article = article_from_row(row)
        connection.execute(delete(passages).where(passages.c.article == row.id))
        connection.execute(insert(passages), passage_rows(article, passages_of(article)))
        connection.execute(update(articles).where(articles.c.id == row.id).values(revision=revision))


def _naming(table: Table) -> Any:
    """Return the rows of a table from which somebody was taken out."""
    return select(table).where(
        or_(*(as_text(column).contains(FORGOTTEN, autoescape=True) for column in texts_of(table)))
    )


def _drop_unused_vectors(connection: Connection) -> None:
    """Drop vectors, and what was decided by text, of texts that nothing says any more."""
    kept = {key for table in (incidents, passages, feedback) for key in _text_keys(connection, table)}
    for some in _some(sorted(_text_keys(connection, embeddings) - kept)):
        connection.execute(delete(embeddings).where(embeddings.c.text_sha256.in_(some)))


def _text_keys(connection: Connection, table: Table) -> set[str]:
    return {row.text_sha256 for row in connection.execute(select(table.c.text_sha256)) if row.text_sha256}


def _some(keys: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), KEYS_A_QUERY):
        yield keys[start : start + KEYS_A_QUERY]
