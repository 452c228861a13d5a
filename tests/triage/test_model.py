from __future__ import annotations

import json
from pathlib import Path

import pytest

from kb.retrieval.memory import Memory
from kb.storage.folder_identity import FolderIdentity
from kb.storage.incident_store import IncidentStore
from models.artefacts import ArtefactError
from tests.conftest import printers_and_vpn
from training.fit import fit_model
from triage.model import ModelRegistry, TriageModel


@pytest.fixture
def model(store: IncidentStore, memory: Memory) -> TriageModel:
    store.put_incidents(printers_and_vpn())
    return fit_model(memory, fields=["category"])


def test_the_model_that_serves_stays_in_place_beside_a_damaged_next_one(
    model: TriageModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    identity: FolderIdentity,
) -> None:
    monkeypatch.setattr("triage.model._RETRY_SECONDS", 0.0)
    models = ModelRegistry(tmp_path, encoder=model.encoder, identity=identity)
    models.put(model)
    assert models.serving() is models.serving()
    damaged = tmp_path / "next"
    (tmp_path / model.version).rename(damaged)
    whole = (damaged / "words.json").read_bytes()
    (damaged / "words.json").write_bytes(whole[:-5])
    (tmp_path / "serving.json").write_text(json.dumps({model.encoder: "next"}))
    for _ in range(3):
        assert models.serving().version == model.version  # type: ignore[union-attr]
    (warning,) = models.warnings()
    assert "words.json is not the file its manifest describes" in warning
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    with pytest.raises(ArtefactError, match=r"words\.json"):
        ModelRegistry(tmp_path, encoder=model.encoder, identity=identity).serving()
    (damaged / "words.json").write_bytes(whole)
    models.serving()
    assert models.warnings() == []


def test_where_it_is_not_known_which_model_serves_one_can_be_chosen_or_trained(
    model: TriageModel, tmp_path: Path, identity: FolderIdentity
) -> None:
    ModelRegistry(tmp_path, encoder=model.encoder, identity=identity).put(model)
    for content in ("", "{", json.dumps({model.encoder: 7}), json.dumps({model.encoder: "../elsewhere"})):
        (tmp_path / "serving.json").write_text(content)
        models = ModelRegistry(tmp_path, encoder=model.encoder, identity=identity)
        with pytest.raises(
            ArtefactError, match=r"serving\.json: is .*; restore it .* `triage models rollback VERSION`"
        ):
            models.serving()
        assert [(kept.version, kept.serves) for kept in models.kept()] == [(model.version, False)]
        models.go_back(model.version)
        assert models.serving() is not None
