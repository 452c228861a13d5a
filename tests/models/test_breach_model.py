"""The breach model: calibrated, better than the share of time used where more is known, and kept as plain numbers."""

from __future__ import annotations

import numpy as np
import pytest

from models.breach_model import BreachModel, PlainBreachModel
from models.calibration import HeldOutGuesses, expected_calibration_error


def _made_up(seed: int, count: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    """Snapshots with the share of time used, a stage that slows down, and a feature that says nothing."""
    chance = np.random.default_rng(seed)
    used, slow, noise = chance.random(count), chance.integers(0, 2, count), chance.normal(size=count)
    probability = 1 / (1 + np.exp(-(6 * used - 4 + 2.5 * slow * used)))
    return np.stack([used, slow, noise], axis=1).astype(np.float64), chance.random(count) < probability


@pytest.fixture(scope="module")
def model() -> BreachModel:
    features, breached = _made_up(1)
    return BreachModel.fit(features, breached, np.ones(len(features)), np.arange(len(features)) >= 4500)


def test_probabilities_are_calibrated_and_tell_more_than_the_time_used(model: BreachModel) -> None:
    features, breached = _made_up(2)
    found = model.probabilities(features)
    assert expected_calibration_error(HeldOutGuesses(found.astype(np.float32), breached)) < 0.05
    pairs = (found[breached][:500, None] > found[~breached][None, :500]).mean()
    by_time = (features[breached, 0][:500, None] > features[~breached, 0][None, :500]).mean()
    assert pairs > by_time + 0.01


def test_a_model_is_the_same_after_it_was_kept_as_plain_numbers(model: BreachModel) -> None:
    features, _ = _made_up(3, 50)
    kept = PlainBreachModel.model_validate_json(model.plain().model_dump_json(), strict=True)
    assert np.allclose(BreachModel.of(kept).probabilities(features), model.probabilities(features), atol=1e-12)


def test_values_beyond_all_that_was_seen_are_answered(model: BreachModel) -> None:
    found = model.probabilities(np.array([[50.0, 1.0, -9e9], [-1.0, 0.0, 9e9]]))
    assert 0.0 <= found[1] < 0.3 < 0.8 < found[0] <= 1.0
