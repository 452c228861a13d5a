"""Tuning data: what an encoder can learn from the organisation's own incidents and article links."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from kb.records.article import BEGINNING, Article, has_words, passages
from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from models.classifier import LEAST_EXAMPLES
from models.encoder import text_keys
from training.fit import NotEnoughHistoryError, what_is_lacking
from training.scheme import scheme_of
from training.weights import LEAST_LINKS

_KEYS = 2**64


@dataclass(frozen=True, slots=True)
class TuningDataSettings:
    """How much the encoder is tuned on, and how much is held out."""

    # fewest labelled texts: with fewer tuning is refused; chosen by hand
    least_texts: int = 200
    # nearest passages of a linked article: further ones are often about other things; chosen by hand
    passages_a_link: int = 2
    # texts to judge the tuned encoder by, within the two shares below; chosen by hand
    wanted_held_out: int = 2500
    # smallest and largest share held out: more of a small history, so that a gain can be seen
    held_out_shares: tuple[float, float] = (0.15, 0.25)


_SETTINGS = TuningDataSettings()


@dataclass(frozen=True, slots=True)
class Link:
    """A ticket's text and the article that solved it: its title, its passages nearest to the text, and its beginning.

    The title is empty where it says nothing, the beginning where there is only a title.
    """

    text: str
    article: str
    title: str
    passages: tuple[str, ...]
    beginning: str


@dataclass(frozen=True, slots=True)
class TuningData:
    """Texts with the codes of their labels, int64 of shape (fields, texts), -1 for none; and links to articles.

    `sizes` holds the number of values of each field. The incidents in `held_out` took no part, so that they can judge
    the result.
    """

    texts: tuple[str, ...]
    fields: tuple[str, ...]
    codes: NDArray[np.int64]
    sizes: tuple[int, ...]
    links: tuple[Link, ...]
    held_out: NDArray[np.uint64]

    @property
    def by_links(self) -> bool:
        """Return whether tuning learns from links more than from labelled texts."""
        return len(self.links) > len(self.texts)

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of everything that is learnt from."""
        digest = hashlib.sha256(self.codes.tobytes())
        parts = [self.texts, self.fields, [astuple(link) for link in self.links]]
        digest.update(json.dumps(parts, ensure_ascii=True).encode())
        return digest.hexdigest()

    @property
    def seen(self) -> NDArray[np.uint64]:
        """Return the keys of every text that is learnt from, sorted."""
        return np.unique(text_keys([*self.texts, *(link.text for link in self.links)]))


def gather(memory: Memory, fields: Sequence[str]) -> TuningData:
    """Return the history without its held-out part; raises NotEnoughHistoryError where that is too little.

    Three texts in twenty are held out, up to every fourth of a small history; their SHA-256 decides which, so that
    every run and every copy of a text falls on the same side. Where a field has a new scheme, only values of the
    present one are learnt from.
    """
    memory.refresh()
    index = memory.incidents
    history = [(slot, incident) for slot in range(index.slots) if (incident := index.incident(slot)) is not None]
    keys = text_keys([incident.text for _, incident in history])
    least, most = _SETTINGS.held_out_shares
    share = min(max(_SETTINGS.wanted_held_out / max(len(keys), 1), least), most)
    out = keys.astype(np.float64) / _KEYS < share
    slots = np.array([slot for slot, _ in history], dtype=np.int64)
    learnt = [name for name in fields if what_is_lacking(index, name) is None]
    codes = np.full((len(learnt), len(slots)), -1, dtype=np.int64)
    sizes = list[int]()
    for row, name in enumerate(learnt):
        column, scheme = index.labels(name), scheme_of(index, name)
        values, places = column.common(LEAST_EXAMPLES, among=scheme.slots)
        codes[row] = np.where(scheme.slots, places[column.codes()], -1)[slots]
        sizes.append(len(values))
    kept = np.flatnonzero(~out & (codes >= 0).any(axis=0))
    links = _links(memory, [entry for entry, held in zip(history, out, strict=True) if not held])
    if len(kept) < _SETTINGS.least_texts and len(links) < LEAST_LINKS:
        raise NotEnoughHistoryError(
            f"nothing to tune the encoder on: {len(kept)} resolved incidents have a value that occurs often enough, "
            f"{_SETTINGS.least_texts} are needed, or {LEAST_LINKS} links to articles ({len(links)} are there)"
        )
    return TuningData(
        texts=tuple(history[row][1].text for row in kept),
        fields=tuple(learnt),
        codes=codes[:, kept],
        sizes=tuple(sizes),
        links=links,
        held_out=np.unique(keys[out]),
    )


def _links(memory: Memory, history: Sequence[tuple[int, Incident]]) -> tuple[Link, ...]:
    index = memory.articles
    vectors = memory.incidents.vectors()
    beginnings = dict[str, str]()
    found = []
    for slot, incident in history:
        for name in incident.articles:
            article = index.linked(name)
            if article is not None and incident.text:
                nearest = index.nearest_passages(article.id, vectors[slot], limit=_SETTINGS.passages_a_link)
                title = article.title if has_words(article.title) else ""
                if article.id not in beginnings:
                    beginnings[article.id] = _beginning(article)
                passages = tuple(part.text for part in nearest)
                found.append(Link(incident.text, article.id, title, passages, beginnings[article.id]))
    return tuple(found)


def _beginning(article: Article) -> str:
    """Return the beginning of an article as the index has it, empty where there is only a title."""
    return next((part.text for part in passages(article) if part.section == BEGINNING), "")
