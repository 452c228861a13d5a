"""The assistant: the road from a ticket to a suggestion."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kb.articles import Audience
from kb.incidents import Incident
from kb.search import Memory, Neighbours, nearest
from models.calibration import threshold_for
from models.encoder import Vectors
from models.votes import NEIGHBOURS
from triage.agreement import AGREEING, SeenPairs, reconcile
from triage.distributions import Distribution, from_classifier, from_neighbours
from triage.model import ModelShelf, TriageModel
from triage.priority import DEFAULT_MATRIX, Matrix, from_matrix
from triage.suggestion import Candidate, Decision, FieldSuggestion, ModelInfo, Suggestion

DEFAULT_FIELDS = ("category", "subcategory", "assignment_group", "service", "impact", "urgency", "priority")
ALTERNATIVES = 5
SHOWN = 5
_RANKED = 50
_RELEVANT = 0.35
_BATCH = 1024
_UNTRAINED = ModelInfo("none", None)
_NOTHING_SAID = FieldSuggestion(None, 0.0, Decision.UNSURE, ())


@dataclass(frozen=True, slots=True)
class Policy:
    """What the organisation asks for.

    `precision` is the share of automatic values that must be right, `unsure_below` the confidence under which
    no value is shown first, `matrix` the priority of each impact and urgency.
    """

    precision: float = 0.95
    unsure_below: float = 0.3
    matrix: Matrix = field(default_factory=lambda: DEFAULT_MATRIX)


class Assistant:
    """Suggests for a ticket what past incidents and articles say about it."""

    def __init__(self, memory: Memory, shelf: ModelShelf, policy: Policy) -> None:
        self.memory = memory
        self._shelf = shelf
        self._policy = policy
        self._thresholds: tuple[str, Mapping[str, float | None]] = ("", {})
        self._pairs: tuple[object, SeenPairs | None] = (None, None)

    def suggest(self, ticket: Incident, *, audience: Audience | None = None) -> Suggestion:
        """Fields, known workarounds and similar incidents for one ticket."""
        started = time.perf_counter()
        query = self.memory.query(ticket.text)
        model = self._shelf.serving()
        with self.memory.lock:
            self.memory.refresh()
            similarities = self.memory.incidents.similarities(query.vector)
            neighbours = nearest(similarities, NEIGHBOURS) if len(similarities) else None
            fields = self._fields([ticket], query.vector[None, :], neighbours, model)[0]
            shown = SHOWN if says_something(ticket) else 0
            articles = self.memory.articles.search(query, limit=shown, audience=audience)
            similar = self.memory.incidents.search(query, limit=shown, besides=ticket.number, similarities=similarities)
        return Suggestion(
            fields=fields,
            articles=tuple(hit for hit in articles if hit.similarity >= _RELEVANT),
            similar_incidents=tuple(hit for hit in similar if hit.similarity >= _RELEVANT),
            model=model.info if model else _UNTRAINED,
            took_ms=round(1000 * (time.perf_counter() - started), 2),
        )

    def classify(self, tickets: Sequence[Incident]) -> Iterator[Mapping[str, FieldSuggestion]]:
        """Fields of many tickets, in their order."""
        for start in range(0, len(tickets), _BATCH):
            batch = tickets[start : start + _BATCH]
            vectors = self.memory.store.encoder.encode([ticket.text for ticket in batch])
            model = self._shelf.serving()
            with self.memory.lock:
                self.memory.refresh()
                neighbours = self.memory.incidents.neighbours(vectors, NEIGHBOURS)
                answers = self._fields(batch, vectors, neighbours, model)
            yield from answers

    def info(self) -> ModelInfo:
        """The model that answers."""
        model = self._shelf.serving()
        return model.info if model else _UNTRAINED

    def _fields(
        self, tickets: Sequence[Incident], vectors: Vectors, neighbours: Neighbours | None, model: TriageModel | None
    ) -> list[dict[str, FieldSuggestion]]:
        if neighbours is None:
            return [{} for _ in tickets]
        distributions = self._distributions(tickets, vectors, neighbours, model)
        thresholds = self._automatic_from(model)
        pairs = self._seen_pairs([name for name in AGREEING if name in distributions])
        answers: list[dict[str, FieldSuggestion]] = []
        for row, ticket in enumerate(tickets):
            if not says_something(ticket):
                answers.append(dict.fromkeys(distributions, _NOTHING_SAID))
                continue
            ranked = {name: found.ranked(row, _RANKED) for name, found in distributions.items()}
            chosen = reconcile({name: ranked[name] for name in AGREEING if name in ranked}, pairs)
            answers.append(
                {
                    name: self._decide(values, chosen.get(name, values[0][0]), thresholds.get(name))
                    for name, values in ranked.items()
                    if values
                }
            )
        return answers

    def _distributions(
        self, tickets: Sequence[Incident], vectors: Vectors, neighbours: Neighbours, model: TriageModel | None
    ) -> dict[str, Distribution]:
        index = self.memory.incidents
        if model is None:
            names = [name for name in DEFAULT_FIELDS if index.labels(name).values]
            found = {name: from_neighbours(neighbours, index.labels(name)) for name in names}
        else:
            features = model.features.transform([ticket.text for ticket in tickets], vectors)
            found = {
                name: from_classifier(
                    entry.classifier, features, neighbours, index.labels(name), rare_trust=entry.rare_trust
                )
                for name, entry in model.fields.items()
            }
        if "impact" in found and "urgency" in found:
            used = index.labels("priority").values
            derived = from_matrix(found["impact"], found["urgency"], self._policy.matrix, used)
            if derived is not None:
                found["priority"] = derived
        return found

    def _decide(
        self, ranked: Sequence[tuple[str, float]], chosen: str | None, threshold: float | None
    ) -> FieldSuggestion:
        """What to say of one field whose values are ranked and of which one was chosen."""
        candidates = [Candidate(value, round(chance, 4)) for value, chance in ranked]
        first = next((entry for entry in candidates if entry.value == chosen), None)
        if first is None or first.confidence < self._policy.unsure_below:
            return FieldSuggestion(None, candidates[0].confidence, Decision.UNSURE, tuple(candidates[:ALTERNATIVES]))
        automatic = threshold is not None and first.confidence >= threshold and first is candidates[0]
        decision = Decision.AUTOMATIC if automatic else Decision.SUGGESTED
        others = tuple(entry for entry in candidates if entry is not first)[: ALTERNATIVES - 1]
        return FieldSuggestion(first.value, first.confidence, decision, others)

    def _automatic_from(self, model: TriageModel | None) -> Mapping[str, float | None]:
        """Confidence from which each field is automatic: where its held-out precision is the one asked for."""
        if model is None:
            return {}
        if self._thresholds[0] != model.version:
            found = {
                name: threshold_for(entry.classifier.held_out, self._policy.precision)
                for name, entry in model.fields.items()
            }
            if "impact" in found and "urgency" in found:
                found["priority"] = _both(found["impact"], found["urgency"])
            self._thresholds = (model.version, found)
        return self._thresholds[1]

    def _seen_pairs(self, names: Sequence[str]) -> SeenPairs:
        state = (self.memory.revision, tuple(names))
        known, pairs = self._pairs
        if pairs is None or known != state:
            pairs = SeenPairs({name: self.memory.incidents.labels(name) for name in names})
            self._pairs = (state, pairs)
        return pairs


def says_something(ticket: Incident) -> bool:
    """Whether a ticket has a single letter or digit to go by."""
    return any(character.isalnum() for character in ticket.text)


def _both(one: float | None, other: float | None) -> float | None:
    """Threshold of a value that follows from two others: no lower than either of theirs."""
    return None if one is None or other is None else max(one, other)
