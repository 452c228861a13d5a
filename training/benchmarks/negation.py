"""Negation: what it costs that tickets say of something else that it is fine, with and without leaving that out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.distinctive_terms import Vocabulary
from training.benchmarks.classification import Table, figures, read, split, write
from training.benchmarks.product import run

_FIELD = "assignment_group"
_TEXTS = ("short_description", "description")
_PRODUCT = ("-m", "app")
_AS_IT_CAME = (
    "-c",
    "from kb.reading import said; said.without_fine_clauses = str; from app.commands.main import main; main()",
)
"""The product that reads every clause."""
_FEWEST = 5  # tickets of a group whose topic is named
_PREFIXES = (
    "{} is fine, but ",
    "{} works, however ",
    "{} are OK. ",
    "No problem with {}. ",
    "{} is not affected, but ",
    "{} funktioniert, aber ",
    "{} ist in Ordnung, jedoch ",
    "Mit {} gibt es kein Problem, aber ",
)
"""Clauses before a complaint; {} is the topic."""
_NEW_PREFIXES = (
    "I can use {} as always, but ",
    "{} is up and running, just ",
    "Nothing wrong with {}. ",
    "{} still runs fine. ",
    "The {} seems okay, however ",
    "There are no issues with {}; ",
    "{} läuft normal, aber ",
    "An {} liegt es nicht, ",
    "{} tut noch, allerdings ",
    "Bei {} gibt es keine Probleme. ",
)
"""Clauses that were written after the rules were last changed."""


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Learn three quarters of the tickets of `groups`, and ask for the rest with a clause of contrast before them.

    The clause names what tells the tickets of another group (`new_wordings`: in wordings that were not known), or that
    of the ticket itself (`own`). `with` is the product, `without` the same that leaves no clause out.
    """
    learnt, asked = split(read(data / "tickets_groups.csv.gz"), 0.25, 0)
    columns = ("number", *_TEXTS, "caller", _FIELD)
    write(scratch / "learnt.csv", [{column: row[column] for column in columns if column in row} for row in learnt])
    home = scratch / "home"
    run(home, "import", "incidents", str(scratch / "learnt.csv"), statuses=(0, 1))
    run(home, "train", "--fields", _FIELD)
    return {"learnt": len(learnt), "asked": len(asked), **compare(home, scratch, learnt, asked)}


def compare(home: Path, scratch: Path, learnt: Table, asked: Table) -> dict[str, Any]:
    """Return the figures of each kind of ticket, with clauses left out and without."""
    topics = _topics(learnt)
    kinds = {
        "plain": asked,
        "contrasted": _prefixed(asked, topics, _PREFIXES),
        "new_wordings": _prefixed(asked, topics, _NEW_PREFIXES),
        "own": _prefixed(asked, topics, _PREFIXES, own=True),
    }
    counts = Counter(row[_FIELD] for row in learnt)
    found: dict[str, dict[str, Any]] = {}
    for way, program in (("with", _PRODUCT), ("without", _AS_IT_CAME)):
        for name, rows in kinds.items():
            write(scratch / "asked.csv", [{column: row[column] for column in (*_TEXTS, "caller")} for row in rows])
            run(home, "classify", str(scratch / "asked.csv"), "-o", str(scratch / "out.csv"), program=program)
            found.setdefault(name, {})[way] = _told(figures(asked, read(scratch / "out.csv"), _FIELD, counts))
    return found


def _told(all_figures: Mapping[str, Any]) -> dict[str, Any]:
    names = ("accuracy", "calibration_error", "automatic_share", "automatic_right", "unsure_share")
    return {name: all_figures[name] for name in names}


def _prefixed(asked: Table, topics: Mapping[str, str], prefixes: tuple[str, ...], *, own: bool = False) -> Table:
    """Return tickets with a clause in front that says that the topic of another group, or their own, is fine."""
    chance = random.Random(0)  # noqa: S311 (a choice of clauses, not a secret)
    groups, prefixed = sorted(topics), list[dict[str, str]]()
    for row in asked:
        other = chance.choice([group for group in groups if group != row[_FIELD]])
        prefix = chance.choice(prefixes).format(topics.get(row[_FIELD], topics[other]) if own else topics[other])
        prefixed.append(row | {name: prefix + row[name] for name in _TEXTS if row[name].strip()})
    return prefixed


def _topics(learnt: Table) -> dict[str, str]:
    """Return the two terms that tell the tickets of each group."""
    texts: dict[str, list[str]] = {}
    for row in learnt:
        texts.setdefault(row[_FIELD], []).append(f"{row['short_description']}\n{row['description']}")
    vocabulary = Vocabulary(text for group in texts.values() for text in group)
    terms = {
        group: [term.term for term in vocabulary.distinctive_terms(some, 2)]
        for group, some in texts.items()
        if len(some) >= _FEWEST
    }
    return {group: " ".join(found) for group, found in terms.items() if found}
