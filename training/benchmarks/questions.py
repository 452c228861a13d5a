"""Questions: how many tickets that are unsure without their telling words become right by an answer."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from models.lexical_index import stem
from training.benchmarks.classification import TASKS, read, split, write
from training.benchmarks.product import Service, run, served

_LEARNT, _UNSURE = 4000, 120
_ROUNDS = 5
_NEAREST = 100
_LEAST_TEXTS, _CHOICES = 3, 4
_WORD = re.compile(r"\w+")

Ticket = Mapping[str, str]


def measure(data: Path, scratch: Path, *, name: str) -> dict[str, Any]:
    """Hide the telling words of tickets until they are unsure, ask, answer from the hidden words, and count.

    A choice is the answer where the ticket had it. Beside it, the same tickets are asked as many questions with four
    random words of similar tickets as choices.
    """
    task = TASKS[name]
    field = task.fields[0]
    learnt, asked = split(read(data / task.file), 0.25, 0)
    inputs = [column for column in task.inputs if column in learnt[0]]
    rows = [
        {"number": f"T{place}", field: row[field], **{key: row[key] for key in inputs}}
        for place, row in enumerate(learnt[:_LEARNT])
    ]
    write(scratch / "learnt.csv", rows)
    home = scratch / "home"
    run(home, "import", "incidents", str(scratch / "learnt.csv"), statuses=(0, 1))
    run(home, "train", "--fields", field)
    texts = {row["number"]: " ".join(row[key] for key in inputs) for row in rows}
    counts, milliseconds = Counter[str](), list[float]()
    chance = random.Random(0)  # noqa: S311 (an experiment, not a secret)
    with served(home) as service:
        desk = _Desk(service, field, texts)
        for row in asked:
            hidden = desk.without_telling_words({key: row[key] for key in inputs}, row[field])
            if hidden is None:
                continue
            left = _stems(row[key] for key in inputs) - _stems(hidden.values())
            answer = desk.suggest(hidden)
            milliseconds.append(answer["took_ms"])
            questions = [question["choices"] for question in answer["questions"]]
            counts["unsure"] += 1
            counts["asked"] += bool(questions)
            others = [desk.random_choices(hidden, chance) for _ in questions]
            for how, choices in (("asked", questions), ("random", others)):
                counts.update(f"{how}_{became}" for became in desk.became(hidden, row[field], _given(choices, left)))
            if counts["unsure"] == _UNSURE:
                break
    became = [f"{how}_{what}" for how in ("asked", "random") for what in ("told", "right", "wrong")]
    return {
        "learnt": len(rows),
        **{key: counts[key] for key in ("unsure", "asked", *became)},
        "ratio": round(counts["asked_right"] / max(counts["random_right"], 1), 2),
        "ms_median": sorted(milliseconds)[len(milliseconds) // 2],
    }


@dataclass(frozen=True, slots=True)
class _Desk:
    """A service with one field to predict, and the texts that it learnt from by number."""

    service: Service
    field: str
    texts: Mapping[str, str]

    def suggest(self, ticket: Ticket) -> dict[str, Any]:
        """Return the suggestion for a ticket, with its explanation."""
        return dict(self.service.post("/v1/suggest?explain=true", ticket))

    def without_telling_words(self, ticket: Ticket, value: str) -> Ticket | None:
        """Return a ticket without the words that speak for its value once it is unsure; `None` where it is not."""
        found = self.suggest(ticket)["fields"][self.field]
        if found["value"] != value:
            return None
        for _ in range(_ROUNDS):
            words = {part for word in found["explanation"]["words_for"] for part in word["text"].split()}
            if not words:
                return None
            cut = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\w{{0,3}}\b", re.IGNORECASE)
            ticket = {key: cut.sub("", text) for key, text in ticket.items()}
            if len(_stems(ticket.values())) < _LEAST_TEXTS:
                return None
            found = self.suggest(ticket)["fields"][self.field]
            if found["decision"] == "unsure":
                return ticket
        return None

    def became(self, ticket: Ticket, value: str, answers: Sequence[str]) -> list[str]:
        """Return the result of an unsure ticket with these answers."""
        if not answers:
            return []
        told = {**ticket, "description": "\n".join([ticket["description"], *answers])}
        found = self.suggest(told)["fields"][self.field]["value"]
        return ["told", *([] if found is None else ["right" if found == value else "wrong"])]

    def random_choices(self, ticket: Ticket, chance: random.Random) -> list[str]:
        """Return four random words that several of the most similar tickets have and the ticket has not."""
        query = quote(" ".join(ticket.values())[:2000])
        path = f"/v1/search?kind=incidents&limit={_NEAREST}&q={query}"
        near = [self.texts[hit["id"]] for hit in self.service.get(path)["results"]]
        has = _stems(ticket.values())
        counts = Counter(word for text in near for word in set(_WORD.findall(text.lower())) if len(word) > 2)
        pool = [word for word, count in sorted(counts.items()) if count >= _LEAST_TEXTS and stem(word) not in has]
        return chance.sample(pool, min(_CHOICES, len(pool)))


def _given(questions: Sequence[Sequence[str]], hidden: Collection[str]) -> list[str]:
    """Return the first choice of each question that is in the hidden part, none where no choice is."""
    found = (next((choice for choice in choices if _stems([choice]) & set(hidden)), None) for choices in questions)
    return [choice for choice in found if choice is not None]


def _stems(texts: Iterable[str]) -> set[str]:
    return {stem(word.lower()) for text in texts for word in _WORD.findall(text)}
