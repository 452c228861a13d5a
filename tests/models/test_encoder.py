from __future__ import annotations

import csv
import gzip
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.sample.incidents import sample_incidents
from models.artefacts import ArtefactError
from models.encoder import OnnxEncoder
from models.graph import Graph, window_spans
from models.shipped_encoders import FAST
from tests.conftest import SAMPLE_NOW


def test_like_texts_lie_close_and_unlike_ones_apart(encoder: OnnxEncoder) -> None:
    vpn, remote, lunch = encoder.encode(
        ["vpn does not connect", "no vpn connection possible", "what is for lunch today"]
    )
    assert vpn @ remote > vpn @ lunch + 0.4


def test_vectors_have_length_one_whatever_the_text(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(["", " ", "a", "\U0001f5a8\ufe0f", "word " * 3000, "日本語の文章"])
    assert vectors.shape == (6, encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_text_has_nearly_the_same_vector_alone_and_among_others(encoder: OnnxEncoder) -> None:
    texts = [incident.text for incident in sample_incidents(60, now=SAMPLE_NOW)]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    likeness = (together * alone).sum(axis=1)  # activations are quantised per batch, by each kind of processor its way
    assert likeness.min() > 0.95
    assert likeness.mean() > 0.99


def test_the_end_of_a_long_text_counts(encoder: OnnxEncoder) -> None:
    start = "The quarterly report was written as always. " * 120
    plain, with_end, target = encoder.encode(
        [start, start[:2600] + "The printer in hall two is on fire. " * 60, "printer on fire"]
    )
    assert with_end @ target > plain @ target + 0.2


@pytest.mark.parametrize(("tokens", "windows"), [(1, 1), (254, 1), (255, 2), (476, 2), (477, 3), (5000, 4)])
def test_windows_cover_a_text_from_its_first_token_to_its_last(tokens: int, windows: int) -> None:
    spans = window_spans(tokens, 254, 4)
    assert len(spans) == windows
    assert spans[0].start == 0
    assert spans[-1].stop == max(tokens, 254)
    assert len({span.stop - span.start for span in spans}) == 1
    assert spans[0].stop <= 254


@pytest.mark.parametrize(("tokens", "length"), [(255, 144), (476, 254), (477, 181), (700, 199), (920, 254)])
def test_windows_are_as_short_as_their_overlap_allows(tokens: int, length: int) -> None:
    spans = window_spans(tokens, 254, 4)
    assert spans[0].stop == length
    overlaps = [one.stop - following.start for one, following in pairwise(spans)]
    assert all(31 <= overlap <= 33 for overlap in overlaps)


def test_windows_of_a_single_text_are_read_side_by_side() -> None:
    graph, tokens = Graph(FAST / "model.onnx", (101, 102), tokens=256), [1000] * 600
    assert [len(batch.windows) for batch in graph.batches([tokens])] == [1, 1, 1]
    assert sum(len(batch.windows) for batch in graph.batches([tokens, [1000]])) == 4
    assert max(len(batch.windows) for batch in graph.batches([tokens, [1000]])) == 2


def test_a_changed_encoder_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(FAST, tmp_path / "minilm")
    graph = folder / "model.onnx"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(content)
    with pytest.raises(ArtefactError, match="model.onnx is not the file its manifest describes"):
        OnnxEncoder(folder)


def test_agrees_with_sentence_transformers_on_real_texts(encoder: OnnxEncoder, real_data: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from training.export import shipped_weights

    with gzip.open(real_data / "tickets_category.csv.gz", "rt", encoding="utf-8") as file:
        texts = [row["description"] for _, row in zip(range(400), csv.DictReader(file), strict=False)]
    reference = SentenceTransformer(str(shipped_weights()), device="cpu").encode(texts, normalize_embeddings=True)
    cosines = (encoder.encode(texts) * reference).sum(axis=1)
    assert cosines.mean() >= 0.98, f"mean cosine {cosines.mean():.4f}"
