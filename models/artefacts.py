"""Artefacts: folders of arrays, graphs and JSON under a manifest that is verified before anything is parsed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from models.durable_files import sync, write_atomically
from models.errors import UnavailableError

MANIFEST = "manifest.json"
FORMAT = 2
_WITH_CHECKSUM = 2  # manifests carry their own SHA-256 from this format on; the shipped encoders are older
_SAFE_SUFFIXES = frozenset({".npy", ".onnx", ".json"})


class ArtefactError(UnavailableError):
    """An artefact is missing, damaged or of an unsupported kind; the message names the file and the remedy."""


Facts = TypeVar("Facts", bound=BaseModel)
Content = TypeVar("Content")


@dataclass(frozen=True)
class Artefact:
    """A verified folder: every file in `files` is present and has the SHA-256 that the manifest states.

    `sha256` is that of the manifest.
    """

    folder: Path
    kind: str
    version: str
    about: Mapping[str, Any]
    files: frozenset[str]
    sha256: str

    def path(self, name: str) -> Path:
        """Return the path of one file; raises ArtefactError where an earlier version of triage did not write it."""
        if name not in self.files:
            raise self._too_old(name)
        return self.folder / name

    def facts(self, kind: type[Facts]) -> Facts:
        """Return the facts in the manifest as a pydantic model.

        Raises ArtefactError where a fact is missing, as in artefacts of an earlier version, or has the wrong type.
        """
        try:
            return kind.model_validate_json(json.dumps(self.about), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            if first["type"] == "missing":
                raise self._too_old(name) from None
            raise ArtefactError(
                f"{self.folder / MANIFEST}: is damaged (about.{name}: {first['msg']}); train or install it again"
            ) from None

    def _too_old(self, lacking: str) -> ArtefactError:
        return ArtefactError(
            f"{self.folder}: has no {lacking}, an earlier version of triage made it: train again, or where it is a "
            "tuned encoder, go back to the shipped one with `triage finetune --shipped` and tune again"
        )

    def array(self, name: str) -> NDArray[Any]:
        """Return the array stored as `name`, read without pickle."""
        return np.asarray(np.load(self.path(name), allow_pickle=False))

    def json(self, name: str) -> Any:
        """Return the value stored as JSON in `name`."""
        return json.loads(self.path(name).read_bytes())


class _Manifest(BaseModel):
    """The content of a manifest."""

    model_config = ConfigDict(extra="forbid")

    format: int
    kind: str
    version: str
    about: dict[str, Any]
    files: dict[str, str]
    sha256: str | None = None


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as a .npy file; raises OSError with the system's reason, which `numpy.save` hides."""
    with path.open("wb") as file:
        np.lib.format.write_array(_Writer(file), np.asanyarray(array), allow_pickle=False)


class _Writer:
    """A stream for numpy to write to, in chunks."""

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, *, kind: str, version: str, files: Iterable[str], about: Mapping[str, Any]) -> None:
    """Write the manifest of the named files in `folder` and flush everything to disk.

    It is written last, so a folder without one is unfinished.
    """
    names = sorted(files)
    for name in names:
        sync(folder / name)
    stated = {name: sha256_of(folder / name) for name in names}
    manifest = {"format": FORMAT, "kind": kind, "version": version, "about": dict(about), "files": stated}
    manifest = json.loads(json.dumps(manifest))  # as it is read back: keys become text and are sorted as text
    manifest["sha256"] = _checksum(manifest)
    write_atomically(folder / MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())


def open_artefact(folder: Path, *, kind: str) -> Artefact:
    """Verify the folder against its manifest and return it.

    Raises ArtefactError where the manifest is missing or malformed, is of another kind, names a file of
    a type that could run code or lies outside the folder, or where a file is missing or was changed.
    """
    manifest = _read_manifest(folder)
    if manifest.kind != kind:
        raise ArtefactError(f"{folder}: holds a {manifest.kind!r} artefact, expected {kind!r}")
    for name, stated in manifest.files.items():
        path = folder / name
        if Path(name).name != name or path.suffix not in _SAFE_SUFFIXES:
            raise ArtefactError(
                f"{folder}: refuses {name!r}: only .npy, .onnx and .json files may stand beside the manifest"
            )
        if not path.is_file():
            raise ArtefactError(f"{folder}: {name} is missing; train or install it again")
        if _read(path, sha256_of) != stated:
            raise ArtefactError(f"{folder}: {name} is not the file its manifest describes; train or install it again")
    return Artefact(
        folder, kind, manifest.version, manifest.about, frozenset(manifest.files), sha256_of(folder / MANIFEST)
    )


def _read_manifest(folder: Path) -> _Manifest:
    path = folder / MANIFEST
    if not path.exists():
        raise ArtefactError(f"{folder}: no {MANIFEST}, so this is not a finished artefact; train or install it again")
    try:
        plain = json.loads(_read(path, Path.read_bytes))
    except (ValueError, RecursionError):
        raise ArtefactError(f"{path}: is not JSON; train or install it again") from None
    if isinstance(plain, dict) and isinstance(form := plain.get("format"), int) and form > FORMAT:
        raise ArtefactError(
            f"{path}: has format {form}, but this version of triage reads formats up to {FORMAT}; install that version "
            "again, or train or install it again"
        )
    try:
        manifest = _Manifest.model_validate(plain, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the content"
        raise ArtefactError(f"{path}: is damaged ({where}: {first['msg']}); train or install it again") from None
    stated = plain.pop("sha256", None)
    if manifest.format >= _WITH_CHECKSUM and stated != _checksum(plain):
        raise ArtefactError(f"{path}: does not match its own SHA-256; train or install it again")
    return manifest


def _read(path: Path, read: Callable[[Path], Content]) -> Content:
    try:
        return read(path)
    except OSError as error:
        raise ArtefactError(f"{path}: cannot be read ({error.strerror}); check its owner and the disk") from None


def _checksum(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
