from __future__ import annotations

import numpy as np
import pytest

from models.calibration import log_odds
from models.encoder import Vectors
from models.few_shot import Background, FewShot
from triage.distributions import Distribution
from triage.emerging_labels import EmergingLabels, with_emerging_labels

KNOWN = ("Network", "Printing")


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """Texts around two directions of eight, then six around a third."""
    random = np.random.default_rng(0)
    directions = np.repeat(np.eye(8)[:3], (200, 200, 6), axis=0)
    found = directions + random.normal(0, 0.25, directions.shape)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def newcomers(vectors: Vectors, *, certainty: float = 4.0) -> EmergingLabels:
    shot = FewShot.fit(Background.of(vectors[:400]), vectors[400:405])
    return EmergingLabels(("Parking",), ((400, 401, 402, 403, 404),), (shot,), certainty)


def between(vectors: Vectors) -> Vectors:
    """A text half like the new value's examples and half like others."""
    mixed = vectors[[0, 405]].mean(axis=0, keepdims=True)
    return np.asarray(mixed / np.linalg.norm(mixed), dtype=np.float32)


def chance(found: Distribution, value: str, row: int = 0) -> float:
    return float(found.probabilities[row, list(found.values).index(value)])


def said(network: float, *, parking: float = 0.0) -> Distribution:
    """What is said of one text, `parking` by the votes of rare values."""
    if parking:
        return Distribution((*KNOWN, "Parking"), np.array([[network, 1 - network - parking, parking]]))
    return Distribution(KNOWN, np.array([[network, 1 - network]]))


def test_a_new_value_gets_the_texts_like_its_examples_and_no_other(vectors: Vectors) -> None:
    network = np.repeat([0.98, 0.02, 0.5], (200, 200, 6))
    before = Distribution(KNOWN, np.stack([network, 1 - network], axis=1))
    found = with_emerging_labels(before, vectors, newcomers(vectors))
    first = np.array(found.values)[found.probabilities.argmax(axis=1)]
    assert first[405] == "Parking"
    assert (first[:400] == "Parking").mean() < 0.02
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0)


def test_doubt_about_the_known_values_speaks_for_a_new_one(vectors: Vectors) -> None:
    new, text = newcomers(vectors), between(vectors)
    chances = [chance(with_emerging_labels(said(network), text, new), "Parking") for network in (0.6, 0.9, 0.99)]
    assert chances == sorted(chances, reverse=True)
    assert log_odds(np.array(chances[:1]))[0] - log_odds(np.array(chances[2:]))[0] == pytest.approx(
        0.4 * (log_odds(np.array([0.99])) - log_odds(np.array([0.6])))[0], abs=1e-6
    )


def test_a_field_that_is_never_certain_lends_less_by_doubt(vectors: Vectors) -> None:
    text = between(vectors)
    sure, unsure = (
        chance(with_emerging_labels(said(0.6), text, newcomers(vectors, certainty=usual)), "Parking")
        for usual in (4.0, 1.0)
    )
    assert sure > unsure


def test_what_rare_votes_say_for_the_new_value_is_no_certainty_against_it(vectors: Vectors) -> None:
    new, text = newcomers(vectors), between(vectors)
    with_votes = chance(with_emerging_labels(said(0.1, parking=0.8), text, new), "Parking")
    assert 0.8 < with_votes < 0.98
    without = with_emerging_labels(Distribution(KNOWN, np.array([[0.1, 0.1]])), text, new)
    assert with_votes == pytest.approx(chance(without, "Parking"))
