"""The composition root: builds store, encoder, indexes and models, and hands them down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.settings import Settings, read_settings
from kb.authoring.editing import ArticleEditing
from kb.curation.workbench import Workbench
from kb.practice.notification_rules import NotificationPlan
from kb.practice.practice_file import PracticeFile, PracticeFileError
from kb.privacy.masking import Masking
from kb.records.incident import Incident
from kb.retrieval.boilerplate_registry import BoilerplateRegistry
from kb.retrieval.field_values import FieldValues
from kb.retrieval.memory import Memory
from kb.retrieval.weights import WeightRegistry, weights_sha256s
from kb.service.allowed_values import AllowedValues
from kb.service.api_keys import ApiKeys
from kb.service.board import Board
from kb.service.idempotency import Idempotency
from kb.service.incident_notices import IncidentNotices
from kb.service.incident_queue import IncidentQueue
from kb.service.job_queue import JobQueue
from kb.service.major_incident_proposals import MajorIncidentProposals
from kb.service.major_rooms import MajorRooms
from kb.service.major_work import MajorWork
from kb.service.notification_texts import NotificationTexts
from kb.service.notifications import Notifications
from kb.service.outcomes import Outcomes
from kb.service.prediction_log import PredictionLog
from kb.service.queue_clocks import QueueClocks
from kb.service.webhooks import Webhooks
from kb.storage.database import Database
from kb.storage.folder_identity import FolderIdentity
from kb.storage.incident_store import IncidentStore
from models.artefacts import ArtefactError
from models.blas_threads import one_thread
from models.encoder import Vectors
from models.encoder_registry import ENCODERS, EncoderRegistry
from models.shipped_encoders import FAST, SHIPPED_ENCODERS
from triage.assistant import Assistant, Policy
from triage.breach_forecast import BreachForecast
from triage.major_watch import MajorWatch
from triage.margin_registry import MarginRegistry
from triage.model import ModelRegistry, model_sha256s
from triage.modes import (
    ModeSettings,
)
from triage.security import shipped_encoder


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that serves one data folder with one encoder, whose files are in `encoder_folder`.

    `read_at` says when its texts were last read anew.
    """

    home: Path
    settings: Settings
    encoders: EncoderRegistry
    encoder_folder: Path
    store: IncidentStore
    memory: Memory
    models: ModelRegistry
    weights: WeightRegistry
    boilerplate: BoilerplateRegistry
    read_at: str
    modes: ModeSettings
    prediction_log: PredictionLog
    assistant: Assistant
    knowledge: ArticleEditing
    workbench: Workbench
    keys: ApiKeys
    idempotency: Idempotency
    jobs: JobQueue
    queue: IncidentQueue
    queue_clocks: QueueClocks
    board: Board
    catalogue: AllowedValues
    field_values: FieldValues
    outcomes: Outcomes
    major_proposals: MajorIncidentProposals
    major_rooms: MajorRooms
    major_work: MajorWork
    major_watch: MajorWatch
    margins: MarginRegistry
    webhooks: Webhooks
    notifications: Notifications
    notices: IncidentNotices
    texts: NotificationTexts
    practice: PracticeFile
    breaches: BreachForecast

    @classmethod
    def build(
        cls,
        home: Path,
        settings: Settings,
        database: Database,
        encoder_folder: Path | None = None,
        practice: PracticeFile | None = None,
    ) -> Services:
        """Return the services with the encoder in a folder, or the one that serves.

        Raises ArtefactError where it is damaged.
        """
        begin_with = SHIPPED_ENCODERS.get(settings.encoder, FAST)
        encoders = EncoderRegistry(home / ENCODERS, begin_with=begin_with, threads=settings.encoder_threads)
        folder = encoder_folder or encoders.serving()
        identity = FolderIdentity(database)
        boilerplate = BoilerplateRegistry(home / "models", identity=identity)
        read_at = boilerplate.read_at
        masking = Masking(personal=settings.mask_personal)
        practice = practice or PracticeFile(home)
        notifications = Notifications(database)
        notices = IncidentNotices(database, notifications, partial(_notification_plan, practice))
        store = IncidentStore(database, encoders.open(folder), masking, boilerplate.serving(), notices.note_changes)
        weights = WeightRegistry(home / "models", encoder=store.encoder.name, identity=identity)
        memory = Memory(store, weights.serving)
        models = ModelRegistry(home / "models", encoder=store.encoder.name, identity=identity)
        catalogue = AllowedValues(database)
        assistant = Assistant(memory, models, suggestion_policy(settings), catalogue.all)
        knowledge = ArticleEditing(store, settings.role)
        major_proposals, major_rooms = MajorIncidentProposals(database), MajorRooms(database)
        margins = MarginRegistry(home / "models", identity=identity)
        return cls(
            home=home,
            settings=settings,
            encoders=encoders,
            encoder_folder=folder,
            store=store,
            memory=memory,
            models=models,
            weights=weights,
            boilerplate=boilerplate,
            read_at=read_at,
            modes=ModeSettings(database, lambda: memory.revision),
            prediction_log=PredictionLog(database),
            assistant=assistant,
            knowledge=knowledge,
            workbench=Workbench(memory, knowledge),
            keys=ApiKeys(database),
            idempotency=Idempotency(database),
            jobs=JobQueue(database),
            queue=IncidentQueue(database),
            queue_clocks=QueueClocks(database),
            board=Board(database),
            catalogue=catalogue,
            field_values=FieldValues(memory),
            outcomes=Outcomes(database),
            major_proposals=major_proposals,
            major_watch=MajorWatch(memory, major_proposals, major_rooms, margins),
            margins=margins,
            major_rooms=major_rooms,
            major_work=MajorWork(database),
            webhooks=Webhooks(database),
            notifications=notifications,
            notices=notices,
            texts=NotificationTexts(home, settings.desk_url),
            practice=practice,
            breaches=BreachForecast(home / "models", identity=identity),
        )

    def with_encoder(self, folder: Path) -> Services:
        """Return services over the same data folder with the encoder in another folder."""
        return Services.build(self.home, self.settings, self.store.database, folder, self.practice)

    def warm_up(self) -> None:
        """Read all that an answer needs, so that nobody waits for it."""
        text = "warm up"
        self.assistant.suggest(Incident("", text))
        self.shipped_vector(text)

    def shipped_vector(self, text: str) -> Vectors:
        """Return the vector of a text by the shipped encoder, whichever one serves; shape (dimension,)."""
        if self.encoder_folder == FAST:
            return self.memory.query(text).vector
        vector: Vectors = shipped_encoder().encode([text])[0]
        return vector

    def warnings(self) -> list[str]:
        """Return what is damaged in the data folder while its last good state serves, each file by its name there."""
        found = (
            self.encoders.warning,
            *self.models.warnings(),
            self.weights.warning,
            self.boilerplate.warning,
            *self.practice.warnings(),
            self.breaches.warning,
            self.margins.warning,
        )
        return [warning.replace(f"{self.home}/", "") for warning in found if warning]


