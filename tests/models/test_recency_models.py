from __future__ import annotations

import numpy as np
import pytest

from kb.retrieval.label_columns import LabelColumn
from models.features import Features
from models.recency_models import RecencyModels
from triage.distributions import Distribution
from triage.online_adaptation import FieldAdaptation, OnlineAdaptation, views_of

VOTES, REGRESSIONS = (0, 1), ((2, 3), (4, 5))


def coded(codes: np.ndarray) -> np.ndarray:
    """A view in which every example of a code looks the same."""
    return np.eye(4, dtype=np.float32)[codes]


@pytest.mark.parametrize("telling", [0, 1])
def test_each_view_has_regressions_and_the_first_one_votes(telling: int) -> None:
    codes = np.random.default_rng(0).integers(0, 2, 400).astype(np.int32)
    views = [np.full((400, 4), 0.5, dtype=np.float32)] * 2
    views[telling] = coded(codes)
    models = RecencyModels((4, 4), ("category",))
    models.learn(views, {"category": codes})
    right = (models.scores(views, "category", 2).argmax(axis=2) == codes).mean(axis=1)
    assert (right[[*REGRESSIONS[telling]]] == 1.0).all()
    assert (right[[*REGRESSIONS[1 - telling]]] < 0.7).all()
    assert (right[[*VOTES]] == 1.0).all() == (telling == 0)


def test_what_was_true_long_ago_is_forgotten() -> None:
    models = RecencyModels((4, 0), ("category",))
    view, none = coded(np.zeros(2000, dtype=np.int64)), np.zeros((2000, 0), dtype=np.float32)
    for code in (0, 1):
        models.learn((view, none), {"category": np.full(2000, code, dtype=np.int32)})
    scores = models.scores((view[:1], none[:1]), "category", 2)
    assert scores.shape == (6, 1, 2)
    assert (scores[:4].argmax(axis=2) == 1).all()


def test_what_is_learnt_at_once_or_in_parts_is_the_same() -> None:
    random = np.random.default_rng(1)
    codes, views = random.integers(-1, 3, 90).astype(np.int32), random.normal(size=(2, 90, 4)).astype(np.float32)
    whole, parts = RecencyModels((4, 4), ("category",)), RecencyModels((4, 4), ("category",))
    whole.learn(views, {"category": codes})
    for start in range(0, 90, 7):
        parts.learn(views[:, start : start + 7], {"category": codes[start : start + 7]})
        parts.scores(views, "category", 3)  # what was asked before more is learnt changes nothing
    np.testing.assert_allclose(
        whole.scores(views, "category", 3), parts.scores(views, "category", 3), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(("wrong", "holds"), [(0, True), (2, True), (30, False)])
def test_a_threshold_holds_until_arrivals_show_too_many_wrong(wrong: int, holds: bool) -> None:
    scores = np.log(np.tile([0.97, 0.03], (3, 60, 1)))
    codes = np.array([1] * wrong + [0] * (60 - wrong), dtype=np.int32)
    field = FieldAdaptation()
    field.evaluate(scores, codes)
    assert field.automatic_from(None, 0.95) is None
    assert (field.automatic_from(0.9, 0.95) == 0.9) == holds


@pytest.mark.parametrize("telling", ["meaning", "topics"])
def test_arrivals_teach_by_their_vectors_and_by_their_topics(telling: str) -> None:
    values = ["Network", "Printing"]
    codes = np.random.default_rng(0).integers(0, 2, 400).astype(np.int32)
    column = LabelColumn(values[code] for code in codes)
    adaptation = OnlineAdaptation(("1", 0), ("category",), (4, 4))
    own = np.array([column.values.index(value) for value in values])[codes]

    def seen(rows: slice) -> Features:
        parts = {"meaning": np.full((400, 4), 0.5, dtype=np.float32), "topics": np.zeros((400, 4), dtype=np.float32)}
        parts[telling] = coded(codes)
        return Features(None, None, frozen=4, terse=None, **{name: part[rows] for name, part in parts.items()})

    def at_a_loss(count: int) -> Distribution:
        return Distribution(values, np.full((count, 2), 0.5))

    for start in range(0, 400, 25):
        rows = slice(start, start + 25)
        views, known = views_of(seen(rows)), {"category": own[rows].astype(np.int32)}
        adaptation.evaluate({"category": at_a_loss(25)}, {"category": column}, views, known)
        adaptation.learn(views, known)
    found = adaptation.apply("category", at_a_loss(50), column, views_of(seen(slice(50))))
    assert [found.values[best] for best in found.probabilities.argmax(axis=1)] == [values[code] for code in codes[:50]]
    assert "category" in adaptation.calibrators()
