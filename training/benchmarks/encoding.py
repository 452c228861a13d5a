"""Encoding: the shipped encoders against sentence-transformers, in one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.encoder import OnnxEncoder, Vectors
from models.shipped_encoders import FINER
from training.benchmarks.classification import read
from training.export import shipped_weights

TEXTS = 1000


def measure(data: Path, _: Path) -> dict[str, Any]:
    """Measure texts a second of each on the same real texts, and the cosine between fast encoder and reference."""
    from sentence_transformers import SentenceTransformer

    texts = [row["description"] for row in read(data / "tickets_category.csv.gz")[:TEXTS]]
    reference, served, finer = (
        SentenceTransformer(str(shipped_weights()), device="cpu"),
        OnnxEncoder(),
        OnnxEncoder(FINER),
    )
    expected, reference_seconds = _timed(lambda: reference.encode(texts, normalize_embeddings=True))
    found, served_seconds = _timed(lambda: served.encode(texts))
    finer_seconds = _timed(lambda: finer.encode(texts))[1]
    cosines = (found * expected).sum(axis=1)
    return {
        "texts": len(texts),
        "sentence_transformers_per_s": round(len(texts) / reference_seconds),
        "served_per_s": round(len(texts) / served_seconds),
        "ratio": round(reference_seconds / served_seconds, 2),
        "finer_per_s": round(len(texts) / finer_seconds),
        "mean_cosine": round(float(cosines.mean()), 4),
        "least_cosine": round(float(cosines.min()), 4),
    }


def _timed(work: Callable[[], Vectors]) -> tuple[Vectors, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started
