"""Loading: records from files into the store, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from kb.records.article import Article
from kb.records.incident import Incident
from kb.records.rejects import Reject
from kb.records.written import Written
from kb.storage.incident_store import IncidentStore

INCIDENTS_A_BATCH = 512
ARTICLES_A_BATCH = 32
IMPORT = "import"
"""Who stands as the author of imported articles."""

Record = TypeVar("Record", Incident, Article)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One batch: what it changed, and what was left out."""

    written: Written
    rejects: tuple[Reject, ...] = field(default=())

    @property
    def rows(self) -> int:
        """How many rows or files it took."""
        written = self.written
        return written.new + written.updated + written.unchanged + written.superseded + len(self.rejects)


def load_incidents(store: IncidentStore, records: Iterable[Incident | Reject], *, source: str) -> Iterator[Loaded]:
    """Write incidents in batches, each of which is on disk when it is yielded; a second run completes a broken one.

    `source` names the file, under which the import can be undone.
    """
    key = store.imports.begin(source)
    for found, rejects in _batches(records, INCIDENTS_A_BATCH):
        yield Loaded(store.put_incidents(found, imported=key), tuple(rejects))


def load_articles(
    store: IncidentStore, records: Iterable[Article | Reject], *, by: str | None = None
) -> Iterator[Loaded]:
    """Write articles in batches, as `load_incidents` does."""
    for found, rejects in _batches(records, ARTICLES_A_BATCH):
        yield Loaded(store.articles.put(found, by=by), tuple(rejects))


def _batches(records: Iterable[Record | Reject], size: int) -> Iterator[tuple[list[Record], list[Reject]]]:
    found, rejects = list[Record](), list[Reject]()
    for record in records:
        if isinstance(record, Reject):
            rejects.append(record)
        else:
            found.append(record)
        if len(found) + len(rejects) == size:
            yield found, rejects
            found, rejects = [], []
    if found or rejects:
        yield found, rejects
