"""The trained model: a classifier for every field with enough history, kept as an artefact."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, TypeAdapter

from kb.records.incident import FIELDS
from kb.storage.folder_identity import FolderIdentity
from models.artefacts import MANIFEST, Artefact, ArtefactError, open_artefact, save_array, write_manifest
from models.classifier import LabelClassifier
from models.encoder import text_keys
from models.errors import NotFoundError
from models.features import TextFeatures
from models.novelty import NoveltyCurve
from models.state_file import PLAIN_NAME, StateFile
from triage.suggestion import ModelInfo

KIND = "triage-model"
DEFAULT_FIELDS = tuple(field.name for field in FIELDS if field.learnt)
_SERVING, _TRIED = "serving.json", "tried.json"
_LEFT_OUT = "left_out.npy"
_FORM = 7  # format of a model's files; another version of triage may read another format
_RETRY_SECONDS = 10.0  # verifying a model takes up to a second; a repaired one is noticed after at most this long
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FieldModel:
    """Classifier of one field, and how far neighbours may be trusted on values that it does not know.

    `beyond` is the share of past incidents that had such a value. Incidents logged before the day `since` had values of
    another scheme: they were not learnt from and do not vote; `None` where all do.
    """

    classifier: LabelClassifier
    rare_trust: float
    beyond: float
    since: float | None


@dataclass(frozen=True, slots=True)
class TriageModel:
    """The result of a training; `metrics` holds the held-out figures of each field.

    `novelty` says what the familiarity of a ticket means. The model learnt from the incidents first written up to
    `revision`, except those whose numbers have a key in `left_out` (sorted). `comparison` compares it with the model
    that served when it was trained, if there was one.
    """

    version: str
    trained_at: str
    encoder: str
    data_fingerprint: str
    features: TextFeatures
    fields: Mapping[str, FieldModel]
    metrics: Mapping[str, Mapping[str, Any]]
    novelty: NoveltyCurve
    revision: int
    left_out: NDArray[np.uint64]
    comparison: Mapping[str, Any] | None = None

    @property
    def info(self) -> ModelInfo:
        """Return its version and date."""
        return ModelInfo(self.version, self.trained_at)

    @property
    def newest_scheme(self) -> float | None:
        """Return the day from which on a field has its present values; `None` where they never changed."""
        return max((field.since for field in self.fields.values() if field.since is not None), default=None)

    def save(self, models: Path, *, data_folder: str) -> Path:
        """Write the artefact below the folder `models` and return its own folder; the model does not serve yet.

        `data_folder` is the id of the folder whose history it learnt.
        """
        folder = models / self.version
        folder.mkdir(parents=True)
        try:
            self._write(folder, data_folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder

    def _write(self, folder: Path, data_folder: str) -> None:
        files = [*self.features.save(folder), _LEFT_OUT]
        save_array(folder / _LEFT_OUT, self.left_out)
        for position, field in enumerate(self.fields.values()):
            files += field.classifier.save(folder, f"field{position}")
        about = {
            "form": _FORM,
            "trained_at": self.trained_at,
            "encoder": self.encoder,
            "data_folder": data_folder,
            "data_fingerprint": self.data_fingerprint,
            "fields": [
                {"name": name, "rare_trust": field.rare_trust, "beyond": field.beyond, "since": field.since}
                for name, field in self.fields.items()
            ],
            "metrics": self.metrics,
            **asdict(self.novelty),
            "revision": self.revision,
            "comparison": self.comparison,
        }
        write_manifest(folder, kind=KIND, version=self.version, files=files, about=about)

    def has_learnt(self, number: str, added: int) -> bool:
        """Return whether an incident first written at a revision existed when the model was trained."""
        if added > self.revision:
            return False
        place = int(np.searchsorted(self.left_out, key := text_keys([number])[0]))
        return place == len(self.left_out) or bool(self.left_out[place] != key)

    @classmethod
    def load(cls, folder: Path, *, encoder: str, identity: FolderIdentity) -> TriageModel:
        """Read an artefact; raises ArtefactError where it is damaged, or of another encoder or data folder."""
        artefact = open_artefact(folder, kind=KIND)
        about = _about(artefact)
        if not identity.admits(about.data_folder, artefact.sha256):
            raise ArtefactError(f"{folder}: was trained on the incidents of another data folder: train again")
        if about.encoder != encoder:
            raise ArtefactError(
                f"{folder}: was trained with the encoder {about.encoder}, this service runs {encoder}: train again"
            )
        fields = {
            entry.name: FieldModel(
                LabelClassifier.load(artefact, f"field{position}"), entry.rare_trust, entry.beyond, entry.since
            )
            for position, entry in enumerate(about.fields)
        }
        return cls(
            artefact.version,
            about.trained_at,
            about.encoder,
            about.data_fingerprint,
            TextFeatures.load(artefact),
            fields,
            about.metrics,
            NoveltyCurve(about.known_from, about.rise, about.shift, about.doubted_below),
            about.revision,
            artefact.array(_LEFT_OUT),
            about.comparison,
        )


class _FieldAbout(BaseModel):
    """Facts in the manifest of a model about one field."""

    name: str
    rare_trust: float
    beyond: float
    since: float | None


class _About(BaseModel):
    """Facts in the manifest of a model."""

    trained_at: str
    encoder: str
    data_folder: str | None = None  # missing in a model of an earlier version
    data_fingerprint: str
    fields: list[_FieldAbout]
    metrics: dict[str, dict[str, Any]]
    known_from: float
    rise: float = 0.0  # a model of an earlier version lowers no confidence
    shift: float = 0.0
    doubted_below: float = 0.0
    revision: int
    comparison: dict[str, Any] | None


def _about(artefact: Artefact) -> _About:
    form = artefact.about.get("form")
    if isinstance(form, int) and form > _FORM:
        raise ArtefactError(
            f"{artefact.folder}: a newer version of triage wrote it: install that version again, or train again"
        )
    if form != _FORM:
        raise ArtefactError(f"{artefact.folder}: was written by an earlier version of triage: train again")
    return artefact.facts(_About)


class ModelSource(Protocol):
    """A source of the model that serves."""

    def serving(self) -> TriageModel | None:
        """Return the model that serves, `None` before the first training; raises ArtefactError where it is damaged."""
        ...


class NoSuchModelError(NotFoundError):
    """No model has this version; the message lists the existing ones."""


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A stored model, with its held-out figures by field and its comparison with the model that served before."""

    version: str
    trained_at: str
    encoder: str
    serves: bool
    metrics: Mapping[str, Mapping[str, Any]]
    comparison: Mapping[str, Any] | None


