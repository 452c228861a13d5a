from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import Services, open_services
from kb.records.incident import Incident
from kb.records.label_change import LabelChange
from tests.conftest import printers_and_vpn, triage
from training.candidate import fit_candidate
from training.fit import fit_model
from training.retraining import RetrainingRunsError, due, retrain
from triage.assistant import Assistant, Policy
from triage.model import FixedModel


@pytest.fixture(scope="module")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was trained once, for all tests to copy."""
    home = tmp_path_factory.mktemp("trained") / "home"
    with open_services(home) as services:
        services.store.put_incidents(printers_and_vpn(120))
        retrain(services.memory, services.models, Policy())
    return home


@pytest.fixture
def services(trained_home: Path, tmp_path: Path) -> Iterator[Services]:
    with open_services(shutil.copytree(trained_home, tmp_path / "home")) as found:
        found.memory.refresh()
        yield found


def mail(count: int, category: str = "Mail") -> list[Incident]:
    return [
        Incident(f"m{i}", f"mailbox of team {i} is full", category=category, assignment_group="Mail")
        for i in range(count)
    ]


def test_enough_new_incidents_make_a_training_due(services: Services) -> None:
    assert due(services.memory, services.models, 0.1).now is False
    services.store.put_incidents(mail(60))
    state = due(services.memory, services.models, 0.1)
    assert (state.changed, state.needed, state.now) == (60, 50, True)
    assert due(services.memory, services.models, 0).now is False


def test_where_values_were_drawn_up_anew_a_share_of_what_was_logged_since_is_enough(services: Services) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    dated = [replace(incident, opened_at=start + timedelta(days=place)) for place, incident in enumerate(mail(1000))]
    services.store.put_incidents(dated)
    model = fit_model(services.memory)
    services.models.put(model)
    assert due(services.memory, services.models, 0.1).needed == 124  # of 1,240
    begun = replace(model.fields["category"], since=200.0)
    services.models.put(replace(model, version="begun", fields={**model.fields, "category": begun}))
    assert due(services.memory, services.models, 0.1).needed == 80  # of the 800 that were logged since
    services.store.put_incidents([replace(dated[0], number="new", opened_at=start + timedelta(days=2000))])
    state = due(services.memory, services.models, 0.1)
    assert (state.changed, state.needed) == (1, 80)


def test_a_candidate_that_is_no_worse_serves_and_both_are_kept(services: Services) -> None:
    first = services.models.serving()
    assert first is not None
    services.store.put_incidents(mail(60))
    found = retrain(services.memory, services.models, Policy())
    assert (found.promoted, found.serving) == (True, first.version)
    assert {entry.name for entry in found.fields} == {"category", "assignment_group"}
    kept = services.models.kept()
    assert [(model.version, model.serves) for model in kept] == [(found.version, True), (first.version, False)]
    assert kept[0].comparison is not None
    assert services.models.go_back() == first.version


def test_a_candidate_that_is_worse_is_kept_and_does_not_serve(services: Services) -> None:
    """Many wrong labels come in first, then the newest incidents show that the old model was right."""
    before = services.models.serving()
    assert before is not None
    wrong = [replace(incident, number=f"w{incident.number}", category="Wrong") for incident in printers_and_vpn(240)]
    services.store.put_incidents(wrong)
    right = [replace(incident, number=f"z{incident.number}") for incident in printers_and_vpn(60)]
    services.store.put_incidents(right)
    found = retrain(services.memory, services.models, Policy())
    assert (found.promoted, [entry.is_loss for entry in found.fields if entry.name == "category"]) == (False, [True])
    serving = services.models.serving()
    assert serving is not None
    assert serving.version == before.version
    assert found.version in {model.version for model in services.models.kept()}
    assert due(services.memory, services.models, 0.1).changed == 0  # or a service would retrain for ever


def test_without_anything_new_to_compare_the_serving_model_stays(services: Services) -> None:
    services.models.put(fit_model(services.memory))
    found = retrain(services.memory, services.models, Policy())
    serving = services.models.serving()
    assert serving is not None
    assert (found.promoted, found.fields, serving.version) == (False, (), found.serving)


def test_a_rename_does_not_speak_against_the_serving_model(services: Services) -> None:
    """It answers with today's values, so a candidate that knows them wins nothing by that."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    services.store.label_changes.put(LabelChange("category", "Printing", ("Output",), at, at))
    services.store.put_incidents([replace(incident, number=f"n{incident.number}") for incident in printers_and_vpn(30)])
    services.memory.refresh()
    candidate = fit_candidate(services.memory, fields=["category"], precision=0.95)
    serving = FixedModel(services.models.serving())
    field = (
        Assistant(candidate.past, serving, Policy())
        .suggest(Incident("", "the printer on the second floor does not print number 7"))
        .fields["category"]
    )
    assert field.value == "Output"
    assert "Printing" not in {entry.value for entry in field.alternatives}


def test_two_do_not_retrain_at_once(services: Services) -> None:
    import fcntl

    with (services.models.folder / "retraining.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RetrainingRunsError, match="another process retrains"):
            retrain(services.memory, services.models, Policy())


def test_the_command_retrains_only_where_it_is_due(services: Services) -> None:
    home = str(services.home)
    told = json.loads(triage("--home", home, "retrain", "--if-due", "--json").stdout)
    assert (told["due"]["changed"], told["version"]) == (0, None)
    services.store.put_incidents(mail(60))
    told = json.loads(triage("--home", home, "retrain", "--if-due", "--json").stdout)
    assert told["promoted"] is True
    assert len(json.loads(triage("--home", home, "models", "--json").stdout)["models"]) == 2
