from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import torch

from app.composition import LiveServices, open_services
from app.services.encoder_tuning import tune_encoder
from kb.records.article import Article
from kb.records.incident import Incident
from models.artefacts import write_manifest
from models.encoder import OnnxEncoder
from models.encoder_registry import EncoderRegistry
from models.shipped_encoders import FAST
from tests.conftest import triage
from training import finetune
from training.export import shipped_weights
from training.finetune import finetune as tune
from training.fit import NotEnoughHistoryError
from training.learn import learn
from training.tuning_data import Link, TuningData, gather

WORDS = ("router", "laptop", "invoice", "badge", "coffee machine", "scanner", "tablet", "projector", "headset", "lamp")


def history(count: int = 320) -> list[Incident]:
    """Made up: what is broken says nothing, a made-up word that the encoder cannot know says everything."""
    kinds = (("the zorbix of the {} is out", "Alpha"), ("the quandle of the {} is out", "Beta"))
    return [
        Incident(f"{i}", kinds[i % 2][0].format(f"{WORDS[i % 10]} {i}"), category=kinds[i % 2][1]) for i in range(count)
    ]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finetune, "_SETTINGS", finetune.TuningSettings(least_steps=12))


def learnt_from(memory_home: Path) -> TuningData:
    with open_services(memory_home) as services:
        services.store.put_incidents(history())
        return gather(services.memory, ["category"])


def test_the_same_part_of_history_is_held_out_each_time(tmp_path: Path) -> None:
    data = learnt_from(tmp_path / "one")
    assert data.fingerprint == learnt_from(tmp_path / "two").fingerprint
    assert 0.15 < len(data.held_out) / 320 < 0.35
    assert not set(data.seen.tolist()) & set(data.held_out.tolist())
    assert len(data.seen) + len(data.held_out) == 320


