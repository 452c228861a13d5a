"""Two encoders are compared by the incidents that both held out, whatever each of them held out besides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from kb.retrieval.weights import Weights
from kb.storage.incident_store import IncidentStore
from tests.conftest import printers_and_vpn
from training.encoder_comparison import LINKED_ARTICLE, compare
from training.learn import fit_all
from training.weights import LearntWeights


def unlike(count: int) -> list[Incident]:
    """Return incidents of two categories, no two of which are near-duplicates."""
    kinds = (("Printing", "the printer leaves stripes on"), ("VPN", "the tunnel drops while I work on"))
    words = [chr(97 + place % 26) * 4 + chr(97 + place // 26) * 3 for place in range(count)]
    return [
        Incident(
            f"U{place}", description=f"{kinds[place % 2][1]} {word} since {word[::-1]}", category=kinds[place % 2][0]
        )
        for place, word in enumerate(words)
    ]


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


def test_linked_articles_of_near_duplicates_count_as_one(store: IncidentStore, memory: Memory) -> None:
    alert = "disk usage on host is above the limit of the volume group please extend it soon"
    alerts = [Incident(f"A{i}", description=f"{alert} {i}", category="Storage") for i in range(8)]
    store.put_incidents([*unlike(60), *alerts])
    learnt = fit_all(memory, fields=["category"])
    assert len({learnt.groups[incident.number] for incident in alerts}) == 1
    assert len(set(learnt.groups.values())) == 61
    numbers = tuple(incident.number for incident in alerts)
    one = LearntWeights(Weights(), np.full(8, 5), numbers)
    other = LearntWeights(Weights(), np.zeros(8, dtype=np.int64), numbers)
    *_, links = compare(replace(learnt, weights=one), replace(learnt, weights=other))
    assert (links.only_candidate, links.variance) == (8, 64)
    *_, links = compare(replace(learnt, weights=one, groups={}), replace(learnt, weights=other))
    assert links.variance == 8
