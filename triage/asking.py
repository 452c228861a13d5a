"""Asking: which questions to a caller would make an unsure field sure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.question_kind import QuestionKind
from kb.retrieval.incident_index import IncidentIndex
from kb.vocabulary.details import Detail, details_in
from models.encoder import Vectors
from models.splits import best_split
from triage.question import Question
from triage.suggestion import Answer, Candidate, FieldSuggestion

_WORD = re.compile(r"\w+(?:[.-]\w+)*")
_SENTENCE = re.compile(r"[.!?]\s+|\n+")


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """How many questions are asked, and when one is worth it; chosen by hand, measured in experiment 022."""

    # questions that come with a suggestion: a caller answers two, not five
    most: int = 2
    # choices of a question: as many as can be read at a glance
    choices: int = 4
    # candidate values that are told apart
    candidates: int = 4
    # incidents of each candidate value that are read
    incidents: int = 80
    # different callers whose texts must have a word: fewer could reveal who wrote it
    least_texts: int = 5
    # share of all texts above which a word is in common use and tells nothing
    in_common_use: float = 0.25
    # weight of a word's share among all candidates, in texts, against its share for one
    prior: float = 4.0
    # share of the sentences with a question's words that have to give a detail, so that it asks for that
    in_a_detail: float = 0.6
    # questions that are tried on the ticket
    tried: int = 4
    # smallest chance that the answer makes an unsure field sure
    worth_asking: float = 0.25


_SETTINGS = QuestionSettings()
ASKED_FOR = ("service", "configuration_item", "location")
"""Fields of an incident that a caller can name."""


def answered(ticket: Incident, choice: str) -> Incident:
    """Return the ticket with the answer to a question as the last line of its description."""
    return replace(ticket, description=f"{ticket.description}\n{choice}".strip())


def possible_questions(
    ticket: Incident, fields: Mapping[str, FieldSuggestion], index: IncidentIndex, similarities: Vectors
) -> list[Question]:
    """Return the questions that tell the likely values of the unsure fields of a ticket apart, the best first.

    `similarities` (slots,) are the cosines of the ticket with every slot of the index. Each question has to be tried
    with each of its choices before it is asked: a ticket that stays unlike anything known is asked nothing.
    """
    found = [
        asked
        for name, field in fields.items()
        if field.decision is Decision.UNSURE
        for asked in _candidates(ticket, name, field, index, similarities)
    ]
    said, kept = set[str](), list[Question]()
    for _, question in sorted(found, key=lambda entry: -entry[0]):
        choices = {choice.casefold() for choice in question.choices}
        if not choices & said:
            said |= choices
            kept.append(question)
    return kept[: _SETTINGS.tried]


def worth_asking(questions: Sequence[Question], answers: Sequence[Answer]) -> tuple[Question, ...]:
    """Return the questions, at most two, whose answer probably makes their field sure, the most telling first.

    `answers` is what is suggested for the ticket with each choice of each question, in that order.
    """
    rest = iter(answers)
    gains = [(_gain(question, [next(rest) for _ in question.choices]), question) for question in questions]
    asked = sorted(((gain, one) for gain, one in gains if gain >= _SETTINGS.worth_asking), key=lambda entry: -entry[0])
    return tuple(question for _, question in asked[: _SETTINGS.most])


def _gain(question: Question, answers: Sequence[Answer]) -> float:
    """Return how probable it is that the answer makes the field sure."""
    return sum(
        chance
        for chance, answer in zip(question.likely, answers, strict=True)
        if answer.fields[question.field].decision is not Decision.UNSURE
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """A field that is unsure: its likely values, and for each the slots of the incidents with it that are nearest."""

    ticket: Incident
    field: str
    candidates: Sequence[Candidate]
    slots: Mapping[str, NDArray[np.int64]]

    @property
    def read(self) -> NDArray[np.int64]:
        """Return how many incidents of each candidate are read, shape (candidates,)."""
        return np.array([len(self.slots[candidate.value]) for candidate in self.candidates])


def _candidates(
    ticket: Incident, name: str, field: FieldSuggestion, index: IncidentIndex, similarities: Vectors
) -> Iterator[tuple[float, Question]]:
    """Yield questions that tell the likely values of a field apart, each with the bits that its answer brings."""
    slots = {
        candidate.value: found
        for candidate in field.alternatives[: _SETTINGS.candidates]
        if len(found := index.nearest_with(similarities, name, candidate.value, _SETTINGS.incidents))
        >= _SETTINGS.least_texts
    }
    candidates = [candidate for candidate in field.alternatives if candidate.value in slots]
    if len(candidates) < 2:
        return
    case = _Case(ticket, name, candidates, slots)
    yield from _word_questions(case, index)
    for asked in ASKED_FOR:
        if asked != name and ticket.value(asked) is None:
            yield from _field_question(case, asked, index)


def _word_questions(case: _Case, index: IncidentIndex) -> Iterator[tuple[float, Question]]:
    """Yield the best question by words of similar incidents, and the best by other words."""
    lexical = index.lexical
    found = {value: lexical.counts(places) for value, places in case.slots.items()}
    columns = np.unique(np.concatenate([columns for columns, _ in found.values()]))
    counts = np.zeros((len(case.candidates), len(columns)))
    for row, candidate in enumerate(case.candidates):
        here, times = found[candidate.value]
        counts[row, np.searchsorted(columns, here)] = times
    has = lexical.hashed([case.ticket.searched_text])[0]
    useful = (
        (counts.sum(axis=0) >= _SETTINGS.least_texts)
        & (lexical.frequency(columns) <= _SETTINGS.in_common_use)
        & ~np.isin(columns, list(has))
    )
    texts = [
        incident.searched_text
        for places in case.slots.values()
        for slot in places.tolist()
        if (incident := index.incident(slot)) is not None
    ]
    columns, counts = columns[useful], counts[:, useful]
    for _ in range(2):
        asked = _split(case, counts)
        if asked is None:
            return
        chosen, bits, likely, leads_to = asked
        spelled = _spelled(texts, columns[chosen], index)
        named = [place for place, column in enumerate(columns[chosen].tolist()) if column in spelled]
        choices = tuple(spelled[column] for column in columns[chosen].tolist() if column in spelled)
        if len(choices) > 1:
            kind = _kind_of(choices, texts)
            yield (
                bits,
                Question(case.field, kind, choices, tuple(likely[i] for i in named), tuple(leads_to[i] for i in named)),
            )
        left = np.setdiff1d(np.arange(len(columns)), chosen)
        columns, counts = columns[left], counts[:, left]


def _field_question(case: _Case, asked: str, index: IncidentIndex) -> Iterator[tuple[float, Question]]:
    """Yield the question for a field that the ticket lacks, where similar incidents have it."""
    column = index.labels(asked)
    if not column.values:
        return
    codes = column.codes()
    counts = np.stack(
        [
            np.bincount(
                codes[case.slots[entry.value]][codes[case.slots[entry.value]] >= 0], minlength=len(column.values)
            )
            for entry in case.candidates
        ]
    )
    text = case.ticket.searched_text.casefold()
    is_mentioned = np.array([value.casefold() in text for value in column.values])
    if (counts.sum(axis=0)[is_mentioned] > 0).any():
        return
    places = np.flatnonzero(counts.sum(axis=0) >= _SETTINGS.least_texts)
    found = _split(case, counts[:, places].astype(np.float64))
    if found is not None:
        chosen, bits, likely, leads_to = found
        if len(chosen) > 1:
            choices = tuple(column.values[places[i]] for i in chosen)
            yield bits, Question(case.field, QuestionKind(asked), choices, likely, leads_to)


def _split(
    case: _Case, counts: NDArray[np.float64]
) -> tuple[NDArray[np.int64], float, tuple[float, ...], tuple[str, ...]] | None:
    """Return the columns of the best question, its bits, how likely each is, and the value that each speaks for.

    `counts` (candidates, columns) says in how many of the incidents of each candidate a column is true.
    """
    if not counts.shape[1]:
        return None
    overall = counts.sum(axis=0) / case.read.sum()
    presence = (counts + _SETTINGS.prior * overall) / (case.read[:, None] + _SETTINGS.prior)
    chances = np.array([candidate.confidence for candidate in case.candidates])
    found = best_split(np.maximum(chances, 1e-6), presence, most=_SETTINGS.choices)
    columns = np.array(found.columns, dtype=np.int64)
    leads_to = tuple(case.candidates[int((presence[:, column] * chances).argmax())].value for column in found.columns)
    return columns, found.bits, found.likely, leads_to


def _spelled(texts: Sequence[str], columns: NDArray[np.int64], index: IncidentIndex) -> dict[int, str]:
    """Return how each hashed word is mostly written in texts, as far as it is a word."""
    wanted = set(columns.tolist())
    forms = Counter(word for text in texts for word in _WORD.findall(text))
    listed = [word for word in forms if len(word) > 2 and not word[0].isdigit()]
    found = dict[int, Counter[str]]()
    for word, hashed in zip(listed, index.lexical.hashed(listed), strict=True):
        for column in hashed & wanted:
            found.setdefault(column, Counter())[word] += forms[word]
    return {column: counted.most_common(1)[0][0] for column, counted in found.items()}


def _kind_of(choices: Sequence[str], texts: Sequence[str]) -> QuestionKind:
    """Return the detail that most sentences with these words give, words where there is none."""
    given, sentences = Counter[Detail](), 0
    words = [re.compile(rf"\b{re.escape(choice)}\b", re.IGNORECASE) for choice in choices]
    for text in texts:
        for sentence in _SENTENCE.split(text):
            if any(word.search(sentence) for word in words):
                sentences += 1
                given.update(details_in(sentence))
    detail, times = given.most_common(1)[0] if given else (None, 0)
    return QuestionKind(detail.value) if detail and times > _SETTINGS.in_a_detail * sentences else QuestionKind.WORDS