def _notification_plan(practice: PracticeFile) -> NotificationPlan:
    """Return who is told of what; nobody of anything while the practice cannot be used, which is among the warnings."""
    try:
        return practice.practice().notifications
    except PracticeFileError:
        return NotificationPlan()


def suggestion_policy(settings: Settings) -> Policy:
    """Return what the organisation asks of suggestions."""
    return Policy(precision=settings.precision, unsure_below=settings.unsure_below, matrix=settings.matrix())


class LiveServices:
    """The services that answer, replaced as a whole once everything is read with another encoder or in another way."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._refused: str | None = None

    def warnings(self) -> list[str]:
        """Return what is damaged in the data folder while the state before goes on serving."""
        with suppress(ArtefactError):  # which is then among the warnings
            self.services.encoders.serving()
        refused = [] if self._refused is None else [self._refused.replace(f"{self.services.home}/", "")]
        return [*refused, *self.services.warnings()]

    def catch_up(self) -> None:
        """Read what has been written, so that answers need not."""
        self.services.assistant.catch_up()

    def flush(self, *, last: bool = False) -> None:
        """Write what was answered lately to the prediction log, as `PredictionLog.flush` does."""
        self.services.prediction_log.flush(last=last)

    def follow(self) -> bool:
        """Take the encoder that is chosen, and the texts as they are read now; returns whether anything is new.

        Raises ArtefactError where it is damaged; the one before goes on.
        """
        chosen = self.services.encoders.serving()
        if chosen == self.services.encoder_folder and self.services.boilerplate.read_at == self.services.read_at:
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
        before.prediction_log.flush()
        return True


@contextmanager
def open_services(home: Path) -> Iterator[Services]:
    """Give the services of a data folder, which is made where it is missing; linear algebra then keeps to one thread.

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
            services = Services.build(home, settings, database)
            services.modes.take_over(home / "modes.json")
            services.practice.begin()
            services.store.articles.cut()
            try:
                yield services
            finally:
                services.prediction_log.flush()
    finally:
        database.close()
