"""What counts at once: corrections, refusals, new values, and a scheme that changes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.composition import Services, open_services
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from kb.storage.incident_store import IncidentStore
from models.recency_models import RecencyModels
from tests.conftest import printers_and_vpn
from training.fit import fit_model
from triage.assistant import Assistant, AssistantSettings, Policy
from triage.corrections import teach, withdraw
from triage.model import FixedModel

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BADGES = [
    "badge does not open the garage gate",
    "the gate of the garage stays shut with my badge",
    "garage entrance refuses the badge",
    "badge reader at the garage blinks red",
    "cannot drive into the garage, badge not accepted",
    "garage gate ignores my access badge",
    "my badge is rejected at the parking garage",
]


@pytest.fixture
def services(sample_copy: Path) -> Iterator[Services]:
    with open_services(sample_copy) as found:
        yield found


def decide(
    services: Services, text: str, *, suggested: str | None = None, chosen: str | None, field: str = "category"
) -> None:
    ticket = Incident("", text)
    teach(services.store, Feedback(field, chosen, NOW, ticket={"description": text}, suggested=suggested), ticket)


def category(services: Services, text: str) -> str | None:
    return services.assistant.suggest(Incident("", text)).fields["category"].value


def test_a_new_value_is_right_from_a_few_corrections_on_and_disturbs_nothing_else(services: Services) -> None:
    others = ["printer on floor 2 prints nothing", "vpn drops at home", "mailbox is full", "password expired"]
    before = [category(services, text) for text in others]
    for text in BADGES[:5]:
        decide(services, text, suggested="Access", chosen="Parking")
    assert [category(services, text) for text in BADGES[5:]] == ["Parking", "Parking"]
    assert [category(services, text) for text in others] == before


def test_a_refused_value_is_not_suggested_again_for_such_tickets(services: Services) -> None:
    text = "printer on floor 2 prints nothing, jobs stuck in the queue"
    assert category(services, text) == "Printing"
    decide(services, text, suggested="Printing", chosen=None)
    found = services.assistant.suggest(Incident("", text)).fields["category"]
    assert "Printing" not in [found.value, *(entry.value for entry in found.alternatives)]
    assert category(services, "toner is low on the printer in the lobby") == "Printing"
    services.models.put(replace(fit_model(services.memory, fields=["category"]), version="later"))
    assert category(services, text) != "Printing"
    decide(services, text, suggested=None, chosen="Printing")
    assert category(services, text) == "Printing"


def test_what_is_not_similar_and_no_help_is_not_shown_again(services: Services) -> None:
    text = "printer on floor 2 prints nothing, jobs stuck in the queue"
    found = services.assistant.suggest(Incident("", text))
    incident, article = found.similar_incidents[0].incident.number, found.articles[0].article.id
    decide(services, text, field="similar_incidents", suggested=incident, chosen=None)
    decide(services, text, field="articles", suggested=article, chosen=None)
    again = services.assistant.suggest(Incident("", text))
    assert incident not in [hit.incident.number for hit in again.similar_incidents]
    assert article not in [hit.article.id for hit in again.articles]
    assert again.similar_incidents


def test_a_correction_outlives_a_later_import_and_an_acceptance_does_not(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "vpn drops", category="Mail"), Incident("2", "disk full", category="Mail")])
    teach(store, Feedback("category", "VPN", NOW, number="1", suggested="Mail"), None)
    teach(store, Feedback("category", "Mail", NOW, number="2", suggested="Mail"), None)
    teach(store, Feedback("category", "VPN", NOW, number="1", suggested="VPN"), None)
    again = [Incident("1", "vpn drops", category="Mail"), Incident("2", "disk full", category="Storage")]
    assert store.put_incidents(again).updated == 1
    assert [store.incident(number).category for number in ("1", "2")] == ["VPN", "Storage"]


def test_a_correction_weighs_more_than_imported_labels(store: IncidentStore, memory: Memory) -> None:
    wrong = [Incident(f"w{i}", f"lamp over desk {i} flickers", category="Network") for i in range(2)]
    store.put_incidents([*printers_and_vpn(10), *wrong])
    assistant = Assistant(memory, FixedModel(None), Policy())
    ticket = Incident("", "lamp over desk 7 flickers")
    assert assistant.suggest(ticket).fields["category"].value == "Network"
    teach(store, Feedback("category", "Facilities", NOW, number="w0", suggested="Network"), None)
    assert assistant.suggest(ticket).fields["category"].value == "Facilities"


def test_one_reporter_or_one_template_does_not_drown_the_rest(store: IncidentStore, memory: Memory) -> None:
    """Forty wrong labels by one caller, or made from one template, against five by five others."""
    right = [Incident(f"r{i}", f"lift {i} is stuck between floors", category="Lifts", caller=f"c{i}") for i in range(5)]
    flood = [
        *(
            Incident(f"f{i}", f"lift stuck between the floors {i} again", category="Wrong", caller="x")
            for i in range(40)
        ),
        *(
            Incident(f"t{i}", f"ALERT lift controller: cabin stuck between floors, code {i}", category="Wrong")
            for i in range(40)
        ),
    ]
    store.put_incidents([*right, *flood])
    assistant = Assistant(memory, FixedModel(None), Policy())
    found = assistant.suggest(Incident("", "the lift is stuck between two floors")).fields["category"]
    assert found.value == "Lifts"


def test_a_new_scheme_is_learnt_without_training(store: IncidentStore, memory: Memory) -> None:
    """After training, everything gets other labels, as when an organisation renames its categories."""
    random.seed(1)
    kinds = {"printer": "does not print", "vpn": "drops at home", "mailbox": "is full", "badge": "opens no door"}
    old = {"printer": "Hardware", "vpn": "Network", "mailbox": "Software", "badge": "Facilities"}
    new = {"printer": "Output", "vpn": "Connectivity", "mailbox": "Messaging", "badge": "Access"}

    def tickets(labels: dict[str, str], count: int, since: datetime) -> list[Incident]:
        chosen = [random.choice(sorted(kinds)) for _ in range(count)]
        return [
            Incident(
                f"{since:%y}-{i}",
                f"{kind} {kinds[kind]} since {i} o'clock",
                category=labels[kind],
                opened_at=since + timedelta(hours=i),
            )
            for i, kind in enumerate(chosen)
        ]

    store.put_incidents(tickets(old, 120, datetime(2025, 1, 1, tzinfo=UTC)))
    assistant = Assistant(memory, FixedModel(fit_model(memory, fields=["category"])), Policy())
    asked = [Incident("", f"{kind} {said}") for kind, said in kinds.items()]
    assert [answer.fields["category"].value for answer in assistant.classify(asked)] == [old[kind] for kind in kinds]
    store.put_incidents(tickets(new, 160, datetime(2026, 1, 1, tzinfo=UTC)))
    assert [answer.fields["category"].value for answer in assistant.classify(asked)] == [new[kind] for kind in kinds]


def taught(store: IncidentStore, memory: Memory, of_each: int) -> Assistant:
    """An assistant trained on so many incidents about printers and as many about the VPN."""
    store.put_incidents(printers_and_vpn(of_each))
    return Assistant(memory, FixedModel(fit_model(memory, fields=["category"])), Policy())


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The vectors of what the recency models learn, each time that they do."""
    noted = list[np.ndarray]()
    learn = RecencyModels.learn

    def learn_and_note(models: RecencyModels, views: Sequence[np.ndarray], codes: Mapping[str, np.ndarray]) -> None:
        noted.append(views[0])
        learn(models, views, codes)

    monkeypatch.setattr(RecencyModels, "learn", learn_and_note)
    return noted