class ModelRegistry:
    """The trained models of a data folder, and which of them serves with the current encoder.

    This process keeps its serving model where the next one, or the file that names it, is damaged; `warnings` then says
    so.
    """

    def __init__(self, folder: Path, *, encoder: str, identity: FolderIdentity) -> None:
        self.folder = folder
        self._encoder = encoder
        self._identity = identity
        self._state = StateFile(
            folder / _SERVING,
            TypeAdapter(dict[str, Annotated[str, Field(pattern=PLAIN_NAME)]]),
            empty={},
            remedy="restore it from a backup, choose a model with `triage models rollback VERSION`, or train again",
        )
        self._tried = StateFile(
            folder / _TRIED,
            TypeAdapter(dict[str, Annotated[int, Field(ge=0)]]),
            empty={},
            remedy="delete it: it only notes how far the last training read",
        )
        self._version: str | None = None
        self._serving: TriageModel | None = None
        self._refused = _Refused()
        self._unnamed: str | None = None

    def warnings(self) -> list[str]:
        """Return what is wrong with the models and the files that name them; the last good ones keep serving."""
        found = (self._state.warning, self._tried.warning, self._refused.reason, self._unnamed)
        return [warning for warning in found if warning]

    def keep(self, model: TriageModel) -> None:
        """Store a model without letting it serve."""
        model.save(self.folder, data_folder=self._identity.id)

    def put(self, model: TriageModel) -> None:
        """Store a model and let it serve with its encoder, in every process from the next answer on."""
        self.keep(model)
        self._state.update(lambda before: {**before, model.encoder: model.version})

    def tried(self) -> int:
        """Return the revision up to which a candidate was last fitted, promoted or not; 0 before the first."""
        return self._tried.read().get(self._encoder, 0)

    def try_until(self, revision: int) -> None:
        """Note up to which revision a candidate was fitted."""
        self._tried.update(lambda before: {**before, self._encoder: revision})

    def kept(self) -> list[KeptModel]:
        """Return every usable model for the current encoder, the newest first."""
        serving = self._chosen()
        found = []
        for manifest in self.folder.glob(f"*/{MANIFEST}"):
            try:
                artefact = open_artefact(manifest.parent, kind=KIND)
                about = _about(artefact)
            except ArtefactError:
                continue
            if about.encoder == self._encoder and self._identity.admits(about.data_folder, artefact.sha256):
                version = manifest.parent.name
                is_serving = version == serving
                found.append(
                    KeptModel(version, about.trained_at, about.encoder, is_serving, about.metrics, about.comparison)
                )
        return sorted(found, key=lambda model: model.version, reverse=True)

    def go_back(self, version: str | None = None) -> str:
        """Serve with the named model, or with the one before the serving one; return its version.

        Raises NoSuchModelError.
        """
        kept = self.kept()
        versions = [model.version for model in kept]
        serving = next((place for place, model in enumerate(kept) if model.serves), len(kept))
        earlier = [model.version for model in kept[serving + 1 :] if _has_served(model)]
        chosen = version or next(iter(earlier), None)
        if chosen is None or chosen not in versions:
            known = ", ".join(versions) or "none"
            raise NoSuchModelError(f"there is no {f'model {version}' if version else 'earlier model'}; kept: {known}")
        self._state.update(lambda before: {**before, self._encoder: chosen})
        return chosen

    def drop_others(self, version: str | None) -> int:
        """Remove every model but the one named, of whatever encoder; return how many were removed."""
        self._state.update(lambda _: {self._encoder: version} if version else {})
        gone = [folder for folder in self.folder.glob("*/") if folder.name != version]
        for folder in gone:
            shutil.rmtree(folder)
        return len(gone)

    def serving(self) -> TriageModel | None:
        """Return the model that serves, `None` before the first training.

        Raises ArtefactError where it is damaged and this process holds no earlier one.
        """
        version = self._state.read().get(self._encoder)
        if version == self._version:
            self._refused = _Refused()
        elif version != self._refused.version or monotonic() >= self._refused.until:
            self._take_up(version)
        if version is not None:
            self._unnamed = None
        elif self._unnamed is None:
            self._unnamed = self._warning_of_unnamed()
        return self._serving

    def _warning_of_unnamed(self) -> str:
        """Return what is wrong where no model is named though one served before, empty where none did."""
        served = next((model.version for model in self.kept() if _has_served(model)), None)
        if served is None:
            return ""
        warning = (
            f"{self.folder / _SERVING}: names no model for this encoder, though {served} has served; choose it with "
            f"`triage models rollback {served}`, or train again"
        )
        _log.warning("%s", warning)
        return warning

    def _take_up(self, version: str | None) -> None:
        try:
            model = None if version is None else self._load(version)
        except ArtefactError as error:
            if self._serving is None:
                raise
            if version != self._refused.version:
                _log.error("%s; model %s keeps serving", error, self._version)
            self._refused = _Refused(version, str(error), monotonic() + _RETRY_SECONDS)
        else:
            self._version, self._serving, self._refused = version, model, _Refused()

    def _load(self, version: str) -> TriageModel:
        return TriageModel.load(self.folder / version, encoder=self._encoder, identity=self._identity)

    def _chosen(self) -> str | None:
        """Return the version of the model that serves, `None` where that is not known."""
        try:
            return self._state.read().get(self._encoder)
        except ArtefactError:
            return None


@dataclass(frozen=True, slots=True)
class _Refused:
    """A damaged model that should serve, why it cannot, and until when it is not tried again."""

    version: str | None = None
    reason: str = ""
    until: float = 0.0


def _has_served(model: KeptModel) -> bool:
    """Return whether a model ever served; a candidate that was not promoted never did."""
    return model.comparison is None or bool(model.comparison["promoted"])


def model_sha256s(folder: Path) -> Iterator[str]:
    """Yield the SHA-256 of the manifest of every model in a folder of models."""
    for manifest in folder.glob(f"*/{MANIFEST}"):
        with suppress(ArtefactError):
            yield open_artefact(manifest.parent, kind=KIND).sha256


class FixedModel:
    """A registry of one model, which serves, or of none."""

    def __init__(self, model: TriageModel | None) -> None:
        self.model = model

    def serving(self) -> TriageModel | None:
        """Return the model that serves, `None` where none does."""
        return self.model
