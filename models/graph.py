"""Graph of an encoder: tokens to vectors of unit length, by ONNX Runtime, in batches of windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

# windows of one text at most: each costs as much as a short text; experiment 017
MOST_WINDOWS = 4

# tokens that are read at once: other sizes were no faster; experiment 017
_BATCH_TOKENS = 512
# tokens that neighbouring windows share, so that a sentence is not lost between them; experiment 017
_OVERLAP = 32
_SLOWER_FUSIONS = ["SkipLayerNormFusion"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows that are read together, and the text that each belongs to, shape (windows,)."""

    windows: list[list[int]]
    owner: NDArray[np.int64]


class Graph:
    """An ONNX graph that reads at most `windows` windows of `tokens` tokens of a text."""

    def __init__(self, path: Path, ends: tuple[int, int], *, tokens: int, windows: int = MOST_WINDOWS) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_FUSIONS
        )
        self._first, self._last = ends
        self._window = tokens - len(ends)
        self._most = windows

    def batches(self, texts: Sequence[list[int]]) -> Iterator[Batch]:
        """Yield batches of windows of tokenised texts, grouped by similar length, so that little is lost to padding.

        Each window of a single text is a batch, so that they can be encoded in parallel.
        """
        most = _BATCH_TOKENS if len(texts) > 1 else 0
        windows: list[list[int]] = []
        owner: list[int] = []
        for text, tokens in enumerate(texts):
            for span in window_spans(len(tokens), self._window, self._most):
                windows.append([self._first, *tokens[span], self._last])
                owner.append(text)
        order = sorted(range(len(windows)), key=lambda i: len(windows[i]))
        start = 0
        while start < len(order):
            stop = start + 1
            while stop < len(order) and (stop - start + 1) * len(windows[order[stop]]) <= most:
                stop += 1
            chosen = order[start:stop]
            yield Batch([windows[i] for i in chosen], np.array([owner[i] for i in chosen], dtype=np.int64))
            start = stop

    def vectors(self, windows: Sequence[list[int]]) -> NDArray[np.float32]:
        """Return the vectors of windows, shape (windows, numbers), each of length one."""
        longest = max(len(window) for window in windows)
        ids = np.zeros((len(windows), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors, dtype=np.float32)


def window_spans(tokens: int, window: int, most: int) -> list[slice]:
    """Return the span of each of at most so many windows: the beginning alone, or evenly from first token to last.

    Windows are only as long as a small overlap needs: shared tokens are read twice, and shorter windows tell more.
    """
    if tokens <= window or most == 1:
        return [slice(0, window)]
    count = min(most, -(-(tokens - _OVERLAP) // (window - _OVERLAP)))
    length = min(window, -(-(tokens + (count - 1) * _OVERLAP) // count))
    starts = [round(i * (tokens - length) / (count - 1)) for i in range(count)]
    return [slice(start, start + length) for start in starts]
