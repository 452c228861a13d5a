from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from kb.records.incident import Incident
from kb.retrieval.links import Links, day_of
from kb.retrieval.memory import Memory
from kb.storage.incident_store import IncidentStore
from models.conditional_logit import Choice, ConditionalLogit, Features
from training.link_model import LEAST_LINKS, learn_solving

SYMPTOMS = ("glimmer", "stutter", "hum", "wobble", "blink", "drag", "rattle", "freeze")
DEVICES = ("printer", "scanner", "badge reader", "desk phone", "projector")
START = datetime(2026, 1, 5, tzinfo=UTC)


def test_what_was_chosen_is_learnt() -> None:
    chance = np.random.default_rng(0)
    sets = [chance.normal(size=(5, 3)) for _ in range(300)]
    choices = [Choice(features, np.arange(5) == (2 * features[:, 1] - features[:, 2]).argmax()) for features in sets]
    model = ConditionalLogit.fit(choices)
    assert model.weights[1] > -model.weights[2] > 10 * abs(model.weights[0])
    found = [model.probabilities(choice.features) for choice in choices]
    assert all(shares.sum() == pytest.approx(1.0) for shares in found)
    right = [choice.chosen[shares.argmax()] for choice, shares in zip(choices, found, strict=True)]
    assert np.mean(right) > 0.95


def test_no_choice_cannot_be_learnt() -> None:
    with pytest.raises(ValueError, match="nothing was chosen"):
        ConditionalLogit.fit([Choice(np.zeros((2, 1)), np.zeros(2, dtype=bool))])


def test_a_link_counts_at_once_and_is_taken_back_at_once() -> None:
    links = Links()
    links.put(0, ("K1", "K2"), 20_000.0)
    links.put(2, ("K1",), None)
    near = np.array([0.9, 0.0, 0.4], dtype=np.float32)
    votes = links.table().votes(near)
    assert votes["K1"] == pytest.approx(0.9)
    assert 0.8 < votes["K2"] < 0.9
    assert links.uses() == {"K1": 2, "K2": 1}
    links.put(0, (), None)
    assert links.table().votes(near) == {"K1": pytest.approx(0.4)}
    assert +links.uses() == {"K1": 1}


def test_the_covariance_is_found_once_and_serves_until_links_have_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = list[int]()

    def counted(vectors: Features) -> Features:
        found.append(len(vectors))
        return np.eye(vectors.shape[1])

    monkeypatch.setattr("kb.retrieval.links._precision", counted)
    links, vectors = Links(), np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    for slot in range(40):
        links.put(slot, (f"K{slot % 5}",), 20_000.0)
    links.table()
    for slot in (40, 41, 42, 43):
        links.put(slot, ("K1",), 20_000.0)
        links.table().discriminants(vectors)
    assert found == [41, 44]


def solved(count: int, *, changed_at: float) -> list[Incident]:
    """Made up: what solves a symptom changes one day, while people go on saying the same."""
    chance = np.random.default_rng(1)
    return [
        Incident(
            f"{n}",
            f"the {chance.choice(DEVICES)} shows a {(symptom := chance.choice(SYMPTOMS))} since {n} minutes",
            opened_at=START + timedelta(hours=8 * n),
            articles=(f"{'old' if n < changed_at * count else 'new'}-{symptom}-guide",),
        )
        for n in range(count)
    ]


def test_what_solves_it_lately_is_learnt_from_the_order_of_links(store: IncidentStore, memory: Memory) -> None:
    history = solved(LEAST_LINKS + 100, changed_at=0.55)
    store.put_incidents(history)
    memory.refresh()
    model = learn_solving(memory)
    assert model is not None
    asked = memory.compare(memory.query("the projector shows a hum"), at=history[-1].opened_at)
    learnt, voted = memory.solved_by(asked, model), memory.solved_by(asked, None)
    assert max(learnt, key=lambda name: learnt[name]) == "new-hum-guide"
    assert learnt["new-hum-guide"] - learnt.get("old-hum-guide", 0.0) > voted["new-hum-guide"] - voted["old-hum-guide"]
    assert all(0 <= share <= 1 for share in learnt.values())


def test_few_links_teach_nothing(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents(solved(LEAST_LINKS - 1, changed_at=0.5))
    memory.refresh()
    assert learn_solving(memory) is None


def test_links_without_a_reason_teach_nothing(store: IncidentStore, memory: Memory) -> None:
    chance = np.random.default_rng(2)
    incidents = [
        Incident(f"R{n}", f"case {n} of a {chance.choice(SYMPTOMS)}", articles=(f"K{chance.integers(50)}",))
        for n in range(LEAST_LINKS + 60)
    ]
    store.put_incidents(incidents)
    memory.refresh()
    assert learn_solving(memory) is None


def test_evidence_says_how_far_an_article_fits(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents(solved(60, changed_at=0.5))
    memory.refresh()
    at = START + timedelta(days=30)
    asked = memory.compare(memory.query("a scanner that shows a wobble"), at=at)
    assert asked.day == day_of(at)
    found = memory.incidents.links.table().evidence(asked, memory.incidents.vectors())
    assert found.features.shape == (len(found.names), 10)
    assert np.isfinite(found.features).all()
    place = found.names.index("new-wobble-guide")
    similarity = max(
        float(asked.similarities[slot])
        for slot, names in memory.incidents.links.by_slot().items()
        if "new-wobble-guide" in names
    )
    assert found.closest[place] == pytest.approx(similarity)
    assert found.features[place, 8] == pytest.approx(1 / 3)
