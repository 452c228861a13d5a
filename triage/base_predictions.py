"""Base predictions: distributions by a model and by neighbours, before online adaptation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kb.records.incident import Incident
from kb.retrieval.incident_index import IncidentIndex, Neighbours
from models.encoder import Vectors
from models.features import Features
from models.votes import NEIGHBOURS
from triage.distributions import Distribution, from_classifier, from_neighbours
from triage.model import DEFAULT_FIELDS, TriageModel

Voters: TypeAlias = Mapping[str | None, tuple[Neighbours, ...]]
"""Voting incidents by field that has a new scheme; `None` is the key of all other fields."""


def features_of(model: TriageModel, tickets: Sequence[Incident], vectors: Vectors) -> Features:
    """Return the features of tickets, given their vectors (tickets, dimension)."""
    return model.features.transform(
        [ticket.text for ticket in tickets], vectors, [ticket.circumstances for ticket in tickets]
    )


def voting_slots(index: IncidentIndex, model: TriageModel | None) -> dict[str | None, NDArray[np.bool_] | None]:
    """Return the slots that vote on each field with a new scheme, and on all others; `None` for every slot."""
    fields = model.fields if model else {}
    drawn_up_anew = [(name, entry.since) for name, entry in fields.items() if entry.since is not None]
    return {None: None, **{name: index.counting(name, since) for name, since in drawn_up_anew}}


def voters_on(
    index: IncidentIndex, vectors: Vectors, model: TriageModel | None, *, besides: NDArray[np.int64] | None = None
) -> Voters:
    """Return the incidents that vote on texts; `besides` is the slot of each text that is in the index."""
    return {
        name: index.voters(vectors, NEIGHBOURS, besides=besides, among=among)
        for name, among in voting_slots(index, model).items()
    }


def voters_among(index: IncidentIndex, readings: Sequence[Vectors], model: TriageModel | None) -> Voters:
    """Return the incidents that vote on texts, given their `IncidentIndex.readings`."""
    return {
        name: index.nearest(readings, NEIGHBOURS, among=among) for name, among in voting_slots(index, model).items()
    }


def base_predictions(
    index: IncidentIndex, features: Features | None, voters: Voters, model: TriageModel | None
) -> dict[str, Distribution]:
    """Return each field's distribution by classifier and votes, or by votes alone without a model."""
    if model is None or features is None:
        names = [name for name in DEFAULT_FIELDS if index.labels(name).values]
        found = {name: from_neighbours(index.weighed(voters[None][0], name), index.labels(name)) for name in names}
    else:
        found = {
            name: from_classifier(
                entry.classifier,
                features,
                [index.weighed(found, name) for found in voters.get(name, voters[None])],
                index.labels(name),
                rare_trust=entry.rare_trust,
            )
            for name, entry in model.fields.items()
        }
    if index.changes:
        found = {name: entry.called_today(name, index.changes) for name, entry in found.items()}
    return found
