"""Link model: learns which article solves an incident, from past links in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kb.retrieval.links import LinkEvidence, LinkTable, chosen_by
from kb.retrieval.memory import Memory
from kb.retrieval.ranking import Query
from models.conditional_logit import Choice, ConditionalLogit
from training.history import Seen

# ten weights need some hundred choices to be learnt from; chosen by hand
LEAST_LINKS = 300


@dataclass(frozen=True, slots=True)
class LinkModelSettings:
    """How the choice of an article is learnt from past links."""

    # newest links: older ones are about outdated articles and wordings; bounds the time of a training
    most_learnt: int = 3000
    # links that share one table of the links before them: smaller is more exact and slower
    block: int = 25
    # share of links, the newest, that decide whether the model serves; a fifth is usual
    held_out_share: float = 0.2
    # standard errors by which it must beat plain votes
    errors: float = 2.0


_SETTINGS = LinkModelSettings()


def learn_solving(memory: Memory, *, seen: Seen | None = None) -> ConditionalLogit | None:
    """Learn which evidence predicts a link, from the newest links, each with what was known before it.

    `None` where there are fewer than three hundred links, or where it does not find the newest fifth of them better
    than the votes of similar incidents do, by two standard errors of the difference in reciprocal rank. `seen` as for
    `fit_fields`: those texts are not learnt from.
    """
    if len(memory.incidents.links) < LEAST_LINKS:
        return None
    past = list(_as_they_came(memory, seen or memory.store.encoder.has_seen))
    start = round((1 - _SETTINGS.held_out_share) * len(past))
    choices = [Choice(evidence.features, np.isin(evidence.names, names)) for evidence, _, names in past]
    if len(past) < LEAST_LINKS // 3 or not any(choice.chosen.any() for choice in choices[:start]):
        return None
    model = ConditionalLogit.fit(choices[:start])
    gains = np.array(
        [
            _reciprocal_rank(chosen_by(model, evidence), names) - _reciprocal_rank(votes, names)
            for evidence, votes, names in past[start:]
        ]
    )
    if gains.mean() <= _SETTINGS.errors * gains.std() / np.sqrt(len(gains)):
        return None
    return ConditionalLogit.fit(choices)


def _as_they_came(memory: Memory, seen: Seen) -> Iterator[tuple[LinkEvidence, dict[str, float], tuple[str, ...]]]:
    """Yield evidence, votes and linked articles of the newest incidents, each block with the links before it."""
    index = memory.incidents
    days, links = index.links.days(), index.links.by_slot()
    ordered = sorted(links, key=lambda slot: days.get(slot, np.inf))
    first = max(LEAST_LINKS // 2, len(ordered) - _SETTINGS.most_learnt)
    for start in range(first, len(ordered), _SETTINGS.block):
        table = LinkTable({slot: links[slot] for slot in ordered[:start]}, days)
        block = [
            (slot, incident) for slot in ordered[start : start + _SETTINGS.block] if (incident := index.incident(slot))
        ]
        known = seen([incident.text for _, incident in block])
        for (slot, incident), is_known in zip(block, known, strict=True):
            if is_known or not incident.text:
                continue
            asked = memory.compare(Query(incident.searched_text, index.vectors()[slot]), at=incident.opened_at)
            yield table.evidence(asked, index.vectors(), memory.title_of), table.votes(asked.similarities), links[slot]


def _reciprocal_rank(shares: dict[str, float], names: tuple[str, ...]) -> float:
    """Return one over the rank of the first of some articles, 0 where none is there."""
    ranked = sorted(shares, key=lambda name: -shares[name])
    return max((1 / (1 + ranked.index(name)) for name in names if name in shares), default=0.0)
