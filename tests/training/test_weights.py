from __future__ import annotations

from pathlib import Path

import numpy as np

from app.composition import open_services
from kb.records.article import Article
from kb.records.incident import Incident
from kb.records.record_kind import RecordKind
from kb.retrieval.memory import Memory
from kb.retrieval.weights import WeightRegistry, Weights
from kb.storage.folder_identity import FolderIdentity
from kb.storage.incident_store import IncidentStore
from tests.conftest import triage
from training.weights import LEAST_LINKS, learn_weights

CAUSES = ("proxy", "certificate", "licence", "spooler", "badge", "quota")
SYMPTOMS = ("glimmer", "stutter", "hum", "wobble", "blink", "drag")


def solved(count: int) -> tuple[list[Article], list[Incident]]:
    """Made up: what callers say stands in articles that never helped, only past links lead to those that did."""
    articles = [
        *(Article(f"K{i}", f"About the {cause}", resolution=f"Renew the {cause}.") for i, cause in enumerate(CAUSES)),
        *(Article(f"D{i}", f"There is a {word} on a device", issue="It is.") for i, word in enumerate(SYMPTOMS)),
    ]
    incidents = [
        Incident(f"{i}", f"there is a {SYMPTOMS[i % 6]} on device {i}", articles=(f"K{i % 6}",)) for i in range(count)
    ]
    return articles, incidents


def test_links_that_lead_to_the_article_are_weighed_up(store: IncidentStore, memory: Memory) -> None:
    articles, incidents = solved(LEAST_LINKS + 22)
    store.articles.put(articles)
    store.put_incidents(incidents)
    found = learn_weights(memory)
    assert found is not None
    assert found.weights.links > Weights().links
    assert len(found.ranks) == LEAST_LINKS + 22
    assert found.found_within(1) > 0.9


def test_what_the_encoder_has_seen_does_not_judge_and_few_links_teach_nothing(
    store: IncidentStore, memory: Memory
) -> None:
    articles, incidents = solved(LEAST_LINKS + 22)
    store.articles.put(articles)
    store.put_incidents(incidents)
    assert learn_weights(memory, seen=lambda texts: np.arange(len(texts)) >= LEAST_LINKS - 1) is None
    judged = learn_weights(memory, seen=lambda texts: np.arange(len(texts)) >= LEAST_LINKS)
    assert judged is not None
    assert len(judged.ranks) == LEAST_LINKS


def test_links_of_incidents_that_only_look_alike_are_weighed_down(store: IncidentStore, memory: Memory) -> None:
    cases = [f"the {thing} in the {place} shows a light" for thing in SYMPTOMS for place in CAUSES + SYMPTOMS]
    store.articles.put([Article(f"K{i}", case, resolution="Replace it.") for i, case in enumerate(cases)])
    store.put_incidents([Incident(f"{i}", f"hello, {case}", articles=(f"K{i}",)) for i, case in enumerate(cases)])
    found = learn_weights(memory)
    assert found is not None
    assert found.weights.links == 0
    assert found.found_within(1) > 0.9


def test_learnt_weights_serve_at_once_with_their_encoder_only(tmp_path: Path, identity: FolderIdentity) -> None:
    shelf = WeightRegistry(tmp_path, encoder="a", identity=identity)
    assert shelf.serving() == Weights()
    WeightRegistry(tmp_path, encoder="a", identity=identity).put(Weights(0.9, 0.3))
    assert shelf.serving() == Weights(0.9, 0.3)
    assert WeightRegistry(tmp_path, encoder="b", identity=identity).serving() == Weights()


def test_training_learns_from_links_alone_and_says_so(tmp_path: Path) -> None:
    articles, incidents = solved(LEAST_LINKS + 22)
    with open_services(tmp_path) as services:
        services.store.articles.put(articles)
        services.store.put_incidents(incidents)
    done = triage("--home", str(tmp_path), "train", "--json")
    assert '"judged": 72' in done.stdout
    assert "no field was trained: cannot learn" in done.stderr
    assert "72 of 72 incidents came without the history" in done.stderr
    with open_services(tmp_path) as services:
        assert services.memory.search("there is a hum", kind=RecordKind.ARTICLES, limit=1)[0].article.id == "K2"
