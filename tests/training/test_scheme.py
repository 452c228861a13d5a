"""The scheme of a field's values: found where it was drawn up anew, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.commands.displays.models import print_metrics
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.retrieval.incident_index import IncidentIndex
from kb.retrieval.label_columns import LabelColumn
from kb.retrieval.memory import Memory
from kb.storage.folder_identity import FolderIdentity
from kb.storage.incident_store import IncidentStore
from models.features import TextFeatures
from models.few_shot import Background
from tests.conftest import printers_and_vpn
from training.fit import fit_model
from training.scheme import scheme_begins
from triage.assistant import Assistant, Policy
from triage.corrections import teach
from triage.emerging_labels import EmergingLabels
from triage.model import FixedModel, TriageModel

KINDS, EXAMPLES = 8, 6000


@pytest.fixture(scope="module")
def kinds() -> np.ndarray:
    return np.random.default_rng(0).integers(KINDS, size=EXAMPLES).astype(np.int32)


@pytest.fixture(scope="module")
def vectors(kinds: np.ndarray) -> np.ndarray:
    """Each example near the middle of its kind."""
    random = np.random.default_rng(1)
    found = random.normal(size=(KINDS, 32))[kinds] + 0.8 * random.normal(size=(EXAMPLES, 32))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


DAYS = np.arange(EXAMPLES) / 10


def test_a_scheme_begins_where_the_same_texts_got_other_values(kinds: np.ndarray, vectors: np.ndarray) -> None:
    begins = scheme_begins(DAYS, np.where(np.arange(EXAMPLES) < 4000, kinds, KINDS + kinds // 2), vectors)
    assert begins is not None
    assert 400 <= begins <= 450  # no older example counts, and few of the others are lost
    shuffled = np.random.default_rng(2).permutation(EXAMPLES)
    codes = np.where(np.arange(EXAMPLES) < 4000, kinds, KINDS + kinds // 2)
    assert scheme_begins(DAYS[shuffled], codes[shuffled], vectors[shuffled]) == begins


def test_the_same_values_in_another_order_are_another_scheme(kinds: np.ndarray, vectors: np.ndarray) -> None:
    swapped = (kinds + 1) % KINDS
    assert scheme_begins(DAYS, np.where(np.arange(EXAMPLES) < 3000, kinds, swapped), vectors) is not None


def test_other_tickets_are_no_other_scheme(kinds: np.ndarray, vectors: np.ndarray) -> None:
    """Half of the kinds are new, as with a new service, and the newest five hundred of one kind, as in an outage."""
    assert scheme_begins(DAYS, kinds, vectors) is None
    grown = np.argsort(np.where(kinds < KINDS // 2, 0, 1), kind="stable")
    assert scheme_begins(DAYS, kinds[grown], vectors[grown]) is None
    outage = np.argsort(np.where((kinds == 0) & (np.cumsum(kinds == 0) > 200), 1, 0), kind="stable")
    assert scheme_begins(DAYS, kinds[outage], vectors[outage]) is None


def test_without_dates_or_with_too_few_examples_nothing_is_said(kinds: np.ndarray, vectors: np.ndarray) -> None:
    changed = np.where(np.arange(EXAMPLES) < 4000, kinds, KINDS + kinds)
    assert scheme_begins(np.full(EXAMPLES, np.nan), changed, vectors) is None
    assert scheme_begins(DAYS[-999:], changed[-999:], vectors[-999:]) is None
    undated = np.where(np.arange(EXAMPLES) < 4000, np.nan, DAYS)  # what has no date counts as older than all others
    assert scheme_begins(undated, changed, vectors) == scheme_begins(DAYS, changed, vectors)


def test_a_field_is_learnt_from_its_present_scheme_and_from_corrections(
    store: IncidentStore, memory: Memory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    called = {"Printing": "Output", "VPN": "Connectivity"}

    def dated(incident: Incident, place: int) -> Incident:
        category = called[str(incident.category)] if place >= 120 else incident.category
        return replace(incident, category=category, opened_at=start + timedelta(days=place))

    store.put_incidents([dated(incident, place) for place, incident in enumerate(printers_and_vpn(120))])
    for place in range(3):
        ticket = Incident("", f"the badge reader at gate {place} blinks red")
        teach(
            store, Feedback("category", "Access", start, ticket={"description": ticket.text}, suggested="VPN"), ticket
        )

    def begins(days: np.ndarray, codes: np.ndarray, vectors: np.ndarray) -> float | None:
        """Only the category, which has five values, not the group, which has two, has a new scheme."""
        assert days.shape == codes.shape == vectors.shape[:1]
        return (start - datetime(1970, 1, 1, tzinfo=UTC)).days + 120.0 if len(set(codes.tolist())) == 5 else None

    monkeypatch.setattr("training.scheme.scheme_begins", begins)
    model = fit_model(memory, fields=["category", "assignment_group"])
    category, group = model.fields["category"].classifier, model.fields["assignment_group"].classifier
    assert set(category.values) == {"Output", "Connectivity", "Access"}
    assert (model.metrics["category"]["since"], model.metrics["category"]["examples"]) == ("2025-05-01", 129)
    assert set(group.values) == {"Print Services", "Network"}
    assert (model.metrics["assignment_group"]["since"], model.metrics["assignment_group"]["examples"]) == (None, 240)
    print_metrics(model.metrics)
    assert "category: learnt only from incidents logged since 2025-05-01" in " ".join(capsys.readouterr().err.split())


def test_what_teaches_no_field_any_more_is_not_read(
    store: IncidentStore, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a second field that has no new scheme, everything is read."""
    start = datetime(1970, 1, 1, tzinfo=UTC)
    for place, incident in enumerate(printers_and_vpn(60)):
        store.put_incidents([replace(incident, opened_at=start + timedelta(days=place))])
    texts = [incident.text for incident in printers_and_vpn(60)]
    read = list[list[str]]()
    fit = TextFeatures.fit
    monkeypatch.setattr(
        TextFeatures, "fit", lambda found, *, frozen: (read.append(list(found)), fit(found, frozen=frozen))[1]
    )
    begins = iter([60.0, 60.0, None])
    monkeypatch.setattr("training.scheme.scheme_begins", lambda days, codes, vectors: next(begins))
    fit_model(memory, fields=["category"])
    fit_model(memory, fields=["category", "assignment_group"])
    assert read == [texts[60:], texts]


