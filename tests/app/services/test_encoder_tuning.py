from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.composition import LiveServices, Services, open_services
from app.sample.incidents import sample_incidents
from app.services.encoder_tuning import try_finer
from models.encoder import OnnxEncoder
from models.shipped_encoders import FAST, FINER
from tests.conftest import SAMPLE_NOW, printers_and_vpn, triage
from training.comparison import Comparison
from training.learn import Learnt, learn


@pytest.fixture(autouse=True)
def automatic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIAGE_ENCODER")


def learnt(services: Services) -> Learnt:
    services.store.put_incidents(printers_and_vpn())
    return learn(services.memory, services.models, services.weights)


def decide(monkeypatch: pytest.MonkeyPatch, better: bool) -> None:
    monkeypatch.setattr("app.services.encoder_tuning.is_better", lambda *_, **__: better)


def broken_off(_: object) -> bool:
    raise KeyboardInterrupt


def test_cosines_mean_the_same_with_both_shipped_encoders(encoder: OnnxEncoder) -> None:
    texts = [incident.text for incident in sample_incidents(200, now=SAMPLE_NOW)]
    apart = ~np.eye(len(texts), dtype=bool)
    fast, finer = (found @ found.T for found in (encoder.encode(texts), OnnxEncoder(FINER).encode(texts)))
    for quantile in (0.1, 0.5, 0.9, 0.99):
        assert np.quantile(finer[apart], quantile) == pytest.approx(np.quantile(fast[apart], quantile), abs=0.12)


def test_a_better_finer_encoder_serves_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(monkeypatch, better=True)
    with open_services(tmp_path) as services:
        live = LiveServices(services)
        found = try_finer(services, learnt(services), report=lambda *_: None)
        assert found is not None
        tried, second = found
        assert tried.adopted
        assert [(entry.name, entry.examples) for entry in tried.differences] == [
            ("category", 60),
            ("assignment_group", 60),
        ]
        assert live.follow()
        assert live.services.store.encoder.name == tried.version
        assert live.services.models.serving() is not None
        assert second.model is not None
        assert live.services.encoders.untuned() == FINER
        assert try_finer(live.services, second, report=lambda *_: None) is None
    with open_services(tmp_path) as services:
        assert services.store.encoder.name == tried.version


def test_a_finer_encoder_that_is_no_better_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_services(tmp_path) as services:
        first = learnt(services)
        decide(monkeypatch, better=False)
        with monkeypatch.context() as patched:
            patched.setattr("kb.storage.embeddings.Embeddings.forget", broken_off)
            with pytest.raises(KeyboardInterrupt):
                try_finer(services, first, report=lambda *_: None)
        found = try_finer(services, first, report=lambda *_: None)
        assert found is not None
        assert not found[0].adopted
        assert services.encoders.serving() == FAST
        assert services.with_encoder(FINER).store.embeddings.add_missing() == 60
        assert services.with_encoder(FINER).models.serving() is None
        assert try_finer(services, first, report=lambda *_: None) is None


@pytest.mark.parametrize(("gained", "serves"), [(55, False), (62, True)])
def test_it_has_to_gain_two_standard_errors(
    gained: int, serves: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    difference = Comparison("category", 1000, 0.8, 0.82, 40, gained, 40 + gained)
    monkeypatch.setattr("app.services.encoder_tuning.compare", lambda *_: (difference,))
    with open_services(tmp_path) as services:
        found = try_finer(services, learnt(services), report=lambda *_: None)
        assert found is not None
        assert found[0].adopted is serves
        assert services.encoders.serving() == (FINER if serves else FAST)


def test_it_is_not_tried_where_it_would_be_felt_or_another_was_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(monkeypatch, better=True)
    with open_services(tmp_path) as services:
        found = learnt(services)
        with monkeypatch.context() as longer:
            longer.setattr("app.services.encoder_tuning.MOST_TO_TRY", 59)
            assert try_finer(services, found, report=lambda *_: None) is None
        monkeypatch.setattr(services.settings, "encoder", "minilm")
        assert try_finer(services, found, report=lambda *_: None) is None
        assert services.encoders.serving() == FAST


def test_a_data_folder_can_begin_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_ENCODER", "bge-small")
    with open_services(tmp_path) as services:
        assert services.encoder_folder == FINER
        services.encoders.choose(FAST)
        assert services.encoders.serving() == FAST


def test_the_first_training_tries_it_and_later_ones_do_not(tmp_path: Path) -> None:
    def train() -> Any:
        return json.loads(triage("--home", str(tmp_path), "train", "--json").stdout)

    with open_services(tmp_path) as services:
        services.store.put_incidents(printers_and_vpn())
    first = train()
    assert first["tried"]["version"].startswith("bge-small")
    assert [entry["name"] for entry in first["tried"]["differences"]] == ["category", "assignment_group"]
    (tmp_path / "models" / first["version"] / "words.json").write_text("[]")
    second = train()  # a damaged model does not hinder the training that replaces it
    assert second["version"] > first["version"]
    assert second["tried"] is None
