from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.composition import Services, open_services
from app.services.suggesting import open_tickets_to_review
from app.settings import Settings, SettingsError, read_settings
from kb.records.decision import Decision
from kb.records.errors import UnknownRecordError
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.priority_matrix import DEFAULT_MATRIX
from kb.retrieval.label_columns import LabelColumn
from kb.retrieval.memory import Memory
from kb.storage.folder_identity import FolderIdentity
from kb.storage.incident_store import IncidentStore
from models.artefacts import ArtefactError
from tests.conftest import printers_and_vpn
from training.fit import NotEnoughHistoryError, fit_model
from triage.agreement import SeenPairs, reconcile
from triage.assistant import Assistant, Policy
from triage.corrections import teach
from triage.distributions import Distribution
from triage.model import ModelRegistry, TriageModel
from triage.priority import from_matrix, level


@pytest.fixture
def assistant(store: IncidentStore, memory: Memory, tmp_path: Path, identity: FolderIdentity) -> Assistant:
    return Assistant(
        memory, ModelRegistry(tmp_path / "models", encoder=store.encoder.name, identity=identity), Policy()
    )


def test_without_history_nothing_is_suggested(assistant: Assistant) -> None:
    suggestion = assistant.suggest(Incident("", "vpn drops"))
    assert (suggestion.fields, suggestion.articles, suggestion.similar_incidents) == ({}, (), ())
    assert [answer.fields for answer in assistant.classify([Incident("", "vpn drops"), Incident("")])] == [{}, {}]


def test_without_training_the_neighbours_answer_and_nothing_is_automatic(
    assistant: Assistant, store: IncidentStore
) -> None:
    store.put_incidents(printers_and_vpn(4))
    found = assistant.suggest(Incident("", "vpn drops at home")).fields
    assert found["category"].value == "VPN"
    assert found["category"].decision is Decision.SUGGESTED
    assert set(found) == {"category", "assignment_group"}


def test_a_ticket_without_text_is_unsure_about_everything(sample_services: Services) -> None:
    suggestion = sample_services.assistant.suggest(Incident("", " ", "\n"))
    assert suggestion.fields
    assert {field.decision for field in suggestion.fields.values()} == {Decision.UNSURE}
    assert {field.value for field in suggestion.fields.values()} == {None}
    assert (suggestion.articles, suggestion.similar_incidents) == ((), ())


def test_sample_tickets_get_fields_evidence_and_workaround(sample_services: Services) -> None:
    suggestion = sample_services.assistant.suggest(
        Incident("", "", "printer on floor 2 prints nothing, jobs stuck in the queue")
    )
    assert suggestion.fields["category"].value == "Printing"
    assert suggestion.fields["assignment_group"].value == "Print Services"
    assert suggestion.articles[0].article.title == "Print jobs stay in the queue"
    assert suggestion.articles[0].answer is not None
    assert suggestion.similar_incidents[0].incident.resolution


def test_classifying_many_is_suggesting_each(sample_services: Services) -> None:
    tickets = [Incident("", text) for text in ("vpn drops", "mailbox full", "", "scanner offline in hall 2")]
    together = list(sample_services.assistant.classify(tickets))
    for ticket, answer in zip(tickets, together, strict=True):
        alone = sample_services.assistant.suggest(ticket).fields
        for name, field in answer.fields.items():
            assert field.value == alone[name].value
            assert field.confidence == pytest.approx(alone[name].confidence, abs=0.05)


def test_confidences_of_a_field_add_up_to_at_most_one(sample_services: Services) -> None:
    for answer in sample_services.assistant.classify([Incident("", text) for text in ("help", "vpn", "xyzzy 123")]):
        for field in answer.fields.values():
            chosen = [] if field.value is None else [field.confidence]
            assert sum(chosen + [entry.confidence for entry in field.alternatives]) <= 1.001
            assert field.value not in [entry.value for entry in field.alternatives]


def test_fields_that_never_met_are_not_suggested_together(sample_services: Services) -> None:
    seen = Counter((i.category, i.assignment_group) for i in sample_services.store.all_incidents())
    texts = [
        "help with printer vpn",
        "mail",
        "scanner mail badge",
        "password for ledger",
        "slow",
        "backup of the phone",
    ]
    for answer in sample_services.assistant.classify([Incident("", text) for text in texts]):
        category, group = answer.fields["category"].value, answer.fields["assignment_group"].value
        if category and group:
            assert seen[category, group] > 0


