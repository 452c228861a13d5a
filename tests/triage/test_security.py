from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from kb.reading.indicators import indicators
from kb.records.security import SecurityKind
from training.security import examples, fit_security, security_table
from triage.security import NONE, SecuritySign, security_sign, shipped_encoder, shipped_model

TEXTS = list(examples((Path(__file__).parent / "security_texts.yaml").read_text(encoding="utf-8")))
FURTHER = list(examples((Path(__file__).parent / "security_texts_further.yaml").read_text(encoding="utf-8")))
LEARNT = Path(__file__).parents[2] / "training" / "security_examples.yaml"


def sign_of(text: str) -> SecuritySign:
    return security_sign(text, shipped_encoder().encode([text])[0])


def measured(texts: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]) -> tuple[float, float, float]:
    """Return and print recall, precision, and the share of incidents whose kind is right."""
    is_incident = np.array([kind != NONE for _, kind in texts])
    signs = list(map(sign_of, (text for text, _ in texts)))
    is_flagged = np.array([sign.is_flagged for sign in signs])
    recall = (is_flagged & is_incident).sum() / is_incident.sum()
    precision = (is_flagged & is_incident).sum() / is_flagged.sum()
    named = np.mean([sign.kind == kind for sign, (_, kind) in zip(signs, texts, strict=True) if kind != NONE])
    with capsys.disabled():
        sys.stdout.write(
            f"\nsecurity: recall {recall:.1%}, precision {precision:.1%}, kind {named:.0%} of {len(texts)} texts\n"
        )
    return float(recall), float(precision), float(named)


def test_incidents_are_found_and_look_alikes_mostly_left(capsys: pytest.CaptureFixture[str]) -> None:
    recall, precision, named = measured(TEXTS, capsys)
    assert recall >= 0.95
    assert precision >= 0.60
    assert named >= 0.75


def test_incidents_that_are_told_in_other_words_are_found_less_often(capsys: pytest.CaptureFixture[str]) -> None:
    recall, precision, _ = measured(FURTHER, capsys)
    assert recall >= 0.72  # far from the 95 % of the texts above: docs/benchmarks.md
    assert precision >= 0.80


def test_the_texts_are_300_in_four_languages_and_were_never_learnt_from() -> None:
    learnt = {text.casefold() for text, _ in examples(LEARNT.read_text(encoding="utf-8"))}
    assert len(TEXTS) == 300
    assert sum(kind == NONE for _, kind in TEXTS) == 150
    assert not learnt & {text.casefold() for text, _ in [*TEXTS, *FURTHER]}
    assert {kind for _, kind in TEXTS} == {*SecurityKind, NONE}


def test_the_shipped_weights_are_those_of_the_examples() -> None:
    fitted, shipped = fit_security(), shipped_model()
    assert fitted.classes == shipped.classes
    read = security_table([text for text, _ in examples(LEARNT.read_text(encoding="utf-8"))])
    said = [softmax(read @ model.weights.T + model.bias, axis=1) for model in (fitted, shipped)]
    assert np.allclose(*said, atol=0.05)  # vectors differ a little from processor to processor


def test_a_sign_says_which_words_tell() -> None:
    sign = sign_of("Mir wurde gestern im Zug der Laptop gestohlen")
    assert sign.kind is SecurityKind.LOST_DEVICE
    assert "gestohlen" in sign.words
    assert not sign_of("").is_flagged


def test_indicators_are_defanged() -> None:
    text = "See https://evil.example/login?a=b, mail from it.support@evil.example, d41d8cd98f00b204e9800998ecf8427e"
    assert indicators(text) == [
        "hxxps://evil[.]example/login?a=b",
        "it[.]support[at]evil[.]example",
        "d41d8cd98f00b204e9800998ecf8427e",
    ]
