from __future__ import annotations

import numpy as np
import pytest

from models.novelty import NoveltyCurve

DRAWN = np.random.default_rng(0)
KNOWN = np.clip(DRAWN.normal(0.75, 0.1, 3000), 0, 1)
FOREIGN = np.clip(DRAWN.normal(0.45, 0.1, 1000), 0, 1)


def test_the_less_familiar_a_text_the_less_of_a_confidence_stays() -> None:
    curve = NoveltyCurve.fit(KNOWN, FOREIGN)
    stays = curve.belonging(np.array([0.3, 0.45, 0.55, 0.65, 0.75, 1.0]))
    assert (np.diff(stays) >= 0).all()
    assert stays[0] < 0.1
    assert stays[-1] == stays[-2] == 1.0


def test_nine_in_ten_known_texts_keep_their_confidence_and_one_in_a_hundred_is_unlike_them() -> None:
    curve = NoveltyCurve.fit(KNOWN, FOREIGN)
    assert (curve.belonging(KNOWN) == 1.0).mean() == pytest.approx(0.9, abs=0.01)
    assert (curve.known_from > KNOWN).mean() == pytest.approx(0.01, abs=0.002)


def test_confidences_stay_where_familiarity_tells_nothing_apart() -> None:
    alike = NoveltyCurve.fit(KNOWN[:1500], KNOWN[1500:])
    assert alike.belonging(np.quantile(KNOWN, [0.01, 0.5])).min() > 0.9
    reversed_ones = NoveltyCurve.fit(FOREIGN, KNOWN)
    assert (reversed_ones.belonging(FOREIGN) == 1.0).all()


@pytest.mark.parametrize(("known", "foreign"), [(KNOWN[:0], FOREIGN), (KNOWN[:50], FOREIGN), (KNOWN, FOREIGN[:0])])
def test_from_a_handful_of_examples_nothing_is_concluded(known: np.ndarray, foreign: np.ndarray) -> None:
    curve = NoveltyCurve.fit(known, foreign)
    assert (curve.belonging(np.array([0.0, 0.5, 1.0])) == 1.0).all()


def test_a_mixture_is_calibrated_together() -> None:
    curve = NoveltyCurve.fit(KNOWN, FOREIGN)
    mixed = np.concatenate([KNOWN, FOREIGN[:333]])
    belongs = np.arange(len(mixed)) < len(KNOWN)
    doubtful = mixed < curve.doubted_below
    assert curve.belonging(mixed)[doubtful].mean() == pytest.approx(belongs[doubtful].mean(), abs=0.1)


def test_the_curve_of_an_earlier_version_lowers_no_confidence() -> None:
    assert (NoveltyCurve(known_from=0.4).belonging(np.array([0.0, 0.3, 0.5, 1.0])) == 1.0).all()
