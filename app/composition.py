"""The composition root: builds store, encoder, indexes and models, and hands them down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings, read_settings
from kb.database import Database
from kb.search import Memory
from kb.store import Store
from models.encoder import OnnxEncoder
from triage.assistant import Assistant
from triage.model import ModelShelf


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that serves one data folder."""

    home: Path
    settings: Settings
    store: Store
    memory: Memory
    shelf: ModelShelf
    assistant: Assistant


@contextmanager
def open_desk(home: Path) -> Iterator[Desk]:
    """The desk of a data folder, which is made where it is missing.

    Raises SettingsError for a setting that cannot be used, ArtefactError for a damaged encoder.
    """
    home.mkdir(parents=True, exist_ok=True)
    settings = read_settings(home)
    database = Database(settings.database_url) if settings.database_url else Database.in_folder(home)
    try:
        database.migrate()
        encoder = OnnxEncoder(threads=settings.encoder_threads)
        store = Store(database, encoder)
        store.embed_missing()
        memory = Memory(store)
        shelf = ModelShelf(home / "models", encoder=encoder.name)
        yield Desk(home, settings, store, memory, shelf, Assistant(memory, shelf, settings.policy()))
    finally:
        database.close()
