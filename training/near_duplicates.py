"""Groups of near-duplicates in history: held out together, so that they do not flatter held-out figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kb.retrieval.near_duplicates import Words, alike, word_set
from models.classifier import FOLDS
from models.encoder import Vectors

# cosine from which the words of two texts are compared: near-duplicates differ in a name or two; experiment 020
_NEAR = 0.9

Groups = NDArray[np.int64]


def group_near_duplicates(texts: Sequence[str], similarities: Vectors, rows: NDArray[np.int64]) -> Groups:
    """Return the group of each text, shape (texts,): texts alike in their words, directly or through others.

    Each text is compared with texts of the very same words and with its nearest ones: cosines and rows of shape (texts,
    neighbours), row -1 where there is none. A group of more than a fifth of all texts is a form that the organisation
    fills in, not one recurring ticket: each of its texts is a group of one.
    """
    words = [word_set(text) for text in texts]
    first: dict[Words, int] = {}
    same = ((row, first.setdefault(found, row)) for row, found in enumerate(words) if found)
    near = (
        (row, int(rows[row, place]))
        for row, place in np.argwhere((similarities >= _NEAR) & (rows >= 0)).tolist()
        if alike(words[row], words[rows[row, place]])
    )
    pairs = np.array([*chain(same, near)], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(texts), len(texts)))
    groups = connected_components(graph, directed=False)[1].astype(np.int64)
    return _with_singles(groups, np.bincount(groups)[groups] > len(texts) / FOLDS)


def held_together(groups: Groups, codes: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which examples are held out together with their group, shape (examples,).

    Examples of a value that occurs in fewer groups than there are folds are not: a value that is one recurring alert
    would otherwise be missing from training whenever it is tested.
    """
    pairs = np.unique(np.stack([codes, groups]), axis=1)
    return np.asarray(np.bincount(pairs[0], minlength=int(codes.max(initial=0)) + 1)[codes] >= FOLDS)


def _with_singles(groups: Groups, single: NDArray[np.bool_]) -> Groups:
    return np.where(single, groups.max(initial=0) + 1 + np.arange(len(groups)), groups)
