"""Sentence encoder: text to a vector of unit length, by ONNX Runtime."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.artefacts import ArtefactError, open_artefact

SHIPPED = Path(__file__).parent / "minilm"
GRAPH, BESIDE = "model.onnx", "beside.onnx"
SEEN = "seen.npy"

Vectors: TypeAlias = NDArray[np.float32]

_BATCH_TOKENS = 512
_MAX_WINDOWS = 4
_OVERLAP = 32
_SLOWER_FUSIONS = ["SkipLayerNormFusion"]
_MAX_CHARACTERS = 20_000


class Encoder(Protocol):
    """Text to vector; `name` identifies weights and conversion, so that vectors of two encoders never mix.

    The last `frozen` numbers of a vector are those of the encoder as it was shipped: all of them unless it was tuned.
    Where it was, they are half of the vector, and both halves are of the same length.
    """

    name: str
    dimension: int
    frozen: int

    def has_seen(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the texts it was tuned on, shape (texts,): what it makes of those proves nothing."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts, float32 of shape (texts, dimension), each of length one."""
        ...


class OnnxEncoder:
    """An encoder served by ONNX Runtime; the graph pools and normalises.

    Each batch runs on one core, several of them side by side: that serves many short texts faster than one batch
    on all cores, and leaves no threads spinning beside the search. A tuned encoder has the graph of the shipped one
    beside its own, and both read a text at the same time.

    A text longer than the model's window is read in up to four overlapping windows, evenly chosen so that
    beginning and end are always among them; its vector is the mean of theirs, weighted by their tokens.
    Identical to the plain vector for every text that fits one window.
    """

    def __init__(self, folder: Path = SHIPPED, *, threads: int | None = None) -> None:
        """Load the encoder in `folder`; raises ArtefactError where a file is missing or was changed."""
        artefact = open_artefact(folder, kind="encoder")
        about = artefact.about
        self.dimension = int(about["dimension"])
        self.frozen = int(about.get("frozen", self.dimension))
        self.name = f"{about['name']}@{artefact.version}-{str(about['weights_sha256'])[:8]}"
        self._window = int(about["max_tokens"]) - 2
        self._tokenizer = _tokenizer(artefact.path("tokenizer.json"))
        graphs = [GRAPH, *([BESIDE] if self.frozen < self.dimension else [])]
        self._sessions = [_session(artefact.path(graph)) for graph in graphs]
        self._threads = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="encoder")
        self._seen = artefact.array(SEEN) if about.get("tuned") else np.zeros(0, dtype=np.uint64)
        self._first, self._last = (_token(self._tokenizer, token) for token in ("[CLS]", "[SEP]"))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of the texts, float32 of shape (texts, dimension), each of length one."""
        windows, owner = self._windows(texts)
        lengths = np.array([len(window) for window in windows], dtype=np.int64)
        parts = np.zeros((len(texts), len(self._sessions), self.frozen), dtype=np.float32)
        batches = list(_batches(lengths))
        work = [(batch, part) for batch in batches for part in range(len(self._sessions))]
        run = map if len(work) < 2 else self._threads.map
        done = run(lambda task: _vectors(self._sessions[task[1]], [windows[i] for i in task[0]]), work)
        for (batch, part), rows in zip(work, done, strict=True):
            np.add.at(parts[:, part], owner[batch], rows * lengths[batch, None].astype(np.float32))
        norms = np.linalg.norm(parts, axis=2, keepdims=True) * np.sqrt(len(self._sessions))
        return np.asarray(parts / np.maximum(norms, 1e-12), dtype=np.float32).reshape(len(texts), self.dimension)

    def has_seen(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the texts it was tuned on, shape (texts,)."""
        return np.isin(text_keys(texts), self._seen)

    def _windows(self, texts: Sequence[str]) -> tuple[list[list[int]], NDArray[np.int64]]:
        windows: list[list[int]] = []
        owner: list[int] = []
        encodings = self._tokenizer.encode_batch_fast(
            [text[:_MAX_CHARACTERS] for text in texts], add_special_tokens=False
        )
        for text, encoding in enumerate(encodings):
            ids = encoding.ids
            for start in _window_starts(len(ids), self._window):
                windows.append([self._first, *ids[start : start + self._window], self._last])
                owner.append(text)
        return windows, np.array(owner, dtype=np.int64)


def text_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """The first eight bytes of each text's SHA-256, shape (texts,): keys that do not give the text away."""
    digests = (hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts)
    return np.array([int.from_bytes(digest[:8]) for digest in digests], dtype=np.uint64)


def _session(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_FUSIONS
    )


def _vectors(session: onnxruntime.InferenceSession, windows: Sequence[list[int]]) -> Vectors:
    longest = max(len(window) for window in windows)
    ids = np.zeros((len(windows), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    (vectors,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
    return np.asarray(vectors, dtype=np.float32)


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


def _window_starts(tokens: int, window: int) -> list[int]:
    """Start of each window: one for a short text, else at most four from the first token to the last."""
    if tokens <= window:
        return [0]
    count = min(_MAX_WINDOWS, -(-(tokens - _OVERLAP) // (window - _OVERLAP)))
    return [round(i * (tokens - window) / (count - 1)) for i in range(count)]


def _batches(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Indices in batches of similar length, so that little is spent on padding."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop - start + 1) * lengths[order[stop]] <= _BATCH_TOKENS:
            stop += 1
        yield order[start:stop]
        start = stop
