"""Artefacts: folders of arrays, graphs and JSON under a manifest that is verified before anything is parsed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import UnavailableError

MANIFEST = "manifest.json"
FORMAT = 1
_SAFE_SUFFIXES = frozenset({".npy", ".onnx", ".json"})


class ArtefactError(UnavailableError):
    """An artefact is missing, damaged or of a kind that is not loaded; the message names file and remedy."""


@dataclass(frozen=True)
class Artefact:
    """A verified folder: every listed file is present and has the SHA-256 the manifest states."""

    folder: Path
    kind: str
    version: str
    about: Mapping[str, Any]

    def path(self, name: str) -> Path:
        """Path of one file; raises ArtefactError where an earlier version of triage did not write it."""
        path = self.folder / name
        if not path.is_file():
            raise self._too_old(name)
        return path

    def told(self, name: str) -> Any:
        """What the manifest tells about it by a name; raises ArtefactError where an earlier version did not tell."""
        if name not in self.about:
            raise self._too_old(name)
        return self.about[name]

    def _too_old(self, lacking: str) -> ArtefactError:
        return ArtefactError(
            f"{self.folder}: has no {lacking}, an earlier version of triage made it: train again, or where it is a "
            "tuned encoder, go back to the shipped one with `triage finetune --shipped` and tune again"
        )

    def array(self, name: str) -> NDArray[Any]:
        """Array stored as `name`, read without pickle."""
        return np.asarray(np.load(self.folder / name, allow_pickle=False))

    def json(self, name: str) -> Any:
        """Value stored as JSON in `name`."""
        return json.loads((self.folder / name).read_bytes())


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, *, kind: str, version: str, files: Iterable[str], about: Mapping[str, Any]) -> None:
    """Write the manifest of the named files in `folder`; it is written last, so a folder without one is unfinished."""
    manifest = {
        "format": FORMAT,
        "kind": kind,
        "version": version,
        "about": dict(about),
        "files": {name: sha256_of(folder / name) for name in sorted(files)},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def open_artefact(folder: Path, *, kind: str) -> Artefact:
    """Verify the folder against its manifest and return it.

    Raises ArtefactError where the manifest is missing or malformed, is of another kind, names a file of
    a type that could run code or lies outside the folder, or where a file is missing or was changed.
    """
    manifest = _read_manifest(folder)
    if manifest["kind"] != kind:
        raise ArtefactError(f"{folder}: holds a {manifest['kind']!r} artefact, expected {kind!r}")
    for name, stated in manifest["files"].items():
        path = folder / name
        if Path(name).name != name or path.suffix not in _SAFE_SUFFIXES:
            raise ArtefactError(
                f"{folder}: refuses {name!r}: only .npy, .onnx and .json files beside the manifest load"
            )
        if not path.is_file():
            raise ArtefactError(f"{folder}: {name} is missing; train or install it again")
        if sha256_of(path) != stated:
            raise ArtefactError(f"{folder}: {name} is not the file its manifest describes; train or install it again")
    return Artefact(folder, kind, manifest["version"], manifest["about"])


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ArtefactError(f"{folder}: no {MANIFEST}, so this is not a finished artefact") from None
    except ValueError as error:
        raise ArtefactError(f"{path}: is not JSON ({error})") from None
    shape = {"format": int, "kind": str, "version": str, "about": dict, "files": dict}
    if not isinstance(manifest, dict) or any(not isinstance(manifest.get(key), kind) for key, kind in shape.items()):
        raise ArtefactError(f"{path}: lacks one of {', '.join(shape)}")
    if manifest["format"] != FORMAT:
        raise ArtefactError(f"{path}: has format {manifest['format']}, this version reads format {FORMAT}")
    return manifest
