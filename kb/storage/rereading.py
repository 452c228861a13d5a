"""Rereading: vectors of all incidents by their texts as they are read now."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, update

from kb.records.incident import text_sha256
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.incident_rows import incident_from_row, stream
from kb.storage.schema import incidents

# Texts that are embedded before what was done is written: what is broken off loses no more.
_TEXTS_A_STEP = 500


def reread(database: Database, embeddings: Embeddings, report: Callable[[float], None] = lambda _: None) -> int:
    """Embed every incident again whose text reads differently now; returns their number.

    `report` is called with the share that is done. Processes that read the former texts go on with their vectors.
    """
    changed = dict[str, tuple[str, str]]()
    for row in stream(database, select(incidents)):
        incident = embeddings.as_read(incident_from_row(row))
        if incident.text_sha256 != row.text_sha256:
            changed[row.number] = (row.text_sha256, incident.text)
    numbers_changed = list(changed)
    for start in range(0, len(numbers_changed), _TEXTS_A_STEP):
        report(start / len(numbers_changed))
        numbers = numbers_changed[start : start + _TEXTS_A_STEP]
        vectors = embeddings.missing(changed[number][1] for number in numbers)
        with database.writing() as connection:
            embeddings.keep(connection, vectors)
            for number in numbers:
                before, text = changed[number]
                unchanged = (incidents.c.number == number, incidents.c.text_sha256 == before)
                connection.execute(update(incidents).where(*unchanged).values(text_sha256=text_sha256(text)))
    return len(changed)
