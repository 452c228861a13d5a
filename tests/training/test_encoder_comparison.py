"""Two encoders are compared by the incidents that both held out, whatever each of them held out besides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kb.retrieval.memory import Memory
from kb.retrieval.weights import Weights
from kb.storage.incident_store import IncidentStore
from tests.conftest import printers_and_vpn
from training.encoder_comparison import LINKED_ARTICLE, compare
from training.learn import fit_all
from training.weights import LearntWeights


def test_encoders_are_compared_by_what_both_held_out(store: IncidentStore, memory: Memory) -> None:
    history = printers_and_vpn(60)
    store.put_incidents(history)
    one = fit_all(memory, fields=["category"])
    store.put_incidents([replace(incident, number=f"NEW{incident.number}") for incident in history[:10]])
    other = fit_all(memory, fields=["category"])
    (found,) = compare(one, other)
    assert found.examples == 120 == len(one.held_out["category"])
    assert len(other.held_out["category"]) == 130
    assert one.model is not None
    right = one.model.fields["category"].classifier.held_out.top_guesses.right
    assert found.serving == round(float(right.mean()), 4)


def test_nothing_in_common_is_no_comparison_and_links_are_paired_by_their_incidents(
    store: IncidentStore, memory: Memory
) -> None:
    store.put_incidents(printers_and_vpn(60))
    learnt = fit_all(memory, fields=["category"])
    elsewhere = replace(learnt, held_out={"category": tuple(f"X{number}" for number in learnt.held_out["category"])})
    assert compare(learnt, elsewhere) == ()
    one = LearntWeights(Weights(), np.array([0, 5, 0]), ("INC1", "INC2", "INC3"))
    other = LearntWeights(Weights(), np.array([0, 0]), ("INC3", "INC2"))
    _, links = compare(replace(learnt, weights=one), replace(learnt, weights=other))
    assert (links.name, links.examples) == (LINKED_ARTICLE, 2)
    assert (links.only_serving, links.only_candidate) == (0, 1)
