"""The assistant: suggests fields, articles and similar incidents for tickets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from time import perf_counter, sleep

import numpy as np

from kb.records.article import Audience
from kb.records.decision import Decision
from kb.records.feedback import ARTICLES, SIMILAR_INCIDENTS
from kb.records.incident import Incident
from kb.records.priority_matrix import DEFAULT_MATRIX, PriorityMatrix
from kb.retrieval.incident_index import Neighbours
from kb.retrieval.memory import Memory
from kb.retrieval.ranking import Query
from models.encoder import Vectors
from models.features import Features
from models.novelty import NOVELTY, Scores, familiarity, mean_similarity
from models.short_text import is_terse
from triage.adaptation_runner import AdaptationRunner
from triage.agreement import reconcile
from triage.asking import answered, possible_questions, worth_asking
from triage.base_predictions import Voters, base_predictions, features_of, voters_among
from triage.batch_readings import BatchReadings
from triage.decision import NOTHING_SAID, ConfidenceLimits, decide
from triage.distributions import Distribution
from triage.explanation import Explanation, Word, linked_articles, voters_of, words_for_and_against
from triage.micro_batching import MicroBatcher
from triage.model import ModelSource, TriageModel
from triage.priority import from_matrix, level
from triage.question import Question
from triage.relations import Relations
from triage.safeguards import within
from triage.suggestion import Answer, FieldSuggestion, ModelInfo, Suggestion
from triage.thresholds import Thresholds

# similar incidents and articles: as many as can be read at a glance
SHOWN = 5
_UNTRAINED = ModelInfo("none", None)
_SIDES = ("impact", "urgency")  # in the order in which the matrix has their levels
_NOTHING_SAID = FieldSuggestion(None, 0.0, Decision.UNSURE, (), reason=NOTHING_SAID)


@dataclass(frozen=True, slots=True)
class AssistantSettings:
    """What a suggestion shows, and how work is cut into steps."""

    # values of a field that are considered together with other fields: more change no answer, cost time
    ranked: int = 50
    # similarity under which an incident or article is not shown; chosen by hand
    relevant: float = 0.35
    # tickets of a file that are worked on together: bounds memory
    batch: int = 1024
    # tickets of several callers answered at once: more make the first of them wait
    batched_tickets: int = 16
    # steps in one call of `catch_up`, so that it ends and can be called again
    steps: int = 8
    # incidents a step: it takes no longer than an answer (experiment 017)
    effort_a_step: int = 32
    # pause between steps, in which answers have their turn
    pause_seconds: float = 0.05


_SETTINGS = AssistantSettings()


@dataclass(frozen=True, slots=True)
class Policy:
    """What the organisation asks for.

    `precision` is the share of automatic values that must be right, `unsure_below` the confidence under which
    no value is shown first, `matrix` the priority of each impact and urgency.
    """

    precision: float = 0.95
    unsure_below: float = 0.3
    matrix: PriorityMatrix = field(default_factory=lambda: DEFAULT_MATRIX)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request for a suggestion for one ticket."""

    ticket: Incident
    query: Query
    audience: Audience | None
    explain: bool


