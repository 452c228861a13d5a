from __future__ import annotations

from typing import Any

import pytest

from kb.records.json_text import flattened, text_of_json


@pytest.mark.parametrize(("value", "text"), [
    ({"display_value": "Second line", "value": "9f2", "link": "https://y/9f2"}, "Second line"),
    ({"display_value": "", "value": ""}, ""),
    ({"display_value": "02/04/2025 07:30:00", "value": "2025-04-02 14:30:00"}, "2025-04-02 14:30:00"),
    ({"display_value": "Apr 2, 2025 07:30 AM", "value": "1743604200000"}, "1743604200000"),
    ({"display_value": "2 Hours", "value": "1970-01-01 02:00:00"}, "2 Hours"),
    ({"display_value": "4 - Low", "value": "4"}, "4 - Low"),
    ({"accountId": "x", "displayName": "Kim Ode", "emailAddress": "k@y.example"}, "Kim Ode"),
    ({"id": "c", "dynamicName": "Ode, Kim"}, "Ode, Kim"),
    ({"self": "u", "id": 3, "value": "High"}, "High"),
    ({"emailAddress": "k@y.example"}, "k@y.example"),
    ({}, ""),
    ({"name": None, "value": ""}, ""),
    ([{"id": 1, "name": "a"}, None, "b", True], "a|b|true"),
    (float("nan"), ""),
    (False, "false"),
    (None, ""),
])  # fmt: skip
def test_what_a_value_says(value: Any, text: str) -> None:
    assert text_of_json(value) == text


def test_an_atlassian_document_is_plain_text() -> None:
    def text(*parts: str) -> list[dict[str, Any]]:
        return [{"type": "text", "text": part, "marks": [{"type": "strong"}]} for part in parts]

    steps = [{"type": "listItem", "content": [{"type": "paragraph", "content": text(step)}]} for step in ("one", "two")]
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "heading", "content": text("Fan ", "noise")},
            {"type": "paragraph", "content": [*text("Ask "), {"type": "mention", "attrs": {"text": "@Kim"}}]},
            {"type": "bulletList", "content": steps},
        ],
    }
    assert text_of_json(document).split("\n") == ["Fan noise", "Ask @Kim", "one", "two"]


def test_what_no_single_text_says_gets_columns() -> None:
    record = {
        "key": "A-1",
        "fields": {"summary": "Fan noise", "status": {"name": "Done", "statusCategory": {"name": "Done"}}},
        "via": {"channel": "web", "source": {"rel": None}},
        "custom_fields": [{"id": 11, "value": "red"}, {"id": 12, "value": None}],
        "options": [{"self": "u", "id": "1", "value": "a"}, {"self": "u", "id": "2", "value": "b"}],
        "rating": {},
    }
    assert flattened(record) == {
        "key": "A-1",
        "summary": "Fan noise",
        "status": "Done",
        "via.channel": "web",
        "via.source.rel": "",
        "custom_fields.11": "red",
        "custom_fields.12": "",
        "options": "a|b",
        "rating": "",
    }


def test_what_odata_shows_counts_before_its_code_but_not_before_a_moment() -> None:
    shown = "@OData.Community.Display.V1.FormattedValue"
    record = {"code": 2, f"code{shown}": "High", "on": "2025-04-02T10:00:00Z", f"on{shown}": "4/2/2025 6:00 AM"}
    assert flattened(record) == {"code": "High", "on": "2025-04-02T10:00:00Z"}


@pytest.mark.parametrize("name", ["Article", "articles", "messages"])
def test_messages_are_a_conversation_whatever_they_are_called(name: str) -> None:
    messages = [
        {"SenderType": "agent", "Subject": "Fan", "Body": "We come."},
        {"SenderType": "customer", "Subject": "Fan", "Body": "It hums."},
    ]
    flat = flattened({"Title": "Fan", name: messages})
    assert (flat.keys(), flat["first article"]) == ({"Title", "first article", "conversation"}, "It hums.")
    assert "first article" not in flattened({"Title": "Fan", name: messages[0]})
    untold = flattened({"Title": "Fan", name: [{"subject": "Fan", "body": "It hums."}]})
    assert untold.keys() == {"Title", "conversation"}


def test_articles_that_are_linked_stay_articles() -> None:
    linked = [{"id": "4", "title": "Oil a fan"}, {"id": "9", "title": "Change a fan"}]
    assert flattened({"articles": linked}) == {"articles": "Oil a fan|Change a fan"}


@pytest.mark.parametrize(("name", "value"), [("Name", "Value"), ("name", "value"), ("FieldId", "Values")])
def test_further_fields_are_pairs_in_any_letter_case(name: str, value: str) -> None:
    record = {"DynamicField": [{name: "Floor", value: "2"}, {name: "Tool", value: None}]}
    assert flattened(record) == {"DynamicField.Floor": "2", "DynamicField.Tool": ""}


def test_references_and_further_fields_of_request_tracker() -> None:
    record = {
        "Queue": {"id": "4", "type": "queue", "Name": "Field"},
        "Requestor": [{"id": "kim@example.org", "type": "user", "_url": "https://rt.example"}],
        "CustomFields": [{"id": "1", "name": "Category", "values": ["Fans"]}],
    }
    assert flattened(record) == {"Queue": "Field", "Requestor": "kim@example.org", "CustomFields.Category": "Fans"}
