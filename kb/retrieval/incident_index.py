"""Incident index: resolved incidents by meaning and words, with their labels and links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kb.records.columns import label_of
from kb.records.incident import EXAMPLE_STATE, Incident
from kb.records.label_change import LabelChange, relabelled
from kb.retrieval.label_columns import LabelColumn
from kb.retrieval.links import Links, day_of
from kb.retrieval.near_duplicates import MOST_READ, collapse, template_of, word_set
from kb.retrieval.ranking import Compared, best, fuse, share
from kb.retrieval.weights import Weights
from kb.storage.incident_store import StoredIncident
from models.encoder import Vectors
from models.lexical_index import LexicalIndex
from models.top_k import top_k
from models.vector_index import VectorIndex
from models.votes import similarity_bonus

_SERVICE = "service"
_CALLER, _TEMPLATE = "caller", "template"
# most neighbours of one caller or template: costs no accuracy; experiment 008
_MOST_OF_A_CROWD = 3
# factor on the neighbours that are read, since some fall out by the limit above
_READ = 2
# texts compared at a time: bounds memory
_BLOCK = 128
_NO_SLOT = -1
# weight of a value that a person corrected; chosen by hand
CORRECTED = 3


@dataclass(frozen=True, slots=True)
class IncidentHit:
    """A resolved incident that resembles the query; `score` from 0 to 1, `similarity` the cosine alone.

    `repeats` counts its near-duplicates that fit as well and are not shown.
    """

    incident: Incident
    score: float
    similarity: float
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest incidents of several texts: cosines and slots of shape (texts, k), slot -1 where there are fewer."""

    similarities: Vectors
    slots: NDArray[np.int64]

    def of(self, rows: Sequence[int] | NDArray[np.int64]) -> Neighbours:
        """Return the neighbours of some of the texts."""
        return Neighbours(self.similarities[rows], self.slots[rows])

    def replaced(self, rows: NDArray[np.int64], found: Neighbours) -> Neighbours:
        """Return these neighbours with others for some of the texts."""
        similarities, slots = self.similarities.copy(), self.slots.copy()
        similarities[rows], slots[rows] = found.similarities, found.slots
        return Neighbours(similarities, slots)

    def without(self, left_out: NDArray[np.bool_]) -> Neighbours:
        """Return these neighbours without those in `left_out`, bool of shape (texts, k)."""
        return Neighbours(
            np.where(left_out, np.float32(-1.0), self.similarities), np.where(left_out, _NO_SLOT, self.slots)
        )

    def spread(self, rows: NDArray[np.int64], texts: int) -> Neighbours:
        """Return these as neighbours of some rows of so many texts; the other rows have none."""
        similarities = np.full((texts, self.slots.shape[1]), np.float32(-1.0))
        slots = np.full((texts, self.slots.shape[1]), _NO_SLOT)
        similarities[rows], slots[rows] = self.similarities, self.slots
        return Neighbours(similarities, slots)

    @classmethod
    def joined(cls, parts: Sequence[Neighbours]) -> Neighbours:
        """Return the neighbours of the texts of all parts, in their order."""
        return cls(
            np.concatenate([part.similarities for part in parts]), np.concatenate([part.slots for part in parts])
        )


def _day_of(incident: Incident) -> float:
    return day_of(incident.opened_at) if incident.opened_at else np.nan


def nearest(similarities: Vectors, limit: int) -> Neighbours:
    """Return the neighbours of texts, given the cosine of each with every slot, shape (texts, slots)."""
    slots = top_k(similarities, limit)
    return Neighbours(np.take_along_axis(similarities, slots, axis=1), slots)