def test_reconcile_takes_the_best_pair_that_was_seen() -> None:
    columns = {
        "category": LabelColumn(["VPN", "Mail", "Mail"]),
        "assignment_group": LabelColumn(["Net", "Services", "Net"]),
    }
    seen = SeenPairs(columns)
    ranked = {"category": [("VPN", 0.5), ("Mail", 0.45)], "assignment_group": [("Services", 0.6), ("Net", 0.1)]}
    assert reconcile(ranked, seen) == {"category": "Mail", "assignment_group": "Services"}
    assert reconcile({"category": [("VPN", 0.5)], "assignment_group": [("Services", 0.6)]}, seen) == {
        "category": None,
        "assignment_group": "Services",
    }


@given(st.data())
def test_reconciled_values_were_all_seen_in_pairs(data: st.DataObject) -> None:
    names = ("category", "subcategory", "assignment_group")
    rows = data.draw(st.lists(st.tuples(*(st.sampled_from("abcd") for _ in names)), min_size=1, max_size=12))
    columns = {name: LabelColumn([row[i] for row in rows]) for i, name in enumerate(names)}
    ranked = {name: [(value, data.draw(st.floats(0.01, 1))) for value in columns[name].values] for name in names}
    ranked = {name: sorted(values, key=lambda entry: -entry[1]) for name, values in ranked.items()}
    seen = SeenPairs(columns)
    chosen = {name: value for name, value in reconcile(ranked, seen).items() if value}
    assert all(seen.agree(a, chosen[a], b, chosen[b]) for a in chosen for b in chosen if a != b)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", 1), ("2 - Medium", 2), ("P3", 3), ("High", 1), ("Moderate", 2), ("low", 3), ("10", None), ("unset", None)],
)
def test_levels_are_read_from_digits_or_words(text: str, expected: int | None) -> None:
    assert level(text) == expected


def test_priority_follows_from_impact_and_urgency() -> None:
    impact = Distribution(["1 - High", "3 - Low"], np.array([[0.8, 0.2]]))
    urgency = Distribution(["2 - Medium"], np.array([[1.0]]))
    found = from_matrix(impact, urgency, DEFAULT_MATRIX, ["P2 urgent"])
    assert found is not None
    assert [(value, round(chance, 6)) for value, chance in found.ranked(0)] == [("P2 urgent", 0.8), ("4 - Low", 0.2)]
    assert from_matrix(Distribution(["none"], np.array([[1.0]])), urgency, DEFAULT_MATRIX, []) is None


def test_suggested_priority_is_the_one_of_the_matrix(sample_services: Services) -> None:
    fields = sample_services.assistant.suggest(Incident("", "vpn gateway not reachable for the whole team")).fields
    pair = tuple(level(fields[name].value or "") for name in ("impact", "urgency"))
    assert level(fields["priority"].value or "") == DEFAULT_MATRIX[pair]


def test_values_too_rare_to_learn_are_found_through_neighbours(
    store: IncidentStore, memory: Memory, assistant: Assistant, tmp_path: Path, identity: FolderIdentity
) -> None:
    store.put_incidents(
        [
            *printers_and_vpn(),
            Incident("x", "beamer in the auditorium stays dark", category="Beamer", assignment_group="Media"),
        ]
    )
    shelf = ModelRegistry(tmp_path / "models", encoder=store.encoder.name, identity=identity)
    shelf.put(fit_model(memory))
    fields = assistant.suggest(Incident("", "beamer in the auditorium is dark")).fields
    shown = [fields["category"].value, *(entry.value for entry in fields["category"].alternatives)]
    assert "Beamer" in shown[:2]


