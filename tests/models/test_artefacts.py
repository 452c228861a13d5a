from __future__ import annotations

import json
import pickle
import resource
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from models.artefacts import ArtefactError, open_artefact, save_array, sha256_of, write_manifest


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("/tmp/triage-bomb"),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.save(tmp_path / "weights.npy", np.arange(4.0))
    (tmp_path / "names.json").write_text('["a"]')
    write_manifest(tmp_path, kind="test", version="1", files=["weights.npy", "names.json"], about={"x": 1})
    return tmp_path


def test_what_was_written_is_read(folder: Path) -> None:
    artefact = open_artefact(folder, kind="test")
    assert artefact.about == {"x": 1}
    assert artefact.json("names.json") == ["a"]
    np.testing.assert_array_equal(artefact.array("weights.npy"), np.arange(4.0))


def test_one_flipped_bit_is_refused_before_it_is_parsed(folder: Path) -> None:
    content = bytearray((folder / "weights.npy").read_bytes())
    content[-1] ^= 1
    (folder / "weights.npy").write_bytes(content)
    with pytest.raises(ArtefactError, match="weights.npy is not the file"):
        open_artefact(folder, kind="test")


def test_a_folder_without_manifest_is_refused(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(ArtefactError, match="no manifest.json"):
        open_artefact(folder, kind="test")


def test_a_missing_file_and_another_kind_are_refused(folder: Path) -> None:
    with pytest.raises(ArtefactError, match="expected 'other'"):
        open_artefact(folder, kind="other")
    (folder / "names.json").unlink()
    with pytest.raises(ArtefactError, match="names.json is missing"):
        open_artefact(folder, kind="test")


def test_a_file_that_was_never_written_is_told(folder: Path) -> None:
    with pytest.raises(ArtefactError, match=r"has no beside\.onnx, an earlier version .*: train again"):
        open_artefact(folder, kind="test").path("beside.onnx")


@pytest.mark.parametrize("name", ["model.pkl", "../weights.npy", "model.joblib", "sub/weights.npy"])
def test_a_file_that_could_run_code_or_lies_elsewhere_is_refused(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = sha256_of(folder / "weights.npy")
    manifest |= {"format": 1, "sha256": None}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtefactError, match="refuses"):
        open_artefact(folder, kind="test")


def test_a_pickle_inside_an_array_file_is_not_run(folder: Path) -> None:
    bomb = Path("/tmp/triage-bomb")
    bomb.unlink(missing_ok=True)
    (folder / "weights.npy").write_bytes(pickle.dumps(Bomb()))
    write_manifest(folder, kind="test", version="1", files=["weights.npy"], about={})
    artefact = open_artefact(folder, kind="test")
    with pytest.raises(ValueError, match="pickled"):
        artefact.array("weights.npy")
    assert not bomb.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '{"format": 1}',
        '{"format": 99, "kind": "test", "version": "1", "about": {}, "files": {}}',
    ],
)
def test_a_broken_manifest_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(ArtefactError, match="manifest.json: .*; (train or install|install that version)"):
        open_artefact(folder, kind="test")


def test_what_a_manifest_says_is_under_a_checksum_and_one_of_the_version_before_is_read(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "about": {"x": 2}}))
    with pytest.raises(ArtefactError, match=r"manifest\.json: does not match its own SHA-256; train or install"):
        open_artefact(folder, kind="test")
    del manifest["sha256"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtefactError, match="does not match its own SHA-256"):
        open_artefact(folder, kind="test")
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 1}))
    assert open_artefact(folder, kind="test").about == {"x": 1}


def test_facts_that_are_missing_or_of_another_type_are_told(folder: Path) -> None:
    class Facts(BaseModel):
        x: int

    assert open_artefact(folder, kind="test").facts(Facts) == Facts(x=1)
    for about, said in (({}, "has no x, an earlier version"), ({"x": "one"}, r"about\.x: Input should be a valid int")):
        write_manifest(folder, kind="test", version="1", files=["weights.npy"], about=about)
        with pytest.raises(ArtefactError, match=said):
            open_artefact(folder, kind="test").facts(Facts)


def test_an_array_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            save_array(tmp_path / "a.npy", np.zeros(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    save_array(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3).T)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.arange(6.0).reshape(2, 3).T)