class IncidentIndex:
    """Resolved incidents by meaning and words, with their labels by slot."""

    def __init__(self, dimension: int, *, frozen: int | None = None) -> None:
        """The last `frozen` numbers of a vector are also compared alone, unless they are the whole vector."""
        self._vectors = VectorIndex(dimension)
        self._own = dimension - (frozen or dimension)
        self._side_by_side = ThreadPoolExecutor(2, thread_name_prefix="readings")
        self._words = LexicalIndex()
        self._slot_of: dict[str, int] = {}
        self._incidents: list[Incident | None] = []
        self._added: list[int] = []
        self._days = np.zeros(0)
        self._changes: tuple[LabelChange, ...] = ()
        self._originals: dict[int, Incident] = {}
        self.relabellings = 0
        """How often values were renamed; older codes of label columns are then invalid."""
        self.arrivals: list[int] = []
        """Slot of every added incident, and again of every change to one, in that order."""
        self._labels: dict[str, LabelColumn] = {_SERVICE: LabelColumn(())}
        self._shown = bytearray()
        self._decided: dict[int, frozenset[str]] = {}
        self._crowds = {_CALLER: LabelColumn(()), _TEMPLATE: LabelColumn(())}
        self.links = Links()

    def __len__(self) -> int:
        return len(self._slot_of)

    def put(self, records: Sequence[StoredIncident]) -> None:
        """Add new and changed incidents; open ones are left out until they are resolved."""
        fresh = list[StoredIncident]()
        for record in records:
            slot = self._slot_of.get(record.incident.number)
            if slot is not None:
                self._rewrite(slot, record)
                self.arrivals.append(slot)
            elif record.incident.is_history:
                fresh.append(record)
        if not fresh:
            return
        start = len(self._incidents)
        self._vectors.append(np.stack([record.vector for record in fresh]).astype(np.float32))
        self._words.append([record.incident.searched_text for record in fresh])
        self._days = np.append(self._days, [_day_of(record.incident) for record in fresh])
        for slot, record in enumerate(fresh, start):
            self._slot_of[record.incident.number] = slot
            incident = self._as_called_today(slot, record.incident)
            self._incidents.append(incident)
            self._added.append(record.added)
            self.arrivals.append(slot)
            self._shown.append(record.incident.state != EXAMPLE_STATE)
            self._link(slot, record.incident)
            if record.decided:
                self._decided[slot] = record.decided
            self._crowds[_CALLER].append(record.incident.caller)
            self._crowds[_TEMPLATE].append(template_of(record.incident.text))
            for name, column in self._labels.items():
                column.append(label_of(incident, name))

    def _rewrite(self, slot: int, record: StoredIncident) -> None:
        self._originals.pop(slot, None)
        incident = self._as_called_today(slot, record.incident) if record.incident.is_history else None
        before = self._incidents[slot]
        self._incidents[slot] = incident
        self._days[slot] = _day_of(record.incident)
        self._shown[slot] = incident is not None and incident.state != EXAMPLE_STATE
        self._link(slot, incident)
        self._decided.pop(slot, None)
        if record.decided:
            self._decided[slot] = record.decided
        self._crowds[_CALLER].rewrite(slot, record.incident.caller)
        self._crowds[_TEMPLATE].rewrite(slot, template_of(record.incident.text))
        for name, column in self._labels.items():
            column.rewrite(slot, label_of(incident, name) if incident else None)
        if incident is None:
            self._vectors.clear(slot)
            self._words.clear(slot)
        elif before is None or before.searched_text != incident.searched_text:
            self._vectors.rewrite(slot, record.vector.astype(np.float32))
            self._words.rewrite(slot, incident.searched_text)

    def remove(self, numbers: Sequence[str]) -> None:
        """Remove incidents that no longer exist."""
        for number in numbers:
            slot = self._slot_of.pop(number, None)
            if slot is None:
                continue
            self._incidents[slot] = None
            self._shown[slot] = False
            self._originals.pop(slot, None)
            self._decided.pop(slot, None)
            self._link(slot, None)
            for column in (*self._labels.values(), *self._crowds.values()):
                column.rewrite(slot, None)
            self._vectors.clear(slot)
            self._words.clear(slot)

    def relabel(self, changes: Sequence[LabelChange]) -> None:
        """Relabel all incidents with the values that they would have today."""
        if tuple(changes) == self._changes:
            return
        self._changes = tuple(changes)
        self.relabellings += 1
        for slot, incident in enumerate(self._incidents):
            if incident is not None:
                self._incidents[slot] = self._as_called_today(slot, self._originals.pop(slot, incident))
        self._labels = {name: self._column(name) for name in self._labels}

    @property
    def changes(self) -> tuple[LabelChange, ...]:
        """Return the label changes in force."""
        return self._changes

    def _as_called_today(self, slot: int, incident: Incident) -> Incident:
        found = relabelled(incident, self._changes)
        if found is not incident:
            self._originals[slot] = incident
        return found

    def _column(self, name: str) -> LabelColumn:
        return LabelColumn(label_of(incident, name) if incident else None for incident in self._incidents)

    def _link(self, slot: int, incident: Incident | None) -> None:
        logged = incident.opened_at if incident else None
        self.links.put(slot, incident.articles if incident else (), day_of(logged) if logged else None)

    def __contains__(self, number: str) -> bool:
        return number in self._slot_of

    def added(self, slot: int) -> int:
        """Return the revision at which the incident in a slot was first written."""
        return self._added[slot]

    @property
    def slots(self) -> int:
        """Return the number of slots, those of reopened incidents included."""
        return len(self._incidents)

    def incident(self, slot: int) -> Incident | None:
        """Return the incident in a slot, `None` where it was reopened."""
        return self._incidents[slot]

    def slots_of(self, numbers: Iterable[str]) -> list[int]:
        """Return the slots of the incidents with these numbers, as far as they have one."""
        return [self._slot_of[number] for number in numbers if number in self._slot_of]

    def days(self) -> NDArray[np.float64]:
        """Return the day on which each slot's incident was logged, NaN where unknown, shape (slots,)."""
        return self._days

    def logged_since(self, since: float | None) -> NDArray[np.bool_]:
        """Return the slots logged from a day on, or all without a day, shape (slots,)."""
        return np.ones(self.slots, dtype=bool) if since is None else np.asarray(self._days >= since)

    def counting(self, name: str, since: float | None) -> NDArray[np.bool_]:
        """Return the slots whose value of a field counts: logged from a day on, or corrected by a person."""
        counting = self.logged_since(since)
        counting[self.corrected(name)] = True
        return counting

    def callers(self) -> NDArray[np.int32]:
        """Return a code of each slot's caller, -1 where there is none, shape (slots,)."""
        return self._crowds[_CALLER].codes()

    def labels(self, name: str) -> LabelColumn:
        """Return the values of a field by slot."""
        column = self._labels.get(name)
        if column is None:
            column = self._labels[name] = self._column(name)
        return column

    def counts(self, name: str, *, parent: tuple[str, str] | None = None) -> dict[str, int]:
        """Return how many resolved incidents carry each value of a field, examples left out.

        `parent` is another field and the value that they must have in it.
        """
        column = self.labels(name)
        counting = np.array(self._shown, dtype=bool) & (column.codes() >= 0)
        if parent is not None:
            counting &= self.labels(parent[0]).having(parent[1])
        counts = np.bincount(column.codes()[counting], minlength=len(column.values))
        return {column.values[code]: int(counts[code]) for code in np.flatnonzero(counts)}

    def vectors(self) -> Vectors:
        """Return the vectors by slot, float32 of shape (slots, dimension)."""
        return self._vectors.vectors()

    def voters(
        self,
        vectors: Vectors,
        limit: int,
        *,
        besides: NDArray[np.int64] | None = None,
        among: NDArray[np.bool_] | None = None,
    ) -> tuple[Neighbours, ...]:
        """Return each vector's nearest incidents by cosine, at most three of one caller or template.

        Whole vectors are compared first; with a tuned encoder, the shipped part is then compared alone. `besides` is
        the slot of each vector that is in the index, since it is no neighbour of itself. `among` says which slots vote,
        shape (slots,), all unless given.
        """
        if not self._own and among is None:
            return (self._spread(Neighbours(*self._vectors.search(vectors, _READ * limit)), limit, besides),)
        blocks = list[tuple[Neighbours, ...]]()
        for start in range(0, max(len(vectors), 1), _BLOCK):
            rows = slice(start, start + _BLOCK)
            itself = None if besides is None else besides[rows]
            blocks.append(self.nearest(self.readings(vectors[rows]), limit, besides=itself, among=among))
        return tuple(Neighbours.joined(found) for found in zip(*blocks, strict=True))

    def readings(self, vectors: Vectors) -> tuple[Vectors, ...]:
        """Return the cosines of texts with every slot, (texts, slots), for each comparison that `voters` makes."""
        if not self._own:
            return (self._vectors.scores(vectors),)
        parts = slice(self._own), slice(self._own, None)
        own, frozen = self._side_by_side.map(lambda part: self._vectors.scores(vectors, part), parts)
        return own + frozen, 2 * frozen

    def nearest(
        self,
        readings: Sequence[Vectors],
        limit: int,
        *,
        besides: NDArray[np.int64] | None = None,
        among: NDArray[np.bool_] | None = None,
    ) -> tuple[Neighbours, ...]:
        """Return the neighbours of texts as `voters` does, given the `readings` of the same texts."""
        if among is None:
            found = [nearest(reading, _READ * limit) for reading in readings]
        else:
            slots = np.flatnonzero(among)
            voting = [nearest(reading[:, slots], _READ * limit) for reading in readings]
            found = [Neighbours(near.similarities, slots[near.slots]) for near in voting]
        return tuple(self._spread(near, limit, besides) for near in found)

    def _spread(self, found: Neighbours, limit: int, besides: NDArray[np.int64] | None) -> Neighbours:
        if besides is not None:
            found = found.without(found.slots == besides[:, None])
        kept = found.slots >= 0
        for column in self._crowds.values():
            crowds = np.append(column.codes(), np.int32(-1))[found.slots]
            same = (crowds[:, :, None] == crowds[:, None, :]) & (crowds >= 0)[:, :, None]
            kept &= np.tril(same, -1).sum(axis=2) < _MOST_OF_A_CROWD
        order = np.argsort(~kept, axis=1, kind="stable")[:, :limit]
        there = np.take_along_axis(kept, order, axis=1)
        return Neighbours(
            np.where(there, np.take_along_axis(found.similarities, order, axis=1), np.float32(-1.0)),
            np.where(there, np.take_along_axis(found.slots, order, axis=1), _NO_SLOT),
        )

    def weighed(self, found: Neighbours, name: str) -> Neighbours:
        """Return the neighbours as weighted for a field's vote: a person's correction counts three times."""
        if not self._decided:
            return found
        decided = np.zeros(len(self._incidents) + 1, dtype=bool)
        decided[[slot for slot, fields in self._decided.items() if name in fields]] = True
        return Neighbours(
            found.similarities + np.where(decided[found.slots], similarity_bonus(CORRECTED), np.float32(0.0)),
            found.slots,
        )

    def decided(self, slot: int) -> frozenset[str]:
        """Return the fields of an incident whose value a person chose against the suggestion."""
        return self._decided.get(slot, frozenset())

    def corrected(self, name: str) -> NDArray[np.int64]:
        """Return the slots in which a person chose the value of a field against the suggestion."""
        return np.array([slot for slot, fields in self._decided.items() if name in fields], dtype=np.int64)

    def similarities(self, vectors: Vectors) -> Vectors:
        """Return the cosine of one vector (dimension,) or several (n, dimension) with every slot."""
        return self._vectors.scores(vectors)

    def search(
        self,
        asked: Compared,
        *,
        limit: int,
        weights: Weights,
        service: str | None = None,
        without: Collection[str] = (),
    ) -> list[IncidentHit]:
        """Search incidents that resemble a query, best first, only the best of near-duplicates.

        `without` are numbers of incidents that are not shown.
        """
        if not self._incidents:
            return []
        allowed = np.array(self._shown, dtype=bool)
        allowed[self.slots_of(without)] = False
        if service is not None:
            allowed &= self._labels[_SERVICE].matching(service)
        scores = fuse(asked.similarities, share(asked.words), weights)
        hits = (
            IncidentHit(incident, float(scores[slot]), float(asked.similarities[slot]))
            for slot in best(scores, allowed, max(MOST_READ, limit))
            if (incident := self._incidents[slot]) is not None
        )
        distinct = collapse(hits, lambda hit: word_set(hit.incident.text), limit)
        return [replace(hit, repeats=repeats) for hit, repeats in distinct]

    def words(self, text: str) -> Vectors:
        """Return the lexical score (BM25) of every slot for a text, (slots,)."""
        return self._words.scores(text)

    def nearest_with(self, similarities: Vectors, name: str, value: str, limit: int) -> NDArray[np.int64]:
        """Return the slots of the nearest incidents with a value of a field, examples left out, the nearest first.

        `similarities` (slots,) are the cosines of one text with every slot.
        """
        having = np.flatnonzero(self.labels(name).having(value) & np.array(self._shown, dtype=bool))
        return np.asarray(having[top_k(similarities[None, having], limit)[0]])

    @property
    def lexical(self) -> LexicalIndex:
        """Return the index of words by slot."""
        return self._words