def test_one_value_alone_is_no_scheme(store: IncidentStore, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a form says the same of everything since some day: what was known before is kept."""
    start = datetime(1970, 1, 1, tzinfo=UTC)
    incidents = [
        replace(
            incident, category="Other" if place >= 60 else incident.category, opened_at=start + timedelta(days=place)
        )
        for place, incident in enumerate(printers_and_vpn(60))
    ]
    store.put_incidents(incidents)
    monkeypatch.setattr("training.scheme.scheme_begins", lambda days, codes, vectors: 60.0)
    model = fit_model(memory, fields=["category"])
    assert set(model.fields["category"].classifier.values) == {"Printing", "VPN", "Other"}
    assert (model.fields["category"].since, model.metrics["category"]["since"]) == (None, None)


def test_a_value_of_an_earlier_scheme_is_no_newcomer() -> None:
    column = LabelColumn(["old"] * 5 + ["new"] * 5 + ["known"] * 40)
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    since = np.arange(50) >= 5
    for counting, values in ((since, ("new",)), (np.ones(50, dtype=bool), ("old", "new"))):
        found = EmergingLabels.among(
            column,
            {"known"},
            vectors,
            lambda: Background.of(vectors),
            EmergingLabels(),
            counting=counting,
            certainty=2.0,
        )
        assert found.values == values


def test_the_day_is_kept_with_the_model_and_what_is_older_has_no_vote(
    store: IncidentStore, memory: Memory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, identity: FolderIdentity
) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    swapped = {"Printing": "VPN", "VPN": "Printing"}
    for place, incident in enumerate(printers_and_vpn(60)):
        category = incident.category if place >= 60 else swapped[str(incident.category)]
        store.put_incidents([replace(incident, category=category, opened_at=start + timedelta(days=place))])
    monkeypatch.setattr("training.scheme.scheme_begins", lambda days, codes, vectors: 60.0)
    model = fit_model(memory, fields=["category"])
    loaded = TriageModel.load(model.save(tmp_path, data_folder=identity.id), encoder=model.encoder, identity=identity)
    assert (loaded.fields["category"].since, loaded.newest_scheme) == (60.0, 60.0)
    heard = list[set[int]]()
    weighed = IncidentIndex.weighed
    monkeypatch.setattr(
        IncidentIndex,
        "weighed",
        lambda index, found, name: (heard.append(set(found.slots.ravel().tolist())), weighed(index, found, name))[1],
    )
    assistant = Assistant(memory, FixedModel(loaded), Policy())
    list(assistant.classify([Incident("", "the printer does not print")]))
    assistant.suggest(Incident("", "the printer does not print"))
    assert len(heard) == 2
    assert all(slots - {-1} and min(slots - {-1}) >= 60 for slots in heard)
