"""JSON texts: what the objects and lists of other tools' interfaces say, as a ticket's fields say it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from kb.vocabulary.column_name import name_key
from kb.vocabulary.tool import read_tools

_BAR = "|"
_TELLING = (
    "displayName",
    "display_name",
    "dynamicName",
    "friendlyname",
    "name",
    "Name",
    "label",
    "title",
    "value",
    "emailAddress",
    "email",
    "login",
    "username",
    "body",
    "text",
)
"""Keys that say what an object is, the most telling first: Jira, TOPdesk, iTop, GLPI, Zendesk, Freshservice."""
_REFERENCE = frozenset({"id", "type", "url", "_url", "href", "links"})
"""What a reference that names nothing consists of: JSON:API, Request Tracker."""
_INSTANT = re.compile(r"(?!1970)\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?|1\d{12}")
"""How reference objects give a moment in UTC: ServiceNow as text, ServiceDesk Plus in milliseconds. Durations of
ServiceNow begin in 1970."""
_ISO = re.compile(r"\d{4}-\d\d-\d\dT")
_LIFTED = ("fields", "values", "attributes", "_source", "properties", "node")
"""Keys under which a record keeps its own fields: Jira, BMC Helix, JSON:API, Elasticsearch, SharePoint, GraphQL."""
_FORMATTED = "@OData.Community.Display.V1.FormattedValue"
"""What Dynamics adds to the name of a field for what it shows of it."""
_VALUES = frozenset({"value", "values"})
_NAMING = ("name", "fieldId", "label", "key", "field", "title", "id", "code")
_CAPTION = "valueCaption"
_DECORATION = frozenset(
    {"dirty", "displayName", "fullFieldId", "html", "keyCaption", "renderedValue", "valueClass", _CAPTION}
)
"""Keys of a field other than its name and value, in Cherwell, SysAid and Jira's service desks."""
_OPAQUE = re.compile(r"customfield_\d+|[^:]*:.*")
"""Names of fields that say nothing to a reader."""
_OPENING = "first article"
"""Column of what the caller said first, from a list of messages that says who wrote each."""
_CONVERSATION = "conversation"
"""Column of a list of messages, whatever the tool calls it: OTRS and Zammad say "articles"."""
_SENT = frozenset({"from", "subject", "sender", "sendertype"})
"""Keys of messages, one of which each has beside its text."""
_BLOCKS = frozenset(
    {"paragraph", "heading", "codeBlock", "blockquote", "listItem", "tableRow", "rule", "panel", "mediaSingle"}
)
"""Nodes of the Atlassian Document Format that stand on lines of their own."""