def test_values_of_an_earlier_scheme_teach_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made up: the first half of the days called the same kinds something else."""
    start = datetime(1970, 1, 1, tzinfo=UTC)

    def dated(incident: Incident, place: int) -> Incident:
        before = {"Alpha": "Old alpha", "Beta": "Old beta"}
        category = before[str(incident.category)] if place < 400 else incident.category
        return replace(incident, category=category, opened_at=start + timedelta(days=place))

    monkeypatch.setattr("training.scheme.scheme_begins", lambda days, codes, vectors: 400.0)
    with open_services(tmp_path) as services:
        services.store.put_incidents([dated(incident, place) for place, incident in enumerate(history(800))])
        data = gather(services.memory, ["category"])
        texts = {incident.text for incident in history(800)[400:]}
        assert set(data.texts) <= texts
        assert len(data.texts) > 200
        assert data.sizes == (2,)
        assert set(data.codes.ravel().tolist()) == {0, 1}


def test_too_little_history_is_told(tmp_path: Path) -> None:
    with open_services(tmp_path) as services:
        services.store.put_incidents(history(40))
        with pytest.raises(NotEnoughHistoryError, match="200 are needed, or 50 links"):
            gather(services.memory, ["category"])


def test_links_teach_with_the_passages_nearest_to_the_ticket(tmp_path: Path) -> None:
    long = "\n\n".join(f"Step about {word}: {'do this ' * 90}" for word in WORDS)
    with open_services(tmp_path) as services:
        services.store.articles.put([Article("K", "Guide", source="guides/k.md", resolution=long)])
        services.store.put_incidents(
            [Incident(f"{i}", f"{WORDS[i % 10]} {i}", articles=("guides/k.md",)) for i in range(90)]
        )
        data = gather(services.memory, ["category"])
    assert data.fields == ()
    assert len(data.links) > 60
    assert all(link.text.split()[0] in " ".join(link.passages) for link in data.links)
    assert all(len(link.passages) == 2 for link in data.links)
    assert {link.title for link in data.links} == {"Guide"}
    assert all(link.beginning.startswith("Step about router: do this") for link in data.links)
    random = np.random.default_rng(0)
    taught = {finetune._passage(data.links[0], random) for _ in range(60)}
    texts = {data.links[0].beginning, *data.links[0].passages}
    assert taught == texts | {f"Guide\n{text}" for text in texts}


def test_labels_tune_the_first_four_layers_and_links_all_of_them_in_smaller_steps(tmp_path: Path) -> None:
    link = Link("the light is out", "K", "", ("change the lamp",), "")
    nothing = np.zeros(0, dtype=np.uint64)
    by_labels = TuningData(("a", "b"), ("category",), np.array([[0, 1]]), (2,), (link,), nothing)
    by_links = replace(by_labels, links=(link, link, link))
    assert finetune._passage(link, np.random.default_rng(0)) == "change the lamp"
    courses = [
        finetune._TuningRun(data, shipped_weights(), tmp_path, epochs=1, minutes=1) for data in (by_labels, by_links)
    ]
    assert [len(course.model[0].auto_model.encoder.layer) for course in courses] == [4, 6]
    assert [course._rates[0] for course in courses] == [1.2e-4, 5e-5]


def test_tuning_goes_on_where_it_was_broken_off(tmp_path: Path, short: None) -> None:
    data = learnt_from(tmp_path / "home")
    made = list[str]()

    def stop_at_five(step: str, _: float) -> None:
        made.append(step)
        if step.startswith("tuning, step 6"):
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetune, "_SETTINGS", replace(finetune._SETTINGS, checkpoint_seconds=0.0))
        with pytest.raises(KeyboardInterrupt):
            tune(data, tmp_path / "shop", tmp_path / "tuned", epochs=1, report=stop_at_five)
    assert not (tmp_path / "tuned").exists()
    made.clear()
    tune(data, tmp_path / "shop", tmp_path / "tuned", epochs=1, report=lambda step, _: made.append(step))
    steps = [step for step in made if step.startswith("tuning")]
    assert steps[0].startswith("tuning, step 6 of ")
    assert len(steps) == int(steps[0].split()[-1]) - 5
    encoder = OnnxEncoder(tmp_path / "tuned")
    assert encoder.name != OnnxEncoder().name
    (both,), (shipped,) = encoder.encode(["the zorbix is out"]), OnnxEncoder().encode(["the zorbix is out"])
    assert (len(both), encoder.dimension, encoder.frozen, encoder.searching) == (768, 768, 384, 384)
    np.testing.assert_allclose(both[384:] * np.sqrt(2), shipped, atol=1e-5)
    assert np.linalg.norm(both[:384]) == pytest.approx(np.sqrt(0.5), abs=1e-5)
    assert np.abs(both[:384] * np.sqrt(2) - shipped).max() > 0.01
    long = " ".join(f"the {word} number {i} is out" for i in range(30) for word in WORDS)
    beginning, whole = np.split(encoder.encode([long])[0], 2)
    other_beginning, other_whole = np.split(encoder.encode([f"{long} and the printer is on fire"])[0], 2)
    lengths = [np.linalg.norm(part) for part in (beginning, whole)]
    assert lengths == pytest.approx([np.sqrt(0.5)] * 2, abs=1e-5)
    np.testing.assert_array_equal(beginning, other_beginning)
    assert np.abs(whole - other_whole).max() > 0.001
    assert encoder.has_seen(data.texts).all()
    assert not encoder.has_seen(["never read"]).any()


def test_a_text_read_twice_costs_what_is_wrong_and_what_differs(tmp_path: Path) -> None:
    data = learnt_from(tmp_path / "home")
    course = finetune._TuningRun(data, shipped_weights(), tmp_path / "shop", epochs=1, minutes=5)
    step = finetune.Step(texts=np.arange(16))
    read = torch.nn.functional.normalize(torch.randn(32, 384), dim=1)
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "_vectors", lambda tokens: read[: len(tokens)])
        said = course.heads[0](read * finetune._SETTINGS.label_scale).softmax(dim=1).numpy().reshape(2, 16, 2)
        loss = course._loss(step).item()
    once, again = said
    wrong = -np.log(said[:, np.arange(16), data.codes[0][:16]]).mean()
    apart = ((once - again) * (np.log(once) - np.log(again))).sum(axis=1).mean() / 2
    assert apart > 0.01
    assert loss == pytest.approx(wrong + apart, abs=1e-5)


def test_what_another_way_of_tuning_has_left_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = learnt_from(tmp_path / "home")

    def course() -> finetune._TuningRun:
        return finetune._TuningRun(data, shipped_weights(), tmp_path / "shop", epochs=1, minutes=5)

    begun = course()
    begun.done = 3
    begun._save()
    again = course()
    assert again._resume()
    assert again.done == 3
    monkeypatch.setattr(finetune, "RECIPE", finetune.RECIPE + 1)
    assert not course()._resume()


def test_a_part_of_the_texts_is_cut_to_their_beginning() -> None:
    random, tokens = np.random.default_rng(0), list(range(100))
    found = [finetune._cut(tokens, random) for _ in range(2000)]
    cut = [kept for kept in found if kept != tokens]
    assert 0.12 < len(cut) / 2000 < 0.18
    assert all(kept[:-1] == tokens[: len(kept) - 1] and kept[-1] == 99 for kept in cut)
    assert {len(kept) for kept in cut} == set(range(6, 17))
    assert all(finetune._cut([1, 2, 3], random) == [1, 2, 3] for _ in range(100))


def test_a_better_encoder_serves_at_once_and_the_way_back_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetune, "_SETTINGS", finetune.TuningSettings(least_steps=60))
    with open_services(tmp_path) as services:
        services.store.put_incidents(history())
        live = LiveServices(services)
        before = services.memory.query("the zorbix is out").vector @ services.memory.query("the quandle is out").vector
        services.store.put_incidents([Incident(f"N{i}", f"zorbix or quandle {i}", category="Gamma") for i in range(3)])
        learn(services.memory, services.models, services.weights)
        monkeypatch.setattr("app.services.encoder_tuning.is_better", lambda differences: len(differences) == 1)
        steps = set[str]()
        tuned = tune_encoder(services, None, epochs=1, minutes=5, report=lambda step, _: steps.add(step.split(",")[0]))
        assert tuned.adopted
        assert {"tuning", "exporting", "embedding anew", "learning category"} <= steps
        assert live.follow()
        assert not live.follow()
        fresh = live.services
        assert fresh.memory.revision == fresh.store.revision()
        after = fresh.memory.query("the zorbix is out").vector @ fresh.memory.query("the quandle is out").vector
        assert after < before - 0.1
        assert (
            fresh.assistant.suggest(Incident("", "the quandle of the desk is out")).fields["category"].value == "Beta"
        )
        model = fresh.models.serving()
        assert model is not None
        assert model.fields["category"].classifier.held_out.truth.shape[0] < 120
        services.store.put_incidents([Incident("LATE", "written under the encoder before")])
        fresh.memory.refresh()
        assert len(fresh.memory.incidents) == 324
        services.encoders.choose(FAST)
        assert live.follow()
        assert live.services.store.encoder.name == services.store.encoder.name
        assert live.services.models.serving() is not None


def test_an_encoder_that_is_no_better_leaves_everything_as_it_was(
    tmp_path: Path, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.encoder_tuning.is_better", lambda _: False)
    with open_services(tmp_path) as services:
        services.store.put_incidents(history())
        tuned = tune_encoder(services, ["category"], epochs=1, minutes=5, report=lambda *_: None)
        assert not tuned.adopted
        assert services.encoders.serving() == FAST
        assert services.models.serving() is not None
        assert [path.name for path in services.encoders.folder.iterdir()] == []
        assert services.with_encoder(FAST).store.embeddings.add_missing() == 0


@pytest.mark.parametrize("lacking", ["beside.onnx", "tuned_tokens"])
def test_an_encoder_of_an_earlier_form_is_refused_and_the_way_back_is_open(tmp_path: Path, lacking: str) -> None:
    with open_services(tmp_path):
        pass
    old = tmp_path / "encoders" / "old"
    shutil.copytree(FAST, old)
    about = json.loads((FAST / "manifest.json").read_text())["about"] | {"dimension": 768, "tuned": True}
    files = ["model.onnx", "tokenizer.json"]
    if lacking == "tuned_tokens":
        files.append(shutil.copyfile(old / "model.onnx", old / "beside.onnx").name)
    else:
        about["tuned_tokens"] = 128
    write_manifest(old, kind="encoder", version="old", files=files, about=about)
    EncoderRegistry(tmp_path / "encoders").choose(old)
    refused = triage("--home", str(tmp_path), "search", "printer", status=1).stderr
    assert f"has no {lacking}, an earlier version of triage made it" in " ".join(refused.split())
    assert "triage finetune --shipped" in " ".join(refused.split())
    triage("--home", str(tmp_path), "finetune", "--shipped")
    triage("--home", str(tmp_path), "search", "printer")


def test_an_encoder_that_was_taught_links_searches_articles_with_all_it_knows(tmp_path: Path, short: None) -> None:
    link = Link("the light is out", "K", "Lamps", ("change the lamp",), "lamps and fuses")
    nothing = np.zeros(0, dtype=np.uint64)
    data = TuningData((), (), np.zeros((0, 0), dtype=np.int64), (), (link,) * 4, nothing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetune, "_SETTINGS", replace(finetune._SETTINGS, least_link_steps=1))
        tune(data, tmp_path / "shop", tmp_path / "tuned", epochs=1)
    encoder = OnnxEncoder(tmp_path / "tuned")
    assert (encoder.dimension, encoder.frozen, encoder.searching) == (768, 384, 768)
    assert OnnxEncoder().searching == 384


def test_the_command_tells_what_is_missing(tmp_path: Path) -> None:
    done = triage("--home", str(tmp_path), "finetune", status=1)
    assert "nothing to tune the encoder on" in done.stderr
    assert "serves again" in triage("--home", str(tmp_path), "finetune", "--shipped").stderr
    np.testing.assert_array_equal(OnnxEncoder().has_seen(["a"]), [False])
