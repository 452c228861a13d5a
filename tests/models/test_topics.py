from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from models.base_estimators import AdapterEstimator
from models.features import TextFeatures
from models.topics import Topics, TopicSettings, only, places_of


def test_words_that_keep_the_same_company_have_the_same_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.topics._SETTINGS", TopicSettings(topics=2))
    words = TfidfVectorizer(dtype=np.float32)
    texts = ["vpn tunnel", "gateway tunnel", "vpn token", "gateway token", "toner printer", "tray printer"] * 5
    topics = Topics.fit(words.fit_transform(texts))
    vpn, gateway, toner, nothing = topics.of(words.transform(["vpn", "gateway", "toner", "elephant"]))
    assert vpn @ gateway > 0.7
    assert abs(vpn @ toner) < 0.1
    assert np.linalg.norm(vpn) == pytest.approx(1.0)
    assert not nothing.any()


def test_few_texts_and_texts_without_words_have_few_topics_and_none() -> None:
    words = TfidfVectorizer(dtype=np.float32)
    rows = words.fit_transform(["vpn down", "printer down"])
    assert Topics.fit(rows).of(rows).shape == (2, 2)
    assert Topics.fit(rows[:, :0]).of(rows[:, :0]).shape == (2, 0)


def test_only_what_has_a_place_is_kept_at_its_place() -> None:
    rows = TfidfVectorizer(dtype=np.float32).fit_transform(["a1 b1 c1 d1", "b1 d1", "a1"])
    kept = np.array([1, 3])
    np.testing.assert_array_equal(only(rows, places_of(kept, 4), 2).toarray(), rows.toarray()[:, kept])


def test_the_adapter_reads_topics_beside_the_vector() -> None:
    texts = [f"{word} {number}" for number in range(30) for word in ("printer queue", "vpn tunnel")]
    codes = np.tile(np.arange(2), 30)
    features = TextFeatures.fit(texts, frozen=8).transform(texts, np.zeros((60, 8), dtype=np.float32), [()] * 60)
    estimator = AdapterEstimator.fit(features, codes, 2)
    np.testing.assert_array_equal(estimator.scores(features).argmax(axis=1), codes)
    blind = replace(features, topics=np.zeros_like(features.topics))
    assert len(set(estimator.scores(blind).argmax(axis=1))) == 1


def test_the_adapter_leaves_a_tuned_encoders_own_vector_alone() -> None:
    texts = [f"{word} {number}" for number in range(30) for word in ("printer queue", "vpn tunnel")]
    codes = np.tile(np.arange(2), 30)
    own = np.tile(np.eye(2, 4, dtype=np.float32), (30, 1))
    vectors = np.hstack([own, np.zeros((60, 4), dtype=np.float32)])
    features = TextFeatures.fit(texts, frozen=4).transform(texts, vectors, [()] * 60)
    estimator = AdapterEstimator.fit(features, codes, 2)
    told_otherwise = replace(features, meaning=np.hstack([own[::-1], vectors[:, 4:]]))
    np.testing.assert_array_equal(estimator.scores(told_otherwise), estimator.scores(features))


@pytest.mark.parametrize("labels", [2, 3])
def test_the_mean_of_adapters_that_began_at_other_weights_counts(labels: int) -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, labels, 90)
    vectors = (np.eye(labels, 8)[codes] + random.normal(size=(90, 8))).astype(np.float32)
    texts = ["printer queue"] * 90
    features = TextFeatures.fit(texts, frozen=8).transform(texts, vectors, [()] * 90)
    estimator = AdapterEstimator.fit(features, codes, labels)
    alone = [
        np.exp(AdapterEstimator(*(array[[number]] for array in estimator.arrays().values())).scores(features))
        for number in range(len(estimator.adapter))
    ]
    assert len(alone) > 1
    assert all(np.abs(said - alone[0]).max() > 0.01 for said in alone[1:])
    np.testing.assert_allclose(np.exp(estimator.scores(features)), np.mean(alone, axis=0), rtol=1e-4)
