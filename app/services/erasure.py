"""Forgetting at work: a person leaves the database, the models that learnt from them, and every file."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from app.composition import Services
from kb.storage.erasure import erase, name_pattern, without_name
from kb.storage.scrubbing import unescaped
from models.state_file import StateFile
from training.fit import NotEnoughHistoryError
from training.history import Report
from training.learn import learn

_ANYTHING = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """How many incidents, other records, jobs and models went, which model serves, and which files name them yet."""

    incidents: int
    named: int
    jobs: int
    models: int
    model: str | None
    left: tuple[str, ...]


def erase_person(services: Services, person: str, *, report: Report = lambda *_: None) -> ErasedPerson:
    """Forget a person; models are learnt anew without their texts, and those before are removed.

    Jobs that name them are dropped. What still names them, such as a file that somebody put there, is listed.
    """
    pattern = name_pattern(person)
    had_model = services.models.serving() is not None
    found = erase(services.store.database, person)
    services.store.embeddings.add_missing()
    jobs = [
        folder
        for folder in (services.home / "jobs").glob("*")
        if any(_names(file, pattern) for file in folder.iterdir())
    ]
    for folder in jobs:
        shutil.rmtree(folder)
    for file in (*services.home.glob("*.json"), *services.home.glob("*.json.migrated")):
        state = StateFile(file, _ANYTHING, empty={}, remedy="move it away, then try again")
        if (kept := state.read()) != without_name(kept, pattern):
            state.update(lambda before: without_name(before, pattern))
    services.boilerplate.forget(pattern)
    model = _learnt_anew(services, report) if had_model else None
    models = services.models.drop_others(model)
    left = [str(file.relative_to(services.home)) for file in sorted(services.home.rglob("*")) if _names(file, pattern)]
    return ErasedPerson(found.incidents, found.named, len(jobs), models, model, tuple(left))


def _learnt_anew(services: Services, report: Report) -> str | None:
    """Version of a model that learnt from what is left, `None` where that is too little."""
    try:
        with services.memory.lock:
            services.memory.refresh()
        found = learn(
            services.memory, services.models, services.weights, precision=services.settings.precision, report=report
        )
    except NotEnoughHistoryError:
        return None
    return found.model.version if found.model else None


def _names(file: Path, pattern: re.Pattern[str]) -> bool:
    """Return whether the bytes of a file name a person."""
    if not file.is_file():
        return False
    text = file.read_bytes().decode("utf-8", "replace")
    return any(pattern.search(said) for said in (text, unescaped(text)))
