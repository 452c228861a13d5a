"""Encoding: the served encoder against sentence-transformers, in one run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from models.encoder import OnnxEncoder
from training.benchmarks.classification import read
from training.export import shipped_weights

TEXTS = 1000


def measure(data: Path, _: Path) -> dict[str, Any]:
    """Texts a second of both on the same real texts, and the cosine between their vectors."""
    from sentence_transformers import SentenceTransformer

    texts = [row["description"] for row in read(data / "tickets_category.csv.gz")[:TEXTS]]
    reference = SentenceTransformer(str(shipped_weights()), device="cpu")
    served = OnnxEncoder()
    started = time.perf_counter()
    expected = reference.encode(texts, normalize_embeddings=True)
    reference_seconds = time.perf_counter() - started
    started = time.perf_counter()
    found = served.encode(texts)
    served_seconds = time.perf_counter() - started
    cosines = (found * expected).sum(axis=1)
    return {
        "texts": len(texts),
        "sentence_transformers_per_s": round(len(texts) / reference_seconds),
        "served_per_s": round(len(texts) / served_seconds),
        "ratio": round(reference_seconds / served_seconds, 2),
        "mean_cosine": round(float(cosines.mean()), 4),
        "least_cosine": round(float(cosines.min()), 4),
    }
