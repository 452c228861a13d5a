"""The prediction log: what was answered on each field of a ticket, without its text, to be compared with outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select

from kb.records.columns import label_of
from kb.records.incident import Incident
from kb.storage.database import Database
from kb.storage.incident_rows import incident_from_row
from kb.storage.restricted_numbers import restricted_numbers
from kb.storage.schema import answers, incidents

_ROWS_A_QUERY = 400

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Prediction:
    """One field's answer: best guess, its confidence and the decision; `shown` says whether anybody saw it.

    `ticket` is its number, or the SHA-256 of its text where it has none.
    """

    ticket: str
    field: str
    value: str | None
    confidence: float
    decision: str
    shown: bool
    model: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResolvedPrediction:
    """An answer, and the value that the ticket has now that it is resolved."""

    entry: Prediction
    truth: str

    @property
    def right(self) -> bool:
        """Return whether the best guess was right."""
        return self.entry.value == self.truth


class PredictionLog:
    """Answers by ticket and field, the newest of each; they are written some at a time, beside the answering."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[tuple[str, str], Prediction] = {}
        self._lock = Lock()

    def note(self, entries: Iterable[Prediction]) -> None:
        """Keep answers in mind until the next `flush`."""
        with self._lock:
            self._pending.update({(entry.ticket, entry.field): entry for entry in entries})

    def flush(self, *, last: bool = False) -> None:
        """Write what was noted, in one act, each in place of an older answer on that ticket and field.

        What cannot be written stays noted, so that the next call writes it, but for the `last` one.
        """
        with self._lock:
            pending, self._pending = self._pending, {}
        if not pending:
            return
        try:
            with self._database.writing() as connection:
                for some in _parts(list(pending.values())):
                    _write(connection, some)
        except BaseException:
            if not last:
                with self._lock:
                    self._pending = pending | self._pending
            raise

    def outcomes(self, field: str, *, limit: int) -> list[ResolvedPrediction]:
        """The newest answers on a field whose tickets have since been resolved with a value, the newest first."""
        found = list[ResolvedPrediction]()
        for some in _parts(self._newest(field, limit)):
            keys = [row.ticket for row in some]
            with self._database.reading() as connection:
                query = select(incidents).where(or_(incidents.c.number.in_(keys), incidents.c.text_sha256.in_(keys)))
                resolved = _by_key(incident_from_row(row) for row in connection.execute(query))
            for row in some:
                incident = resolved.get(row.ticket)
                truth = label_of(incident, field) if incident is not None else None
                if truth is not None:
                    found.append(ResolvedPrediction(Prediction(**row._mapping), truth))
        return found

    def entries(self, field: str, *, since: datetime, until: datetime) -> list[Prediction]:
        """Return the answers on a field in a span of time."""
        query = select(answers).where(answers.c.field == field, answers.c.at >= since, answers.c.at < until)
        with self._database.reading() as connection:
            return [Prediction(**row._mapping) for row in connection.execute(query.order_by(answers.c.at))]

    def _newest(self, field: str, limit: int) -> Sequence[Row[tuple[object, ...]]]:
        query = select(answers).where(answers.c.field == field).order_by(answers.c.at.desc()).limit(limit)
        with self._database.reading() as connection:
            return connection.execute(query).all()


def _write(connection: Connection, entries: Sequence[Prediction]) -> None:
    """Write answers in an act, but for those on which another process has written a newer one.

    Nothing is written of an incident that has been restricted since it was asked for.
    """
    hidden = restricted_numbers(connection, {entry.ticket for entry in entries})
    entries = [entry for entry in entries if entry.ticket not in hidden]
    tickets = {entry.ticket for entry in entries}
    query = select(answers.c.ticket, answers.c.field, answers.c.at).where(answers.c.ticket.in_(tickets))
    known = {(row.ticket, row.field): row.at for row in connection.execute(query)}
    newer = [entry for entry in entries if entry.at >= known.get((entry.ticket, entry.field), entry.at)]
    old = [{"key": e.ticket, "name": e.field} for e in newer if (e.ticket, e.field) in known]
    if old:
        where = (answers.c.ticket == bindparam("key"), answers.c.field == bindparam("name"))
        connection.execute(delete(answers).where(*where), old)
    if newer:
        connection.execute(insert(answers), [asdict(entry) for entry in newer])


def _by_key(found: Iterable[Incident]) -> dict[str, Incident]:
    """Return resolved incidents by number and by the digest of their text."""
    resolved: dict[str, Incident] = {}
    for incident in found:
        if incident.is_history:
            resolved.setdefault(incident.text_sha256, incident)
            resolved[incident.number] = incident
    return resolved


def _parts(rows: Sequence[Part]) -> Iterator[Sequence[Part]]:
    for start in range(0, len(rows), _ROWS_A_QUERY):
        yield rows[start : start + _ROWS_A_QUERY]
