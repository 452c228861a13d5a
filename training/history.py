"""History: resolved incidents as the classifiers see them, with shortened copies of some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.retrieval.incident_index import IncidentIndex, Neighbours
from models.encoder import Encoder, Vectors
from models.features import Features, TextFeatures
from models.short_text import first_words, terse
from models.votes import NEIGHBOURS

# texts whose neighbours are found at a time: bounds memory
_BATCH = 2000
# share of terse texts, filled up with shortened copies: more copies take weight from whole texts;
# chosen by hand; docs/experiments/009
_TERSE_SHARE = 0.15

Report = Callable[[str, float], None]
Seen = Callable[[Sequence[str]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class History:
    """Texts of resolved incidents, each with its slot of the index, features, and those who vote on it without itself.

    Those that are `shortened` are copies cut to a few words, after all others. `seen` marks texts that the encoder was
    tuned on: they can be learnt from but are never held out. All of shape (texts,).
    """

    index: IncidentIndex
    slots: NDArray[np.int64]
    features: Features
    voters: tuple[Neighbours, ...]
    seen: NDArray[np.bool_]
    shortened: NDArray[np.bool_]

    def voters_among(self, slots: NDArray[np.bool_], rows: NDArray[np.int64]) -> tuple[Neighbours, ...]:
        """Those who vote on some rows if only some slots do; where all do, on all rows."""
        if slots.all():
            return self.voters
        found = self.index.voters(self.features.meaning[rows], NEIGHBOURS, besides=self.slots[rows], among=slots)
        return tuple(near.spread(rows, len(self.slots)) for near in found)


def read_history(
    index: IncidentIndex,
    encoder: Encoder,
    *,
    among: NDArray[np.bool_] | None = None,
    seen: Seen,
    report: Report = lambda *_: None,
) -> tuple[TextFeatures, History]:
    """What is in the index, or in those of its slots that are `among` the given, of shape (slots,).

    Where fewer than 15 % of the texts are terse, copies cut to 3 to 8 words fill that up, so that a note of five words
    is answered as its text allows, and with a confidence that holds for such notes. Raises NoWordsError.
    """
    chosen = np.arange(index.slots) if among is None else np.flatnonzero(among)
    found = [(slot, incident) for slot in chosen.tolist() if (incident := index.incident(slot)) is not None]
    slots = np.array([slot for slot, _ in found], dtype=np.int64)
    texts = [incident.text for _, incident in found]
    circumstances = [incident.circumstances for _, incident in found]
    report("reading texts", 0.0)
    text_features = TextFeatures.fit(texts, frozen=encoder.frozen)
    was_seen = seen(texts)
    to_shorten = _to_shorten(texts)
    random = np.random.default_rng(0)
    copies = [first_words(texts[row], random) for row in to_shorten]
    slots = np.concatenate([slots, slots[to_shorten]])
    vectors = np.concatenate([index.vectors()[slots[: len(texts)]], encoder.encode(copies)])
    history = History(
        index,
        slots,
        text_features.transform(
            [*texts, *copies], vectors, [*circumstances, *(circumstances[row] for row in to_shorten)]
        ),
        _voters(index, slots, vectors, report),
        np.concatenate([was_seen, was_seen[to_shorten]]),
        np.arange(len(slots)) >= len(texts),
    )
    return text_features, history


def _to_shorten(texts: Sequence[str]) -> NDArray[np.int64]:
    """Rows of the texts to make shortened copies of."""
    long = np.flatnonzero(~terse(texts))
    wanted = round(_TERSE_SHARE * len(texts)) - (len(texts) - len(long))
    return np.sort(np.random.default_rng(0).permutation(long)[: max(wanted, 0)])


def _voters(index: IncidentIndex, slots: NDArray[np.int64], vectors: Vectors, report: Report) -> tuple[Neighbours, ...]:
    found = list[tuple[Neighbours, ...]]()
    for start in range(0, len(slots), _BATCH):
        report("finding neighbours", start / len(slots))
        rows = slice(start, start + _BATCH)
        found.append(index.voters(vectors[rows], NEIGHBOURS, besides=slots[rows]))
    return tuple(Neighbours.joined(parts) for parts in zip(*found, strict=True))