def test_what_was_learnt_in_training_is_gone_through_once_something_else_arrives(
    store: IncidentStore, memory: Memory, learnt: list[np.ndarray]
) -> None:
    assistant = taught(store, memory, 100)
    asked = [Incident("", "the printer does not print")]
    list(assistant.classify(asked))
    assert learnt == []
    store.put_incidents([Incident("NEW", "vpn drops in the train", category="Network")])
    list(assistant.classify(asked))
    assert [len(vectors) for vectors in learnt] == [200, 1]
    np.testing.assert_array_equal(np.concatenate(learnt), memory.incidents.vectors())
    store.put_incidents([Incident("P1", "printer on floor 1 does not print", category="Printing")])
    list(assistant.classify(asked))
    assert [len(vectors) for vectors in learnt] == [200, 1, 1]


def test_what_was_learnt_in_training_is_gone_through_in_parts_while_nobody_waits(
    store: IncidentStore, memory: Memory, learnt: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = list[float]()
    monkeypatch.setattr("triage.assistant.sleep", pauses.append)
    monkeypatch.setattr("triage.assistant._SETTINGS", AssistantSettings(steps=2, effort_a_step=40))
    assistant = taught(store, memory, 100)
    for _ in range(2):
        assistant.catch_up()
    assert [len(vectors) for vectors in learnt] == [40, 40, 40, 40]
    assert len(pauses) == 2
    store.put_incidents([Incident("NEW", "vpn drops in the train", category="Network")])
    assistant.catch_up()
    assert memory.revision == store.revision()
    assert [len(vectors) for vectors in learnt] == [40, 40, 40, 40, 40, 1]
    np.testing.assert_array_equal(np.concatenate(learnt), memory.incidents.vectors())
    assistant.catch_up()
    assert len(learnt) == 6
    assert len(pauses) == 3
    Assistant(memory, FixedModel(None), Policy()).catch_up()


def test_much_that_arrives_at_once_holds_up_no_suggestion_and_is_learnt_between_them(
    store: IncidentStore, memory: Memory, learnt: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.assistant.sleep", lambda _: None)
    monkeypatch.setattr("triage.assistant._SETTINGS", AssistantSettings(effort_a_step=80))
    assistant = taught(store, memory, 50)
    asked = Incident("", "badge opens no door")
    monkeypatch.setattr("triage.assistant._SETTINGS", AssistantSettings(steps=0, effort_a_step=80))
    assistant.catch_up()
    monkeypatch.setattr("triage.assistant._SETTINGS", AssistantSettings(steps=8, effort_a_step=80))
    assistant.suggest(asked)
    doors = [Incident(f"D{i}", f"badge opens no door on floor {i}", category="Access") for i in range(60)]
    store.put_incidents(doors)
    assert assistant.suggest(asked).fields["category"].value == "Access"  # as a new value, at once
    assert [len(vectors) for vectors in learnt] == [80]
    assert assistant.suggest(asked).fields["category"].value == "Access"
    assert [len(vectors) for vectors in learnt] == [80, 20, 15]
    for _ in range(2):
        assistant.catch_up()
    assert sum(len(vectors) for vectors in learnt) == 160
    np.testing.assert_array_equal(np.concatenate(learnt), memory.incidents.vectors())
    list(assistant.classify([asked]))
    assert sum(len(vectors) for vectors in learnt) == 160


def test_where_nobody_catches_up_a_suggestion_goes_through_everything_itself(
    store: IncidentStore, memory: Memory, learnt: list[np.ndarray]
) -> None:
    assistant = taught(store, memory, 50)
    store.put_incidents([Incident(f"D{i}", f"badge opens no door on floor {i}", category="Access") for i in range(60)])
    assistant.suggest(Incident("", "badge opens no door"))
    np.testing.assert_array_equal(np.concatenate(learnt), memory.incidents.vectors())


def test_no_more_past_incidents_wait_than_are_remembered(
    store: IncidentStore, memory: Memory, learnt: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.adaptation_runner.WINDOW", 30)
    assistant = taught(store, memory, 25)
    asked = [Incident("", "the printer does not print")]
    list(assistant.classify(asked))
    changed = [replace(incident, category="Other") for incident in printers_and_vpn(10)]
    store.put_incidents(changed)
    list(assistant.classify(asked))
    store.put_incidents([Incident("NEW", "vpn drops in the train", category="Network")])
    list(assistant.classify(asked))
    assert [len(vectors) for vectors in learnt] == [30, 1]


def test_what_is_withdrawn_is_forgotten_by_what_learns_from_arrivals(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents(printers_and_vpn(40))
    memory.refresh()
    model = fit_model(memory, fields=["category"])
    tickets = [Incident("", f"lamp over desk {place} flickers") for place in range(70)]

    def answers(assistant: Assistant) -> list[tuple[str | None, float]]:
        found = [answer.fields["category"] for answer in assistant.classify([*tickets[:3], printers_and_vpn(1)[0]])]
        return [(field.value, field.confidence) for field in found]

    assistant = Assistant(memory, FixedModel(model), Policy())
    before = answers(assistant)
    keys = [
        teach(store, Feedback("category", "Lamps", NOW, ticket={"description": ticket.text}), ticket)[0]
        for ticket in tickets
    ]
    assert answers(assistant)[0][0] == "Lamps"
    withdraw(store, keys, by=None, at=NOW)
    assert answers(assistant) == answers(Assistant(Memory(store), FixedModel(model), Policy())) == before
