from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.artefacts import open_artefact, write_manifest
from models.base_estimators import HabitEstimator, LinearEstimator
from models.classifier import Examples, LabelClassifier
from models.encoder import OnnxEncoder
from models.features import Features, TextFeatures
from models.stacking import Stacking
from models.votes import vote_shares


def test_stacking_trusts_the_estimator_that_was_right() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 400)
    good = np.eye(3)[labels] * 4 + random.normal(size=(400, 3))
    noise = random.normal(size=(400, 3)) * 4
    stacking = Stacking.fit(np.stack([good, noise]), labels)
    assert stacking.weights[0].min() > 5 * np.abs(stacking.weights[1]).max()
    probabilities = stacking.probabilities(np.stack([good, noise]))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    assert abs(confidence.mean() - right.mean()) < 0.03


def test_stacking_survives_large_scores() -> None:
    stacking = Stacking(weights=np.ones((1, 2)), bias=np.zeros(2))
    scores = np.array([[[1e4, 0.0], [-1e4, 0.0], [800.0, 800.0]]])
    np.testing.assert_allclose(stacking.probabilities(scores), [[1, 0], [0, 1], [0.5, 0.5]])


@pytest.fixture(scope="module")
def fitted(encoder: OnnxEncoder) -> tuple[list[str], TextFeatures, LabelClassifier]:
    kinds = {"vpn": "vpn drops at home", "print": "printer queue stuck", "mail": "mailbox is full"}
    texts = [f"{text} {i}" for i in range(20) for text in kinds.values()]
    codes = np.tile(np.arange(3), 20)
    vectors = encoder.encode(texts)
    features = TextFeatures.fit(texts, frozen=encoder.frozen)
    similarities = vectors @ vectors.T - 2 * np.eye(60, dtype=np.float32)
    near = np.argsort(-similarities, axis=1)[:, :10]
    shares = vote_shares(np.take_along_axis(similarities, near, 1), codes[near].astype(np.int32), 3)[None]
    everyone, nobody = np.ones(60, dtype=bool), np.zeros(60, dtype=bool)
    examples = Examples(
        features.transform(texts, vectors, [()] * len(texts)), shares, codes, np.arange(60), everyone, nobody
    )
    classifier = LabelClassifier.fit(examples, list(kinds), jobs=1)
    return texts, features, classifier


def test_classifier_tells_kinds_apart_that_it_has_not_seen(
    encoder: OnnxEncoder, fitted: tuple[list[str], TextFeatures, LabelClassifier]
) -> None:
    _, features, classifier = fitted
    asked = ["the vpn connection drops", "my mailbox says full"]
    no_votes = np.zeros((1, 2, 3), dtype=np.float32)
    guesses = classifier.probabilities(features.transform(asked, encoder.encode(asked), [()] * 2), no_votes).argmax(
        axis=1
    )
    assert [classifier.values[guess] for guess in guesses] == ["vpn", "mail"]
    assert classifier.held_out.top_guesses.accuracy > 0.95


def test_what_somebody_called_about_before_speaks_for_it() -> None:
    callers = ["caller=ann"] * 4 + ["caller=bob"] * 3 + ["caller=cleo"]
    codes = np.array([1, 1, 1, 1, 0, 0, 1, 2])
    texts = ["it is broken"] * len(codes)

    def features(called: list[tuple[str, ...]]) -> Features:
        return known.transform(texts[: len(called)], np.zeros((len(called), 4), dtype=np.float32), called)

    known = TextFeatures.fit(texts, frozen=4)
    estimator = HabitEstimator.fit(features([(caller,) for caller in callers]), codes, 4)
    ann, bob, dora, nobody, both = np.exp(
        estimator.scores(
            features([("caller=ann",), ("caller=bob",), ("caller=dora",), (), ("caller=ann", "caller=bob")])
        )
    )
    shares = np.array([2, 5, 1, 0.5]) / 8
    np.testing.assert_allclose(ann, (np.array([0, 4, 0, 0]) + shares) / 5 / shares, rtol=1e-5)
    np.testing.assert_allclose(bob, (np.array([2, 1, 0, 0]) + shares) / 4 / shares, rtol=1e-5)
    np.testing.assert_allclose(both, ann * bob, rtol=1e-5)
    assert (dora == 1.0).all()
    assert (nobody == 1.0).all()
    silent = HabitEstimator.fit(features([()] * len(codes)), codes, 4)
    assert (silent.scores(features([("caller=ann",)])) == 0.0).all()