def test_a_correction_counts_in_the_next_suggestion(store: IncidentStore, memory: Memory, assistant: Assistant) -> None:
    store.put_incidents([*printers_and_vpn(10), Incident("open", "coffee machine shows error 7", state="new")])
    before = assistant.suggest(Incident("", "coffee machine shows error 7")).fields["category"].value
    assert before != "Kitchen"
    decision = Feedback("category", "Kitchen", datetime.now(UTC), number="open", suggested=before)
    teach(store, decision, None)
    assert store.incident("open").category == "Kitchen"
    assert assistant.suggest(Incident("", "coffee machine shows error 7")).fields["category"].value == "Kitchen"
    ticket = Incident("", "beamer is dark")
    _, number = teach(store, replace(decision, number=None, chosen="Media"), ticket)
    assert assistant.suggest(ticket).fields["category"].value == "Media"
    assert all(hit.incident.number != number for hit in assistant.suggest(ticket).similar_incidents)
    with pytest.raises(UnknownRecordError, match="no incident nowhere"):
        teach(store, replace(decision, number="nowhere"), None)


def test_review_shows_what_most_needs_a_person_first(sample_services: Services) -> None:
    items = open_tickets_to_review(sample_services, limit=100)
    fields = set(items[0].predicted)
    undecided = [
        one for one in sample_services.store.open_incidents(limit=500) if any(not one.value(f) for f in fields)
    ]
    assert {item.incident.number for item in items} == {one.number for one in undecided}
    assert [item.need for item in items] == sorted(item.need for item in items)
    said = [item.incident for item in items if item.incident.caller != "monitoring"]  # alerts tell no location
    assert said[0].short_description in {"I need help", "it does not work", "test"}
    assert all(item.incident.is_open for item in items)


def test_training_says_what_is_missing(store: IncidentStore, memory: Memory) -> None:
    with pytest.raises(NotEnoughHistoryError, match="no resolved incident has a value"):
        fit_model(memory)
    store.put_incidents(printers_and_vpn(5))
    with pytest.raises(NotEnoughHistoryError, match="10 incidents have a value, 30 are needed"):
        fit_model(memory, fields=["category"])


def test_training_on_texts_without_a_word_says_so(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents([replace(found, description="?? !") for found in printers_and_vpn()])
    with pytest.raises(NotEnoughHistoryError, match="no word of two letters"):
        fit_model(memory)


def test_a_named_further_column_is_learnt_under_its_name(store: IncidentStore, memory: Memory) -> None:
    incidents = [
        replace(found, extra={"ticket_type": "0" if found.category == "VPN" else "1"}) for found in printers_and_vpn()
    ]
    store.put_incidents(incidents)
    model = fit_model(memory, fields=["ticket_type"])
    assert model.fields["ticket_type"].classifier.values == ("1", "0")


def test_a_trained_model_is_taken_up_by_a_running_assistant_and_a_damaged_one_refused(
    store: IncidentStore, memory: Memory, assistant: Assistant, tmp_path: Path, identity: FolderIdentity
) -> None:
    store.put_incidents(printers_and_vpn())
    assert assistant.info().version == "none"
    shelf = ModelRegistry(tmp_path / "models", encoder=store.encoder.name, identity=identity)
    model = fit_model(memory)
    shelf.put(model)
    assert assistant.info() == model.info
    with pytest.raises(ArtefactError, match="was trained with the encoder"):
        TriageModel.load(tmp_path / "models" / model.version, encoder="another", identity=identity)
    (tmp_path / "models" / model.version / "words.json").write_text("[]")
    with pytest.raises(ArtefactError, match=r"words\.json is not the file"):
        ModelRegistry(tmp_path / "models", encoder=store.encoder.name, identity=identity).serving()


def test_settings_come_from_environment_and_file_and_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.env").write_text('TRIAGE_PRECISION=0.9\nTRIAGE_PRIORITY_MATRIX={"1,1": 2}\n')
    assert read_settings(tmp_path).precision == 0.9
    assert read_settings(tmp_path).matrix() == {(1, 1): 2}
    monkeypatch.setenv("TRIAGE_PRECISION", "0.8")
    assert read_settings(tmp_path).precision == 0.8
    monkeypatch.setenv("TRIAGE_PRECISION", "7")
    with pytest.raises(SettingsError, match="TRIAGE_PRECISION"):
        read_settings(tmp_path)


def test_every_setting_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"`TRIAGE_{name.upper()}`" in text
        assert field.description
        assert field.description in text
    assert json.loads(Settings().model_dump_json())


def test_opening_a_desk_makes_its_folder(tmp_path: Path) -> None:
    with open_services(tmp_path / "new" / "home") as services:
        assert services.store.count_incidents() == 0
    assert (tmp_path / "new" / "home" / "triage.db").exists()
