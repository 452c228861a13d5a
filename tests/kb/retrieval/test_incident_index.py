from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from kb.records.incident import Incident
from kb.retrieval.incident_index import IncidentIndex
from kb.storage.incident_store import StoredIncident
from models.classifier import Examples, LabelClassifier
from models.features import TextFeatures
from models.stacking import Probabilities


def halves(seed: int, count: int) -> np.ndarray:
    """Vectors of two parts of four numbers, as a tuned encoder beside the shipped one gives them."""
    parts = np.random.default_rng(seed).normal(size=(count, 2, 4)).astype(np.float32)
    parts /= np.linalg.norm(parts, axis=2, keepdims=True) * np.sqrt(2)
    return parts.reshape(count, 8)


def holding(vectors: np.ndarray, *, frozen: int) -> IncidentIndex:
    index = IncidentIndex(8, frozen=frozen)
    incidents = [Incident(f"I{i}", f"{chr(97 + i % 26)}{i} is broken", state="closed") for i in range(len(vectors))]
    index.put([StoredIncident(*entry, 1) for entry in zip(incidents, vectors, strict=True)])
    return index


def test_neighbours_are_found_by_all_of_the_vector_and_by_its_shipped_part() -> None:
    vectors, asked = halves(0, 150), halves(1, 70)
    index = holding(vectors, frozen=4)
    whole, shipped = index.voters(asked, 5)
    for found, cosines in ((whole, asked @ vectors.T), (shipped, 2 * asked[:, 4:] @ vectors[:, 4:].T)):
        np.testing.assert_array_equal(found.slots, np.argsort(-cosines, axis=1)[:, :5])
        np.testing.assert_allclose(found.similarities, np.take_along_axis(cosines, found.slots, 1), atol=1e-6)
    assert (whole.slots[:, 0] != shipped.slots[:, 0]).any()
    for row in (0, 69):
        for found, alone in zip(index.voters(asked, 5), index.nearest(index.readings(asked[[row]]), 5), strict=True):
            np.testing.assert_array_equal(found.slots[[row]], alone.slots)


@pytest.mark.parametrize(("frozen", "readings"), [(4, 2), (8, 1)])
def test_no_text_has_no_neighbours(frozen: int, readings: int) -> None:
    found = holding(halves(0, 30), frozen=frozen).voters(halves(1, 1)[:0], 5)
    assert [neighbours.slots.shape for neighbours in found] == [(0, 5)] * readings


@pytest.mark.parametrize("frozen", [4, 8])
def test_what_stands_in_the_index_does_not_vote_on_itself(frozen: int) -> None:
    vectors = halves(0, 100)
    everywhere = np.arange(100)
    for found in holding(vectors, frozen=frozen).voters(vectors, 5, besides=everywhere):
        assert (found.slots != everywhere[:, None]).all()
        assert (found.slots >= 0).all()


def test_the_shipped_encoder_alone_has_one_reading() -> None:
    vectors = halves(0, 30)
    index = holding(vectors, frozen=8)
    (found,), (cosines,) = index.voters(vectors[:3], 5), index.readings(vectors[:3])
    np.testing.assert_array_equal(found.slots[:, 0], [0, 1, 2])
    np.testing.assert_allclose(cosines, vectors[:3] @ vectors.T, atol=1e-6)


@pytest.mark.parametrize("frozen", [4, 8])
def test_from_a_day_on_only_what_was_logged_since_and_what_was_corrected_votes(frozen: int) -> None:
    vectors, asked = halves(0, 80), halves(1, 3)
    index = IncidentIndex(8, frozen=frozen)
    start = datetime(1970, 1, 1, tzinfo=UTC)
    index.put(
        [
            StoredIncident(
                Incident(
                    f"I{i}", f"{chr(97 + i % 26)}{i} is broken", state="closed", opened_at=start + timedelta(days=i)
                ),
                vector,
                1,
                frozenset({5: ["category"], 6: ["assignment_group"]}.get(i, ())),
            )
            for i, vector in enumerate(vectors)
        ]
    )
    index.put([StoredIncident(Incident("undated", "z is broken", state="closed"), asked[0], 1)])
    counting = np.array([5, *range(50, 80)])
    among = index.counting("category", 50.0)
    for found in index.voters(asked, 40, among=among):
        assert found.slots.shape[1] == len(counting)
        assert (np.sort(found.slots, axis=1) == counting).all()
    for found, alone in zip(
        index.voters(asked, 5, among=among), index.nearest(index.readings(asked), 5, among=among), strict=True
    ):
        np.testing.assert_array_equal(found.slots, alone.slots)
    (first, *_) = index.voters(asked, 1)
    assert first.slots[0, 0] == 80  # without a day, what has no date votes as well
    np.testing.assert_array_equal(found.spread(np.array([4, 0, 2]), 6).of([4, 0, 2]).slots, found.slots)
    assert (found.spread(np.array([4, 0, 2]), 6).slots[[1, 3, 5]] == -1).all()


@pytest.mark.parametrize("telling", [0, 1])
def test_stacking_trusts_the_votes_that_tell(telling: int) -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 2, 300)
    features = TextFeatures.fit(["it is broken"] * 300, frozen=4).transform(
        ["it is broken"] * 300, np.zeros((300, 4), dtype=np.float32), [()] * 300
    )
    shares = random.dirichlet(np.ones(2), (2, 300)).astype(np.float32)
    shares[telling] = 0.1 + 0.8 * np.eye(2, dtype=np.float32)[codes]
    everyone = np.ones(300, dtype=bool)
    examples = Examples(features, shares, codes, np.arange(300), everyone, ~everyone)
    classifier = LabelClassifier.fit(examples, ["a", "b"], jobs=1)
    assert classifier.held_out.top_guesses.accuracy > 0.95
    said: Probabilities = classifier.probabilities(features, shares)
    np.testing.assert_array_equal(said.argmax(axis=1), codes)