def test_a_saved_classifier_answers_the_same(
    encoder: OnnxEncoder, fitted: tuple[list[str], TextFeatures, LabelClassifier], tmp_path: Path
) -> None:
    texts, features, classifier = fitted
    files = features.save(tmp_path) + classifier.save(tmp_path, "field0")
    write_manifest(tmp_path, kind="k", version="1", files=files, about={})
    artefact = open_artefact(tmp_path, kind="k")
    loaded_features, loaded = TextFeatures.load(artefact), LabelClassifier.load(artefact, "field0")
    vectors, shares = encoder.encode(texts), np.zeros((1, len(texts), 3), dtype=np.float32)
    np.testing.assert_allclose(
        loaded.probabilities(loaded_features.transform(texts, vectors, [()] * len(texts)), shares),
        classifier.probabilities(features.transform(texts, vectors, [()] * len(texts)), shares),
        atol=1e-6,
    )
    assert loaded.values == classifier.values
    assert json.loads((tmp_path / "field0.values.json").read_text()) == ["vpn", "print", "mail"]


def test_terse_texts_are_calibrated_apart_and_copies_are_held_out_for_nothing_else(encoder: OnnxEncoder) -> None:
    random = np.random.default_rng(0)
    subjects, kinds = ("router", "laptop", "badge", "scanner", "headset"), ("is out of order", "needs to be ordered")
    codes = random.integers(0, 2, 600)
    long = [f"{subjects[i % 5]} number {i} on floor {i % 7} {kinds[code]} again" for i, code in enumerate(codes)]
    cut = [" ".join(text.split()[:4]) for text in long[:300]]
    texts = [*long, *cut]
    units = np.concatenate([np.arange(600), np.arange(300)])
    features = TextFeatures.fit(texts, frozen=encoder.frozen)
    known = features.transform(texts, encoder.encode(texts), [()] * 900)
    assert known.terse.sum() == 300
    is_cut = units != np.arange(900)
    shares = random.dirichlet(np.ones(2), (1, 900)).astype(np.float32)
    everyone = np.ones(900, dtype=bool)
    classifier = LabelClassifier.fit(Examples(known, shares, codes[units], units, everyone, is_cut), kinds, jobs=1)
    assert len(classifier.held_out.truth) == 600
    assert classifier.held_out.top_guesses.accuracy > 0.95
    terse = classifier.calibrator(terse=True).held_out
    assert len(terse.truth) == 300
    assert terse.top_guesses.accuracy < 0.7
    assert abs(terse.confidences.mean() - terse.top_guesses.accuracy) < 0.08
    confidences = classifier.probabilities(known, np.full((1, 900, 2), 0.5, dtype=np.float32)).max(axis=1)
    assert confidences[:600].mean() > confidences[600:].mean() + 0.1


def test_the_caller_tells_what_the_text_does_not() -> None:
    texts = ["it does not work"] * 80
    callers = [("caller=anna",), ("caller=otto",)] * 40
    features = TextFeatures.fit(texts, frozen=4)
    known = features.transform(texts, np.zeros((80, 4), dtype=np.float32), callers)
    estimator = LinearEstimator.fit("words", known, np.tile(np.arange(2), 40), 2)
    assert estimator.scores(known[np.array([0, 1])]).argmax(axis=1).tolist() == [0, 1]
    assert not any("anna" in str(word) for word in features.vocabulary)
    assert known.words.shape[1] == len(features.vocabulary)
