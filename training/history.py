"""History: resolved incidents as training examples, with shortened copies of some."""

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
from training.near_duplicates import Groups, group_near_duplicates

# texts whose neighbours are found at a time: bounds memory
_BATCH = 2000
# texts that are compared with every slot at a time: bounds memory
_BLOCK = 128
# share of terse texts, filled up with shortened copies: more copies take weight from whole texts;
# chosen by hand; experiment 009
_TERSE_SHARE = 0.15

Report = Callable[[str, float], None]
Seen = Callable[[Sequence[str]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class History:
    """Texts of resolved incidents, each with its slot in the index, its features, and its voters without itself.

    Those that are `shortened` are copies cut to a few words, after all others. `seen` marks texts that the encoder was
    tuned on: they can be learnt from but are never held out. Texts of one of the `groups` are near-duplicates, and
    `apart` are the voters on each without them. All of shape (texts,).
    """

    index: IncidentIndex
    slots: NDArray[np.int64]
    features: Features
    voters: tuple[Neighbours, ...]
    apart: tuple[Neighbours, ...]
    groups: Groups
    seen: NDArray[np.bool_]
    shortened: NDArray[np.bool_]

    def voters_among(
        self, slots: NDArray[np.bool_], rows: NDArray[np.int64], together: NDArray[np.bool_]
    ) -> tuple[Neighbours, ...]:
        """Return the voters on some rows if only some slots vote, shape (texts,); other rows need none.

        `together` says for which of the rows near-duplicates do not vote.
        """
        vectors, own, kin = self.features.meaning[rows], self.slots[rows], self.groups[rows]
        changed = np.flatnonzero(together)
        if slots.all():
            near, apart = (tuple(one.of(rows) for one in found) for found in (self.voters, self.apart))
        else:
            near = self.index.voters(vectors, NEIGHBOURS, besides=own, among=slots)
            apart = _apart(self.index, vectors, kin, _by_slot(self.index, self.slots, self.groups), near, among=slots)
        return tuple(
            one.replaced(changed, other.of(changed)).spread(rows, len(self.slots))
            for one, other in zip(near, apart, strict=True)
        )


def read_history(
    index: IncidentIndex,
    encoder: Encoder,
    *,
    among: NDArray[np.bool_] | None = None,
    seen: Seen,
    report: Report = lambda *_: None,
) -> tuple[TextFeatures, History]:
    """Return the history in the index, or in those of its slots that are `among` the given, of shape (slots,).

    Where fewer than 15 % of the texts are terse, copies cut to 3 to 8 words fill that up, so that short notes get the
    best possible answers and a confidence that holds for them. Raises NoWordsError.
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
    voters = _voters(index, slots, vectors, report)
    groups = _groups(index, slots[: len(texts)], texts, voters[0])
    groups = np.concatenate([groups, groups[to_shorten]])
    history = History(
        index,
        slots,
        text_features.transform(
            [*texts, *copies], vectors, [*circumstances, *(circumstances[row] for row in to_shorten)]
        ),
        voters,
        _apart(index, vectors, groups, _by_slot(index, slots, groups), voters),
        groups,
        np.concatenate([was_seen, was_seen[to_shorten]]),
        np.arange(len(slots)) >= len(texts),
    )
    return text_features, history


def _to_shorten(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the rows of the texts to make shortened copies of."""
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


def _groups(index: IncidentIndex, slots: NDArray[np.int64], texts: Sequence[str], near: Neighbours) -> Groups:
    rows = _by_slot(index, slots, np.arange(len(slots)))
    whole = near.of(np.arange(len(texts)))
    return group_near_duplicates(texts, whole.similarities, rows[whole.slots])


def _by_slot(index: IncidentIndex, slots: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the text in each slot, -1 for none, and one more -1 at the end for missing neighbours."""
    found = np.full(index.slots + 1, -1)
    found[slots] = numbers
    return found


def _apart(
    index: IncidentIndex,
    vectors: Vectors,
    groups: Groups,
    group_of_slot: Groups,
    voters: tuple[Neighbours, ...],
    *,
    among: NDArray[np.bool_] | None = None,
) -> tuple[Neighbours, ...]:
    """Return the voters on texts without near-duplicates; the `voters` for texts that have none."""
    members = np.bincount(group_of_slot[group_of_slot >= 0])
    repeated = np.flatnonzero(members[groups] > 1)
    if not len(repeated):
        return voters
    found = voters_apart(index, vectors[repeated], groups[repeated], group_of_slot, among=among)
    return tuple(before.replaced(repeated, near) for before, near in zip(voters, found, strict=True))


def voters_apart(
    index: IncidentIndex,
    vectors: Vectors,
    groups: NDArray[np.integer],
    group_of_slot: NDArray[np.integer],
    *,
    among: NDArray[np.bool_] | None = None,
) -> tuple[Neighbours, ...]:
    """Return the voters on texts of some groups, shape (texts,), without the members of the same group.

    `group_of_slot` has the group of every slot, and one more -1 at its end, for missing neighbours.
    """
    blocks = list[tuple[Neighbours, ...]]()
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        own = groups[rows, None]
        kin = group_of_slot[None, :-1] == own
        readings = [np.where(kin, np.float32(-1.0), reading) for reading in index.readings(vectors[rows])]
        found = index.nearest(readings, NEIGHBOURS, among=among)
        blocks.append(tuple(near.without(group_of_slot[near.slots] == own) for near in found))
    return tuple(Neighbours.joined(parts) for parts in zip(*blocks, strict=True))
