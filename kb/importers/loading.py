"""Loading: writes records from files to the store, a batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from kb.importers.events.audit_log import AuditLog
from kb.records.article import Article
from kb.records.incident import Incident
from kb.records.incident_event import EventKind, IncidentEvent
from kb.records.rejects import Reject, RejectKind, count_of
from kb.records.written import Written
from kb.storage.incident_store import IncidentStore
from kb.vocabulary.stage import Stage

INCIDENTS_A_BATCH = 512
ARTICLES_A_BATCH = 32
IMPORT = "import"
"""Author of imported articles."""

EVENTS_A_BATCH = 5_000
_TOOL_KEY = "sys_id"

Record = TypeVar("Record", Incident, Article)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One batch: what it changed, the rows and cells that were left out, and the states of unknown meaning."""

    written: Written
    rejects: tuple[Reject, ...] = field(default=())
    unknown_states: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Return how many rows or files it took."""
        written = self.written
        return (
            written.new
            + written.updated
            + written.unchanged
            + written.superseded
            + count_of(RejectKind.ROW, self.rejects)
        )


@dataclass(frozen=True, slots=True)
class LoadedEvents:
    """How many events were read and appended, of which kinds they are, and the states of unknown meaning."""

    read: int = 0
    new: int = 0
    kinds: Counter[EventKind] = field(default_factory=Counter)
    unknown_states: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: LoadedEvents) -> LoadedEvents:
        return LoadedEvents(
            self.read + other.read,
            self.new + other.new,
            self.kinds + other.kinds,
            self.unknown_states + other.unknown_states,
        )


def load_incidents(
    store: IncidentStore, records: Iterable[Incident | Reject], *, source: str, at: datetime | None = None
) -> Iterator[Loaded]:
    """Write incidents in batches, each of which is on disk when it is yielded; a second run completes an aborted one.

    `source` names the file, under which the import can be undone, `at` is when it begins, now by default.
    """
    key = store.imports.begin(source, at)
    for found, rejects in _batches(records, INCIDENTS_A_BATCH):
        written = store.write(found, imported=key)
        unknown = Counter(one.incident.state for one in written.incidents if one.incident.stage is Stage.UNKNOWN)
        yield Loaded(written.counts, tuple(rejects), unknown)


def load_articles(
    store: IncidentStore, records: Iterable[Article | Reject], *, by: str | None = None
) -> Iterator[Loaded]:
    """Write articles in batches, as `load_incidents` does."""
    for found, rejects in _batches(records, ARTICLES_A_BATCH):
        yield Loaded(store.articles.put(found, by=by), tuple(rejects))


def load_events(store: IncidentStore, log: AuditLog) -> Iterator[LoadedEvents]:
    """Append the events of an audit log in batches, each of which is on disk when it is yielded.

    Events that are already stored are not appended again, so a second run completes an aborted one.
    """
    events = log.events(store.states.told(), datetime.now(UTC), _numbers(store) if log.is_keyed else None)
    for batch in _whole_incidents(events, EVENTS_A_BATCH):
        yield replace(_counted(batch), new=store.events.append_once(batch))


def _whole_incidents(events: Iterable[IncidentEvent], size: int) -> Iterator[list[IncidentEvent]]:
    """Yield events in batches of at least a size, but for the last; those of an incident stay together."""
    held = list[IncidentEvent]()
    for _, some in groupby(events, key=attrgetter("number")):
        held += some
        if len(held) >= size:
            yield held
            held = []
    if held:
        yield held


def preview_events(meanings: Mapping[str, Stage], log: AuditLog) -> LoadedEvents:
    """Return what an import of an audit log would read; `meanings` are the organisation's meanings of states."""
    return _counted(log.events(meanings, datetime.now(UTC)))


def _counted(events: Iterable[IncidentEvent]) -> LoadedEvents:
    kinds, unknown = Counter[EventKind](), Counter[str]()
    for event in events:
        kinds[event.kind] += 1
        if event.after.get("stage") == Stage.UNKNOWN:
            unknown[event.after.get("state") or ""] += 1
    return LoadedEvents(kinds.total(), 0, kinds, unknown)


def _numbers(store: IncidentStore) -> dict[str, str]:
    """Return the numbers of incidents by their tool's internal keys."""
    return {key: one.number for one in store.all_incidents() if (key := one.extra.get(_TOOL_KEY))}


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
