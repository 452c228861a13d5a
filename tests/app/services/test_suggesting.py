from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.services.classified_file import TicketFile, classified_rows
from app.services.suggesting import open_tickets_to_review, suggest_fields, suggest_ticket
from kb.importers.tables import Row
from kb.records.incident import Incident
from kb.records.mode import Mode
from models.encoder import OnnxEncoder, Vectors
from tests.conftest import printers_and_vpn
from triage.modes import FieldMode, is_control

EVER = {"since": datetime(2000, 1, 1, tzinfo=UTC), "until": datetime(2100, 1, 1, tzinfo=UTC)}
PLAIN = "the printer on the second floor does not print number 3"
ODD = "number of the door that nobody opened"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path / "home") as services:
        services.store.put_incidents(printers_and_vpn(6))
        yield services


def logged(services: Services) -> set[tuple[str, str]]:
    services.prediction_log.flush()
    fields = ("category", "assignment_group")
    return {(entry.ticket, name) for name in fields for entry in services.prediction_log.entries(name, **EVER)}


def test_a_ticket_is_encoded_once_though_security_reads_its_vector_too(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.memory.refresh()
    encoded, encode = list[str](), OnnxEncoder.encode

    def counted(encoder: OnnxEncoder, texts: Sequence[str]) -> Vectors:
        encoded.extend(texts)
        return encode(encoder, texts)

    monkeypatch.setattr(OnnxEncoder, "encode", counted)
    found = suggest_ticket(services, Incident("", description="My laptop was stolen on the train this morning"))
    assert found.security is not None
    assert encoded.count(found.fields.ticket.text) == 1


def put_open(services: Services, *tickets: tuple[str, str]) -> None:
    services.store.put_incidents([Incident(number, description=text, state="new") for number, text in tickets])


def test_review_logs_what_it_lists_and_leaves_out_what_is_decided_or_not_shown(services: Services) -> None:
    put_open(services, ("ODD", ODD), ("PLAIN", PLAIN))
    decided = Incident("DECIDED", description=PLAIN, category="Printing", assignment_group="Network", state="new")
    services.store.put_incidents([decided, replace(decided, number="HALF", assignment_group=None)])
    assert [item.incident.number for item in open_tickets_to_review(services, limit=1)] == ["ODD"]
    assert logged(services) == {("ODD", "category"), ("ODD", "assignment_group")}
    listed = {item.incident.number: set(item.fields) for item in open_tickets_to_review(services, limit=50)}
    both = {"category", "assignment_group"}
    assert listed == {"ODD": both, "PLAIN": both, "HALF": {"assignment_group"}}
    assert ("HALF", "category") not in logged(services)
    for field in both:
        services.modes.set(field, FieldMode(Mode.MONITOR))
    assert open_tickets_to_review(services, limit=50) == []


def test_a_control_ticket_says_nothing_on_review_and_stands_where_it_would(services: Services) -> None:
    numbers = [f"INC{n}" for n in range(200)]
    control = next(number for number in numbers if is_control(number, 0.3))
    shown = [number for number in numbers if not is_control(number, 0.3)][:2]
    put_open(services, (shown[0], ODD), (control, PLAIN), (shown[1], ODD + " again"))
    before = [item.incident.number for item in open_tickets_to_review(services, limit=50)]
    hiding = replace(services, settings=services.settings.model_copy(update={"control_share": 0.3}))
    after = open_tickets_to_review(hiding, limit=50)
    assert [item.incident.number for item in after] == before
    assert before[-1] == control
    (hidden,) = [item for item in after if item.incident.number == control]
    assert {(field.value, field.alternatives, field.confidence) for field in hidden.fields.values()} == {
        (None, (), 0.0)
    }


def test_only_the_fields_that_a_face_wants_are_shown_and_logged(services: Services) -> None:
    ticket = Incident("N1", description=PLAIN, state="new")
    (found,) = suggest_fields(services, [ticket], only=lambda _, name: name == "category")
    assert found.shown.keys() == found.predicted.keys() == {"category"}
    assert logged(services) == {("N1", "category")}


def test_secrets_are_masked_and_what_is_masked_already_is_left_alone(services: Services) -> None:
    ticket = Incident("", description="my password is Hunter2!xyz", state="new")
    found = suggest_ticket(services, ticket)
    assert found.fields.ticket.description == "my password is [masked: password]"
    assert found.fields.masked == {"password"}
    kept = suggest_ticket(services, ticket, is_masked=True)
    assert (kept.fields.ticket, kept.fields.masked) == (ticket, frozenset())


def test_a_number_that_no_incident_can_have_is_none(services: Services) -> None:
    row = Row("in.csv", 2, {"number": "N" * 201, "state": "new", "description": PLAIN})
    columns = {name: name for name in row.values}
    (classified,) = classified_rows(services, TicketFile([row], columns, []))
    assert classified["number"] == "N" * 201
    assert logged(services) == set()
