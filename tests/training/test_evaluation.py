from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.composition import open_services
from app.reports.evaluation import verdict
from kb.records.incident import Incident
from kb.storage.incident_store import IncidentStore
from tests.browser import browser_page
from tests.conftest import CHROMIUM, printers_and_vpn, triage
from training.estimates import Estimate, estimate, share, share_among
from training.evaluation import Confusion, Evaluation, FieldFigures, ValueFigures, evaluate, missed_values
from training.fit import NotEnoughHistoryError
from triage.assistant import Policy

START = datetime(2026, 1, 1, tzinfo=UTC)


def dated(incidents: list[Incident]) -> list[Incident]:
    return [replace(incident, opened_at=START + timedelta(hours=i)) for i, incident in enumerate(incidents)]


def test_the_newest_are_asked_for_and_nothing_of_them_is_known(store: IncidentStore) -> None:
    history = printers_and_vpn(60)
    late = [replace(incident, category="Relabelled") for incident in history[-24:]]
    store.put_incidents(dated([*history[:-24], *late]))
    found = evaluate(store, Policy(), holdout=0.2, fields=["category", "assignment_group"])
    assert (found.order, found.learnt, found.asked) == ("time", 96, 24)
    assert found.since == START + timedelta(hours=96)
    assert found.fields["category"].accuracy.value == 0.0
    assert found.fields["assignment_group"].accuracy.value == 1.0
    assert {entry.true for entry in found.fields["category"].confusions} == {"Relabelled"}
    (missed,) = found.missed
    assert (missed.field, missed.value, missed.examples, missed.recall.value) == ("category", "Relabelled", 24, 0.0)
    assert missed.taken_for in {"Printing", "VPN"}


def test_values_of_urgent_tickets_come_first_among_those_that_are_missed() -> None:
    def value(name: str, recall: float, examples: int = 20) -> ValueFigures:
        found = Estimate(recall, recall, recall)
        return ValueFigures(name, examples, found, found, found)

    def field(*values: ValueFigures) -> FieldFigures:
        some = Estimate(0.9, 0.8, 1.0)
        return FieldFigures(
            20, 2, some, some, some, 0.95, some, some, some, some, 1.0, (), values,
            (Confusion("1 - High", "2 - Medium", 9, some),),
        )  # fmt: skip

    fields = {
        "category": field(value("Rare", 0.0, examples=9), value("VPN", 0.1), value("Mail", 0.9)),
        "impact": field(value("1 - High", 0.5), value("2 - Medium", 0.6)),
    }
    named = [(one.value, one.taken_for) for one in missed_values(fields)]
    assert named == [("1 - High", "2 - Medium"), ("VPN", None), ("2 - Medium", None)]
    assert verdict(Evaluation("time", None, 9, 20, 20, fields, "", ())) == (
        "0 of 2 fields reach the target of 95% when sure. Right less often: Category, Impact."
    )


def test_without_dates_the_choice_is_random_and_said_so(store: IncidentStore) -> None:
    store.put_incidents(printers_and_vpn(60))
    found = evaluate(store, Policy(), fields=["category"])
    assert (found.order, found.since, found.asked, found.as_filed) == ("random", None, 24, 0)
    figures = found.fields["category"]
    assert figures.accuracy.value == 1.0
    assert sum(entry.examples for entry in figures.reliability) == 24
    assert sum(entry.examples for entry in figures.per_value) == 24
    assert figures.top3.value == 1.0


def test_too_little_history_is_told(store: IncidentStore) -> None:
    store.put_incidents(printers_and_vpn(20))
    with pytest.raises(NotEnoughHistoryError, match="too few to hold 20% out"):
        evaluate(store, Policy())


def test_an_interval_holds_the_truth_and_shrinks_with_examples() -> None:
    random = np.random.default_rng(5)
    held = 0
    for seed in range(60):
        found = estimate(share(random.random(200) < 0.7), 200, seed=seed)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.7 <= found.high
    assert held >= 51
    few, many = (estimate(share(np.arange(count) % 2 == 0), count) for count in (50, 5000))
    assert (few.high or 0) - (few.low or 0) > 5 * ((many.high or 0) - (many.low or 0))
    nothing = np.zeros(10, dtype=bool)
    assert estimate(share_among(nothing, nothing), 10).value is None


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_report_is_one_page_that_shows_hostile_values_as_text(tmp_path: Path) -> None:
    hostile = "--><script>document.title='taken'</script>$x$"
    history = [
        replace(incident, category=hostile if incident.category == "VPN" else incident.category)
        for incident in printers_and_vpn(60)
    ]
    with open_services(tmp_path) as services:
        services.store.put_incidents(dated(history))
    file = tmp_path / "report.html"
    done = triage("--home", str(tmp_path), "evaluate", "--fields", "category", "--report", str(file), "--json")
    assert json.loads(done.stdout)["fields"]["category"]["accuracy"]["value"] == 1.0
    assert "evaluated on the 24 newest" in done.stderr
    with browser_page() as page:
        requests = list[str]()
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri())
        assert page.title() == "Evaluation on your own history"
        page.get_by_text("All 2 values").click()
        assert page.get_by_role("cell", name=hostile).is_visible()
        assert page.locator("svg").count() == 3
        assert requests == [file.as_uri()]
    assert not re.search(r"(?:src|href)=[\"']https?://", file.read_text(encoding="utf-8"))