def text_of_json(value: Any) -> str:
    """Return a JSON value as text: an object by what tells it, a list by its entries between bars.

    A reference object `{display_value, value}` counts by its display value, or by its value where that is a moment.
    A document in the Atlassian Document Format becomes plain text. Raises RecursionError where values nest too deeply.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        told = _told(value)
        return (json.dumps(value, ensure_ascii=False) if value else "") if told is None else told
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _BAR.join(text for entry in value if (text := text_of_json(entry)))
    return str(value)


def flattened(record: Mapping[str, Any]) -> dict[str, str]:
    """Return a record as texts by column; what an object does not tell in one text gets columns such as `via.channel`.

    Objects under `fields` and the like are the record's own fields. A list of pairs such as `{id, value}` gets a
    column for each. What OData shows of a field counts before its code, unless that is a
    moment. Raises RecursionError where values nest too deeply.
    """
    texts: dict[str, str] = {}
    for key, value in _lifted(record).items():
        if isinstance(value, str) and "@" not in key:
            texts[key] = value
            continue
        field = key.removesuffix(_FORMATTED)
        if key.startswith("@odata.") or (field != key and _ISO.match(texts.get(field, ""))):
            continue
        _flatten(field, value, texts)
    return texts


def _lifted(record: Mapping[str, Any]) -> dict[str, Any]:
    given = {str(key): value for key, value in record.items()}
    for name in _LIFTED:
        inner = given.get(name)
        if isinstance(inner, Mapping) and set(inner) != {"type", "url"}:  # Salesforce names a record's kind so
            del given[name]
            given |= {str(key): value for key, value in inner.items()}
    return given


def _flatten(name: str, value: Any, texts: dict[str, str]) -> None:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping) and _is_page(value[0]):
        value = value[0]
    if isinstance(value, Mapping) and _is_sent(value, _senders()):
        value = [value]
    if isinstance(value, Mapping) and value and _told(value) is None:
        for key, inner in value.items():
            _flatten(f"{name}.{key}", inner, texts)
        return
    if isinstance(value, list) and any(isinstance(entry, Mapping) and _is_sent(entry, _SENT) for entry in value):
        if opening := _opening(value):
            texts.setdefault(_OPENING, opening)
        name = _CONVERSATION
    pairs = _pairs(value)
    if pairs:
        for key, inner in pairs:
            _flatten(f"{name}.{key}", inner, texts)
    else:
        texts[name] = text_of_json(value)


def _told(value: Mapping[str, Any]) -> str | None:
    """Return what an object says in one text, `None` where nothing in it does."""
    if "display_value" in value:
        shown, meant = text_of_json(value["display_value"]), text_of_json(value.get("value"))
        return meant if shown and _INSTANT.fullmatch(meant) else shown
    if value.get("type") == "doc" and isinstance(value.get("content"), list):
        return " ".join(_document(value).split(" ")).strip()
    if _is_message(value) or _is_page(value):
        return None
    if named := _full_name(value) or _named(value):
        return named
    if value.get("id") and value.keys() <= _REFERENCE:
        return text_of_json(value["id"])
    return "" if any(key in value for key in _TELLING) and all(not entry for entry in value.values()) else None


def _named(value: Mapping[str, Any]) -> str:
    """Return what the most telling key of an object says, "" where none does."""
    for key in _TELLING:
        told = value.get(key)
        if told is not None and told != "" and not (isinstance(told, Mapping) and _told(told) is None):
            return text_of_json(told)
    return ""


def _full_name(value: Mapping[str, Any]) -> str:
    """Return the name of a person whose parts an object holds, "" where it has a name in one text or none."""
    if any(value.get(key) for key in _TELLING[: _TELLING.index("label")]):
        return ""
    pairs = (("firstname", "lastname"), ("first_name", "last_name"))
    names = ([text_of_json(value.get(key)) for key in pair] for pair in pairs)
    return next((" ".join(parts) for parts in names if all(parts)), "")


def _is_message(value: Mapping[str, Any]) -> bool:
    return "subject" in value and "body" in value


def _is_page(value: Mapping[str, Any]) -> bool:
    """Return whether an object is an article, as TOPdesk and Zammad keep one for each language."""
    return "title" in value and ("body" in value or "content" in value)


def _document(node: Mapping[str, Any]) -> str:
    """Text of a node of the Atlassian Document Format, blocks on lines of their own."""
    kind, attributes = node.get("type"), node.get("attrs")
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    if isinstance(attributes, Mapping) and "content" not in node:
        return str(attributes.get("text") or attributes.get("url") or "")  # a mention, an emoji, a card
    content = node.get("content")
    parts = [_document(part) for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    text = "".join(parts)
    return f"{text.rstrip()}\n" if kind in _BLOCKS else text


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """Names and values of a list of further fields, empty where it is any other list."""
    if not isinstance(value, list) or not value:
        return []
    pairs = dict[str, Any]()
    for entry in value:
        if not isinstance(entry, Mapping):
            return []
        pair = {key[:1].lower() + key[1:]: inner for key, inner in entry.items()}
        name = _pair_name(pair)
        if name is None or name in pairs:
            return []
        pairs[name] = _shown(pair)
    return list(pairs.items())


def _shown(entry: Mapping[str, Any]) -> Any:
    """Return what a field of a list shows: its caption where it has one, unless its value is a moment."""
    value = entry["value"] if "value" in entry else entry["values"]
    return entry[_CAPTION] if entry.get(_CAPTION) and not _INSTANT.fullmatch(text_of_json(value)) else value


def _is_sent(value: Mapping[str, Any], signs: frozenset[str]) -> bool:
    """Return whether an object is a message of a ticket: it has a text, and another key by which it is known."""
    keys = _keyed(value).keys()
    return "body" in keys and not keys.isdisjoint(signs)


def _opening(messages: Sequence[Any]) -> str:
    """Return what the caller said first in a list of messages, nothing where no message says who wrote it."""
    keyed = (_keyed(message) for message in messages if isinstance(message, Mapping))
    by_caller = (message for message in keyed if any(_is_caller(message.get(key)) for key in _senders()))
    return next((body for message in by_caller if (body := text_of_json(message.get("body")))), "")


def _keyed(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name_key(str(key)): inner for key, inner in value.items()}


def _is_caller(sender: Any) -> bool:
    return isinstance(sender, str) and name_key(sender) in _callers()


@cache
def _callers() -> frozenset[str]:
    """Keys of the words by which tools say that the caller wrote a message."""
    return frozenset(name_key(word) for tool in read_tools() for word in tool.callers)


@cache
def _senders() -> frozenset[str]:
    """Keys of the names under which tools say who wrote a message."""
    return frozenset(name_key(name) for tool in read_tools() for name in tool.sender)


def _pair_name(entry: Mapping[str, Any]) -> str | None:
    if len(_VALUES & set(entry)) != 1:
        return None
    named = set(entry) - _VALUES - _DECORATION
    if len(named) > 2 or not named <= set(_NAMING):
        return None
    names = [str(entry[key]) for key in _NAMING if entry.get(key) is not None]
    telling = [name for name in names if _OPAQUE.fullmatch(name) is None]
    return (telling or names)[0] if names else None