class Assistant:
    """Suggests fields, workarounds and similar incidents for tickets, from past incidents and articles."""

    def __init__(
        self,
        memory: Memory,
        models: ModelSource,
        policy: Policy,
        allowed_values: Callable[[], Mapping[str, list[str]]] = dict,
    ) -> None:
        """`allowed_values` returns the only values that some fields may have in the system that tickets come from."""
        self.memory = memory
        self._allowed_values = allowed_values
        self._models = models
        self._policy = policy
        self._thresholds_cache: tuple[Thresholds, Thresholds] | None = None
        self._adapted_thresholds_cache: tuple[object, tuple[Thresholds, Thresholds]] | None = None
        self._adaptation_runner = AdaptationRunner(memory)
        self._relations_cache: Relations | None = None
        self._catches_up = False
        self._readings = BatchReadings(memory)
        self._batcher = MicroBatcher(self._suggestions, most=_SETTINGS.batched_tickets)
        self._word_reader = ThreadPoolExecutor(1, thread_name_prefix="words")

    def suggest(self, ticket: Incident, *, audience: Audience | None = None, explain: bool = False) -> Suggestion:
        """Suggest fields, known workarounds and similar incidents for one ticket; with `explain` also why.

        Tickets that come at the same time are answered together, but each is encoded alone, because a vector depends
        slightly on the other texts of its batch.
        """
        started = perf_counter()
        ticket = self.memory.store.embeddings.as_read(ticket)
        query = self.memory.query(ticket.text, ticket.searched_text)
        found = self._batcher.ask(_Asked(ticket, query, audience, explain))
        return replace(found, took_ms=round(1000 * (perf_counter() - started), 2))

    def questions(self, ticket: Incident, fields: Mapping[str, FieldSuggestion]) -> tuple[Question, ...]:
        """Return what to ask the caller of a ticket, given its suggested fields; nothing where none is unsure."""
        if all(field.decision is not Decision.UNSURE for field in fields.values()) or not says_something(ticket):
            return ()
        ticket = self.memory.store.embeddings.as_read(ticket)
        vector = self.memory.query(ticket.text, ticket.searched_text).vector
        with self.memory.lock:
            similarities = self.memory.incidents.similarities(vector)
            found = possible_questions(ticket, fields, self.memory.incidents, similarities)
        tried = [answered(ticket, choice) for question in found for choice in question.choices]
        tried = [self.memory.store.embeddings.as_read(one) for one in tried]
        vectors = self.memory.store.encoder.encode([one.text for one in tried])
        return worth_asking(found, self.answer(tried, vectors)) if found else ()

    def _suggestions(self, asked: Sequence[_Asked]) -> list[Suggestion]:
        tickets = [entry.ticket for entry in asked]
        vectors = np.stack([entry.query.vector for entry in asked])
        model = self._models.serving()
        with self.memory.lock:
            # Where no background thread catches up, as in a command, the suggestion has to learn everything first.
            self._adaptation_runner.catch_up(model, _SETTINGS.effort_a_step if self._catches_up else None)
            # The words are read while the vectors are compared, which takes as long and releases Python's lock.
            read = self._word_reader.submit(self._words_read, tickets, vectors, model)
            readings = self.memory.incidents.readings(vectors)
            features, words = read.result()
            voters = voters_among(self.memory.incidents, readings, model)
            answers = self._answers(tickets, vectors, voters, features, model)
            return [
                self._suggestion(
                    entry,
                    answers[row],
                    model,
                    None if features is None else features[np.array([row])],
                    similarities=readings[0][row],
                    words=words[row],
                    neighbours=voters[None][0].of([row]),
                )
                for row, entry in enumerate(asked)
            ]

    def _words_read(
        self, tickets: Sequence[Incident], vectors: Vectors, model: TriageModel | None
    ) -> tuple[Features | None, list[Vectors]]:
        """Return the features of tickets, and the lexical score of every slot for each."""
        features = None if model is None else features_of(model, tickets, vectors)
        return features, [self.memory.incidents.words(ticket.searched_text) for ticket in tickets]

    def _suggestion(
        self,
        asked: _Asked,
        answer: Answer,
        model: TriageModel | None,
        features: Features | None,
        *,
        similarities: Vectors,
        words: Vectors,
        neighbours: Neighbours,
    ) -> Suggestion:
        """Return the suggestion for one ticket, given its fields: articles, similar incidents and explanations."""
        ticket, query, memory = asked.ticket, asked.query, self.memory
        fields = answer.fields
        if asked.explain:
            fields = self._explained(ticket, fields, neighbours, model, features)
        shown = SHOWN if says_something(ticket) else 0
        refused = memory.refusals.of_one(ARTICLES, query.vector)
        compared = memory.compare(query, similarities=similarities, words=words, at=ticket.opened_at)
        articles = memory.search_articles(compared, limit=shown, audience=asked.audience, without=refused)
        similar = memory.incidents.search(
            compared,
            limit=shown,
            without={ticket.number, *memory.refusals.of_one(SIMILAR_INCIDENTS, query.vector)},
            weights=memory.weights(),
        )
        return Suggestion(
            fields=fields,
            known=answer.known,
            articles=tuple(hit for hit in articles if max(hit.similarity, hit.linked) >= _SETTINGS.relevant),
            similar_incidents=tuple(hit for hit in similar if hit.similarity >= _SETTINGS.relevant),
            model=model.info if model else _UNTRAINED,
            took_ms=0.0,
        )

    def classify(self, tickets: Sequence[Incident]) -> Iterator[Answer]:
        """Suggest the fields of many tickets, in their order."""
        tickets = [self.memory.store.embeddings.as_read(ticket) for ticket in tickets]
        batches = [tickets[start : start + _SETTINGS.batch] for start in range(0, len(tickets), _SETTINGS.batch)]
        for batch, vectors in self._encoded(batches):
            yield from self.answer(batch, vectors)

    def answer(self, tickets: Sequence[Incident], vectors: Vectors) -> list[Answer]:
        """Suggest the fields of tickets whose vectors (tickets, dimension) are known."""
        model = self._models.serving()
        with self.memory.lock:
            self._adaptation_runner.catch_up(model, _SETTINGS.effort_a_step if self._catches_up else None)
            voters, features = self._readings.of(tickets, vectors, model)
            return self._answers(tickets, vectors, voters, features, model)

    def _encoded(self, batches: Sequence[Sequence[Incident]]) -> Iterator[tuple[Sequence[Incident], Vectors]]:
        """Yield each batch with its vectors, encoding the next one in the background."""

        def encode(batch: Sequence[Incident]) -> Vectors:
            return self.memory.store.encoder.encode([ticket.text for ticket in batch])

        with ThreadPoolExecutor(1) as ahead:
            pending = [ahead.submit(encode, batch) for batch in batches[:1]]
            for position, batch in enumerate(batches):
                vectors = pending.pop().result()
                pending = [ahead.submit(encode, following) for following in batches[position + 1 : position + 2]]
                yield batch, vectors

    def read_written(self) -> None:
        """Read what has been written, for example while a ticket is encoded, so that the next answer need not."""
        model = self._models.serving()
        with self.memory.lock:
            self._adaptation_runner.catch_up(model, _SETTINGS.effort_a_step)
            if model is not None:
                self._adaptation_runner.fit_emerging_labels(model)

    def catch_up(self) -> None:
        """Read what has been written and let the model learn a part of it, so that answers need not.

        Call it about once a second until nothing is left. It works in steps no longer than an answer, with pauses in
        which answers have their turn.
        """
        self._catches_up = True
        for step in range(_SETTINGS.steps):
            if step:
                sleep(_SETTINGS.pause_seconds)
            model = self._models.serving()
            with self.memory.lock:
                is_caught_up = self._adaptation_runner.catch_up(model, _SETTINGS.effort_a_step)
                if is_caught_up and (
                    model is None or not self._adaptation_runner.learn_waiting(model, _SETTINGS.effort_a_step)
                ):
                    return

    def info(self) -> ModelInfo:
        """Return version and date of the model that answers."""
        model = self._models.serving()
        return model.info if model else _UNTRAINED

    def _answers(
        self,
        tickets: Sequence[Incident],
        vectors: Vectors,
        voters: Voters,
        features: Features | None,
        model: TriageModel | None,
    ) -> list[Answer]:
        distributions = self._adapted(
            tickets, base_predictions(self.memory.incidents, features, voters, model), vectors, features, model
        )
        long, terse = self._adapted_thresholds(model)
        relations, allowed_values = self._relations(tuple(distributions)), self._allowed_values()
        nearest = voters[None][0]
        known = _familiarity(distributions, nearest)
        belonging = long.novelty.belonging(known)
        unknown = (known < long.novelty.known_from) & (mean_similarity(nearest.similarities) < NOVELTY.alike)
        answers: list[Answer] = []
        for row, ticket in enumerate(tickets):
            if not says_something(ticket):
                answers.append(Answer(dict.fromkeys(distributions, _NOTHING_SAID), 0.0))
                continue
            thresholds = terse if is_terse(ticket.text) else long
            stays = float(belonging[row])
            ranked = {
                name: [(value, chance * stays) for value, chance in found.ranked(row, _SETTINGS.ranked)]
                for name, found in distributions.items()
            }
            chosen = reconcile({name: ranked[name] for name in relations.agreeing}, relations.pairs)
            answer = {}
            for name, values in ranked.items():
                if not values:
                    continue
                limits = ConfidenceLimits(thresholds.automatic.get(name), self._policy.unsure_below)
                first = chosen.get(name, values[0][0])
                decided = decide(values, first, limits, belonging=stays, known=not unknown[row])
                found = replace(decided, prediction_set=thresholds.prediction_set(name, distributions[name], row))
                answer[name] = found if unknown[row] else relations.with_parent(name, found, values)
            fields = within(answer, allowed_values, unsure_below=self._policy.unsure_below)
            answers.append(Answer(fields, round(float(known[row]), 4)))
        return answers

    def _adapted(
        self,
        tickets: Sequence[Incident],
        found: dict[str, Distribution],
        vectors: Vectors,
        features: Features | None,
        model: TriageModel | None,
    ) -> dict[str, Distribution]:
        """Return the distributions adapted to arrivals and refusals since training, with the derived priority.

        It is derived from the impact and urgency that a ticket has, else from those that are likely.
        """
        if model is not None and features is not None:
            found = self._adaptation_runner.with_arrivals(found, vectors, features, model)
        for name in self.memory.refusals.fields() & found.keys():
            found[name] = found[name].without(self.memory.refusals.of(name, vectors))
        if "impact" in found and "urgency" in found:
            used = self.memory.incidents.labels("priority").values
            levels = {side: {pair[place] for pair in self._policy.matrix} for place, side in enumerate(_SIDES)}
            impact, urgency = (
                found[side].with_certain([_of_level(ticket.value(side), levels[side]) for ticket in tickets])
                for side in _SIDES
            )
            derived = from_matrix(impact, urgency, self._policy.matrix, used)
            if derived is not None:
                found["priority"] = derived
        return found

    def _explained(
        self,
        ticket: Incident,
        fields: Mapping[str, FieldSuggestion],
        neighbours: Neighbours,
        model: TriageModel | None,
        features: Features | None,
    ) -> dict[str, FieldSuggestion]:
        articles = linked_articles(self.memory.incidents, neighbours)
        explained = {}
        for name, suggested in fields.items():
            guesses = [*filter(None, [suggested.value]), *(entry.value for entry in suggested.alternatives)]
            if not guesses:
                explained[name] = suggested
                continue
            if name == "priority" and (basis := self._matrix_basis(ticket, fields)):
                explained[name] = replace(suggested, explanation=Explanation(guesses[0], (), (), (), articles, basis))
                continue
            words: tuple[tuple[Word, ...], tuple[Word, ...]] = ((), ())
            if model is not None and features is not None and name in model.fields:
                runner_up = guesses[1] if len(guesses) > 1 else None
                classifier = model.fields[name].classifier
                words = words_for_and_against(
                    classifier, model.features, features, value=guesses[0], instead_of=runner_up
                )
            voters = voters_of(self.memory.incidents, neighbours, name, guesses[0])
            explained[name] = replace(suggested, explanation=Explanation(guesses[0], *words, voters, articles))
        return explained

    def _matrix_basis(self, ticket: Incident, fields: Mapping[str, FieldSuggestion]) -> dict[str, str]:
        """Return the impact and urgency that the priority is derived from; nothing where it is not."""
        guesses = {side: fields[side].best for side in _SIDES if side in fields}
        basis = {side: ticket.value(side) or (guess.value if guess else "") for side, guess in guesses.items()}
        levels = tuple(level(value) or 0 for value in basis.values())
        return basis if levels in self._policy.matrix else {}

    def _thresholds(self, model: TriageModel | None) -> tuple[Thresholds, Thresholds]:
        """Return the thresholds for long and for terse tickets."""
        version = model.version if model else ""
        if self._thresholds_cache is None or self._thresholds_cache[0].version != version:
            precision = self._policy.precision
            self._thresholds_cache = (
                Thresholds.of(model, precision, terse=False),
                Thresholds.of(model, precision, terse=True),
            )
        return self._thresholds_cache

    def _adapted_thresholds(self, model: TriageModel | None) -> tuple[Thresholds, Thresholds]:
        """Return the thresholds, adapted to what arrived since training."""
        adaptation = self._adaptation_runner.adaptation
        if model is None or adaptation is None:
            return self._thresholds(model)
        state = (*adaptation.state, adaptation.position)
        if self._adapted_thresholds_cache is None or self._adapted_thresholds_cache[0] != state:
            long, terse = (entry.adapted(adaptation, self._policy.precision) for entry in self._thresholds(model))
            self._adapted_thresholds_cache = state, (long, terse)
        return self._adapted_thresholds_cache[1]

    def _relations(self, names: tuple[str, ...]) -> Relations:
        state = (self.memory.revision, names)
        if self._relations_cache is None or self._relations_cache.state != state:
            self._relations_cache = Relations.of(state, {name: self.memory.incidents.labels(name) for name in names})
        return self._relations_cache


def _of_level(value: str | None, levels: Collection[int]) -> str | None:
    """Return the value where it is of one of the levels."""
    return value if value and level(value) in levels else None


def _familiarity(distributions: Mapping[str, Distribution], neighbours: Neighbours) -> Scores:
    """Return the familiarity of each ticket, from its neighbours and the mean confidence over its fields."""
    best = [found.probabilities.max(axis=1, initial=0.0) for name, found in distributions.items() if name != "priority"]
    confidences = np.mean(best, axis=0) if best else np.zeros(len(neighbours.slots))
    return familiarity(neighbours.similarities, confidences)


def says_something(ticket: Incident) -> bool:
    """Return whether a ticket has at least one letter or digit."""
    return any(character.isalnum() for character in ticket.text)
