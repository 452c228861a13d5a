"""The composition root: builds store, encoder, indexes and models, and hands them down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.settings import Settings, read_settings
from kb.authoring.editing import ArticleEditing
from kb.curation.workbench import Workbench
from kb.privacy.masking import Masking
from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from kb.retrieval.weights import WeightRegistry, weights_sha256s
from kb.service.allowed_values import AllowedValues
from kb.service.api_keys import ApiKeys
from kb.service.idempotency import Idempotency
from kb.service.job_queue import JobQueue
from kb.service.major_incident_proposals import MajorIncidentProposals
from kb.service.outcomes import Outcomes
from kb.service.prediction_log import PredictionLog
from kb.service.webhooks import Webhooks
from kb.storage.database import Database
from kb.storage.folder_identity import FolderIdentity
from kb.storage.incident_store import IncidentStore
from models.artefacts import ArtefactError
from models.blas_threads import one_thread
from models.encoder import SHIPPED
from models.encoder_registry import ENCODERS, SHIPPED_ENCODERS, EncoderRegistry
from triage.assistant import Assistant, Policy
from triage.major import Criteria
from triage.model import ModelRegistry, model_sha256s
from triage.modes import (
    ModeSettings,
)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that serves one data folder with one encoder, whose files are in `encoder_folder`."""

    home: Path
    settings: Settings
    encoders: EncoderRegistry
    encoder_folder: Path
    store: IncidentStore
    memory: Memory
    models: ModelRegistry
    weights: WeightRegistry
    modes: ModeSettings
    journal: PredictionLog
    assistant: Assistant
    knowledge: ArticleEditing
    workbench: Workbench
    keys: ApiKeys
    idempotency: Idempotency
    jobs: JobQueue
    catalogue: AllowedValues
    outcomes: Outcomes
    major_proposals: MajorIncidentProposals
    webhooks: Webhooks

    @classmethod
    def furnish(
        cls, home: Path, settings: Settings, database: Database, encoder_folder: Path | None = None
    ) -> Services:
        """The desk with the encoder in a folder, or the one that serves; raises ArtefactError where it is damaged."""
        begin_with = SHIPPED_ENCODERS.get(settings.encoder, SHIPPED)
        encoders = EncoderRegistry(home / ENCODERS, begin_with=begin_with, threads=settings.encoder_threads)
        folder = encoder_folder or encoders.serving()
        store = IncidentStore(database, encoders.open(folder), Masking(personal=settings.mask_personal))
        identity = FolderIdentity(database)
        weights = WeightRegistry(home / "models", encoder=store.encoder.name, identity=identity)
        memory = Memory(store, weights.serving)
        models = ModelRegistry(home / "models", encoder=store.encoder.name, identity=identity)
        catalogue = AllowedValues(database)
        assistant = Assistant(memory, models, suggestion_policy(settings), catalogue.all)
        knowledge = ArticleEditing(store, settings.role)
        return cls(
            home=home,
            settings=settings,
            encoders=encoders,
            encoder_folder=folder,
            store=store,
            memory=memory,
            models=models,
            weights=weights,
            modes=ModeSettings(database, lambda: memory.revision),
            journal=PredictionLog(database),
            assistant=assistant,
            knowledge=knowledge,
            workbench=Workbench(memory, knowledge),
            keys=ApiKeys(database),
            idempotency=Idempotency(database),
            jobs=JobQueue(database),
            catalogue=catalogue,
            outcomes=Outcomes(database),
            major_proposals=MajorIncidentProposals(database),
            webhooks=Webhooks(database),
        )

    def with_encoder(self, folder: Path) -> Services:
        """The same desk with the encoder in a folder."""
        return Services.furnish(self.home, self.settings, self.store.database, folder)

    def warm_up(self) -> None:
        """Read all that an answer needs, so that nobody waits for it."""
        self.assistant.suggest(Incident("", "warm up"))

    def warnings(self) -> list[str]:
        """What is damaged in the data folder while the state before goes on serving, each file by its name there."""
        found = (self.encoders.warning, *self.models.warnings(), self.weights.warning)
        return [warning.replace(f"{self.home}/", "") for warning in found if warning]


def suggestion_policy(settings: Settings) -> Policy:
    """Return what the organisation asks of suggestions."""
    return Policy(precision=settings.precision, unsure_below=settings.unsure_below, matrix=settings.matrix())


def major_incident_criteria(settings: Settings) -> Criteria:
    """Return when a major incident is proposed."""
    return Criteria(settings.major_reports, timedelta(minutes=settings.major_minutes))


class LiveServices:
    """The desk that answers, replaced as a whole once another encoder is chosen and everything is read with it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._refused: str | None = None

    def warnings(self) -> list[str]:
        """What is damaged in the data folder while the state before goes on serving."""
        with suppress(ArtefactError):  # which is then among the warnings
            self.services.encoders.serving()
        refused = [] if self._refused is None else [self._refused.replace(f"{self.services.home}/", "")]
        return [*refused, *self.services.warnings()]

    def catch_up(self) -> None:
        """Read what has been written, so that answers need not."""
        self.services.assistant.catch_up()

    def flush(self, *, last: bool = False) -> None:
        """Write what was answered lately to the prediction log, as `PredictionLog.flush` does."""
        self.services.journal.flush(last=last)

    def follow(self) -> bool:
        """Take the encoder that is chosen by now; returns whether it is another one.

        Raises ArtefactError where it is damaged; the one before goes on.
        """
        chosen = self.services.encoders.serving()
        if chosen == self.services.encoder_folder:
            self._refused = None
            return False
        try:
            fresh = self.services.with_encoder(chosen)
            fresh.warm_up()
        except ArtefactError as error:
            self._refused = str(error)
            raise
        self._refused = None
        before, self.services = self.services, fresh
        before.journal.flush()
        return True


@contextmanager
def open_services(home: Path) -> Iterator[Services]:
    """The desk of a data folder, which is made where it is missing; meanwhile linear algebra keeps to one thread.

    Raises SettingsError for a setting that cannot be used, ArtefactError for a damaged encoder or file.
    """
    home.mkdir(parents=True, exist_ok=True)
    settings = read_settings(home)
    database = Database(settings.database_url) if settings.database_url else Database.in_folder(home)
    try:
        database.migrate()
        FolderIdentity(database).note_known(
            lambda: [*model_sha256s(home / "models"), *weights_sha256s(home / "models")]
        )
        with one_thread():
            services = Services.furnish(home, settings, database)
            services.modes.take_over(home / "modes.json")
            services.store.articles.cut()
            try:
                yield services
            finally:
                services.journal.flush()
    finally:
        database.close()
