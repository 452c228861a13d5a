"""Sentence encoder: text to a vector of unit length, by ONNX Runtime."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, PositiveInt
from tokenizers import Tokenizer

from models.artefacts import ArtefactError, open_artefact
from models.graph import Graph
from models.shipped_encoders import FAST

GRAPH, BESIDE = "model.onnx", "beside.onnx"
SEEN = "seen.npy"

Vectors: TypeAlias = NDArray[np.float32]

# increased when texts are read differently, so that older vectors are not used
_READING = 2
# characters of a text that are read: bounds the time that a pasted log takes; far more than its windows hold
_MAX_CHARACTERS = 20_000


class Encoder(Protocol):
    """Text to vector; `name` identifies weights, conversion and the way of reading, so that vectors never mix.

    The last `frozen` numbers of a vector are those of the encoder as it was shipped: all of them, or half of them where
    it was tuned, with both halves of equal length. Articles are searched by the last `searching` numbers: all of them,
    or only the shipped half where the encoder was tuned on labels, since labels tell categories apart, not articles.
    """

    name: str
    dimension: int
    frozen: int
    searching: int

    def has_seen(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return which texts the encoder was tuned on, shape (texts,): results on those prove nothing."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of the texts, float32 of shape (texts, dimension), each of length one."""
        ...


class _Facts(BaseModel):
    """Facts in the manifest of an encoder."""

    name: str
    weights_sha256: str
    dimension: PositiveInt
    max_tokens: PositiveInt
    tuned: bool = False
    taught: str | None = None


class _TunedFacts(BaseModel):
    """Further facts in the manifest of a tuned encoder."""

    tuned_tokens: PositiveInt


class OnnxEncoder:
    """An encoder served by ONNX Runtime; the graph pools and normalises.

    Each batch runs on one core, several of them side by side: that serves many short texts faster than one batch
    on all cores, and leaves no threads spinning beside the search. A tuned encoder has the graph of the shipped one
    beside its own, and both read a text at the same time.

    A text longer than the model's window is read in up to four overlapping windows of one length, from its beginning to
    its end; its vector is the mean of theirs, weighted by their tokens. A text that fits one window has its plain
    vector. A tuned graph reads only the beginning of each text, as in tuning.
    """

    def __init__(self, folder: Path = FAST, *, threads: int | None = None) -> None:
        """Load the encoder in `folder`; raises ArtefactError where a file is missing or was changed."""
        artefact = open_artefact(folder, kind="encoder")
        facts = artefact.facts(_Facts)
        self.dimension = facts.dimension
        self.name = f"{facts.name}@{artefact.version}-{facts.weights_sha256[:8]}-{_READING}"
        self._tokenizer = _tokenizer(artefact.path("tokenizer.json"))
        ends = _token(self._tokenizer, "[CLS]"), _token(self._tokenizer, "[SEP]")
        if facts.tuned:
            tuned = artefact.facts(_TunedFacts)
            self._graphs = [
                Graph(artefact.path(GRAPH), ends, tokens=tuned.tuned_tokens, windows=1),
                Graph(artefact.path(BESIDE), ends, tokens=facts.max_tokens),
            ]
            self._seen = artefact.array(SEEN)
        else:
            self._graphs = [Graph(artefact.path(GRAPH), ends, tokens=facts.max_tokens)]
            self._seen = np.zeros(0, dtype=np.uint64)
        self.frozen = self.dimension // len(self._graphs)
        self.searching = self.dimension if facts.taught == "links" else self.frozen
        self._threads = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="encoder")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of the texts, float32 of shape (texts, dimension), each of length one."""
        tokens = self._tokens(texts)
        parts = np.zeros((len(texts), len(self._graphs), self.frozen), dtype=np.float32)
        work = [(part, batch) for part, graph in enumerate(self._graphs) for batch in graph.batches(tokens)]
        run = map if len(work) < 2 else self._threads.map
        done = run(lambda task: self._graphs[task[0]].vectors(task[1].windows), work)
        for (part, batch), rows in zip(work, done, strict=True):
            weights = np.array([len(window) for window in batch.windows], dtype=np.float32)
            np.add.at(parts[:, part], batch.owner, rows * weights[:, None])
        norms = np.linalg.norm(parts, axis=2, keepdims=True) * np.sqrt(len(self._graphs))
        return np.asarray(parts / np.maximum(norms, 1e-12), dtype=np.float32).reshape(len(texts), self.dimension)

    def has_seen(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return which texts the encoder was tuned on, shape (texts,)."""
        return np.isin(text_keys(texts), self._seen)

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        read = [text[:_MAX_CHARACTERS] for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(read, add_special_tokens=False)]


def text_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return the first eight bytes of each text's SHA-256, shape (texts,): keys that do not reveal the text."""
    digests = (hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts)
    return np.array([int.from_bytes(digest[:8]) for digest in digests], dtype=np.uint64)


def _tokenizer(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the tokenizers library raises bare Exception
        raise ArtefactError(f"{path}: is not a tokenizer ({error})") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _token(tokenizer: Tokenizer, token: str) -> int:
    number = tokenizer.token_to_id(token)
    if number is None:
        raise ArtefactError(f"the tokenizer has no {token}")
    return int(number)
