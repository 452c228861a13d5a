"""One table of fields: what follows from it, and that it is whole."""

from __future__ import annotations

import dataclasses
from collections import Counter

from app.schemas.incidents import IncidentBody, IncidentView
from app.schemas.tickets import Ticket
from kb.records.columns import map_columns
from kb.records.fields import FieldKind
from kb.records.incident import FIELDS, LABELS, Incident
from kb.storage.schema import incidents
from triage.agreement import AGREEING
from triage.hierarchy import PARENTS
from triage.model import DEFAULT_FIELDS


def test_every_line_of_the_record_but_the_further_columns_declares_a_field() -> None:
    names = [entry.name for entry in dataclasses.fields(Incident)]
    assert names == [*(field.name for field in FIELDS), "extra", "boilerplate", "state_read"]


def test_no_name_of_a_column_means_two_fields() -> None:
    names = Counter(alias for field in FIELDS for alias in field.aliases)
    assert [name for name, count in names.items() if count > 1] == []


def test_each_name_of_a_column_is_recognised_as_its_field() -> None:
    for field in FIELDS:
        for alias in field.aliases:
            mapped = map_columns([alias.upper(), "what the caller said"], {"description": "what the caller said"})
            if field.name != "description":
                assert mapped.column_of[field.name] == alias.upper()


def test_database_bodies_and_views_have_every_field() -> None:
    exchanged = {field.name for field in FIELDS if not field.derived}
    assert {field.name for field in FIELDS} <= set(incidents.columns.keys())
    assert exchanged <= set(IncidentBody.model_fields)
    assert exchanged <= set(IncidentView.model_fields)
    assert set(LABELS) <= set(Ticket.model_fields)


def test_what_is_learnt_and_how_fields_belong_together_stands_in_the_table() -> None:
    learnt = [name for name in DEFAULT_FIELDS if name in ("category", "assignment_group", "service", "priority")]
    assert learnt == ["category", "assignment_group", "service", "priority"]
    assert set(AGREEING) == {"category", "subcategory", "assignment_group", "service"}
    assert PARENTS == {"subcategory": "category", "configuration_item": "service"}
    assert all(field.kind is FieldKind.LABEL for field in FIELDS if field.learnt or field.agreeing or field.parent)
