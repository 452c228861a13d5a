"""Sideloads: lists of users, groups and the like beside the records, with the names of their ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kb.records.json_text import text_of_json

_PEOPLE = ("users", "user", "people", "agents", "contacts", "requesters")
"""Lists with the names for fields such as `requester_id`, since no list is named after such a role."""
_ROLES = frozenset(
    [
        "requester",
        "assignee",
        "submitter",
        "author",
        "owner",
        "customer",
        "agent",
        "responder",
        "caller",
        "reporter",
        "creator",
        "contact",
        "collaborator",
        "follower",
        "created_by",
        "updated_by",
        "requested_for",
        "opened_by",
        "resolved_by",
        "closed_by",
    ]
)
_LEVELS = 2  # Zammad: assets.User


class Sideloads:
    """The names by id in lists beside the records of a document: `{"users": [{"id": 7, "name": "Mara"}]}`."""

    def __init__(self, document: Any) -> None:
        self._names: dict[str, dict[str, str]] = {}
        if isinstance(document, Mapping):
            for kind, entries in _lists(document, 0):
                self._names.setdefault(kind.lower(), {}).update(entries)

    def named(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a record with known ids replaced by names: `assignee_id` 7 becomes "Mara"."""
        if not self._names:
            return record
        named = {key: self._named(str(key), value) for key, value in record.items()}
        return {key: self._related(value) if key == "relationships" else value for key, value in named.items()}

    def _related(self, relations: Any) -> Any:
        """Return the relationships of JSON:API, `{"group": {"data": {"type": "groups", "id": "2"}}}`, by names."""
        if not isinstance(relations, Mapping):
            return relations
        return {name: self._reference(relation) for name, relation in relations.items()}

    def _reference(self, relation: Any) -> Any:
        data = relation.get("data") if isinstance(relation, Mapping) else None
        if not isinstance(data, Mapping):
            return data
        return self._names.get(str(data.get("type")).lower(), {}).get(str(data.get("id")), data.get("id"))

    def _named(self, key: str, value: Any) -> Any:
        names = self._names_for(key)
        if isinstance(value, list):
            return [names.get(str(entry), entry) if not isinstance(entry, (dict, list)) else entry for entry in value]
        return names.get(str(value), value) if isinstance(value, (str, int)) else value

    def _names_for(self, key: str) -> Mapping[str, str]:
        stem = next((key[: -len(end)] for end in ("_ids", "_id", "Ids", "Id") if key.endswith(end)), "")
        stem = stem.lower()
        if not stem:
            return {}
        kinds = (f"{stem}s", stem, f"{stem}es", f"{stem[:-1]}ies", *(_PEOPLE if stem in _ROLES else ()))
        return next((self._names[kind] for kind in kinds if kind in self._names), {})


def _lists(value: Mapping[str, Any], level: int) -> Iterator[tuple[str, dict[str, str]]]:
    for kind, entries in value.items():
        if isinstance(entries, Mapping) and level < _LEVELS:
            named = _names({**entry, "id": key} for key, entry in entries.items() if isinstance(entry, Mapping))
            yield str(kind), named
            yield from _lists(entries, level + 1)
        elif isinstance(entries, list) and kind == "included":  # JSON:API: records of several types
            for entry in entries:
                if isinstance(entry, Mapping) and isinstance(entry.get("attributes"), Mapping):
                    yield str(entry.get("type")), _names(iter([{**entry["attributes"], "id": entry.get("id")}]))
        elif isinstance(entries, list):
            yield str(kind), _names(entry for entry in entries if isinstance(entry, Mapping))


def _names(entries: Iterator[Mapping[str, Any]]) -> dict[str, str]:
    return {
        str(entry["id"]): name
        for entry in entries
        if entry.get("id") is not None and (name := _name(entry)) and "subject" not in entry
    }


def _name(entry: Mapping[str, Any]) -> str:
    """Return the name of an entry."""
    for key in ("name", "displayName", "display_name", "title", "label"):
        if isinstance(entry.get(key), str) and entry[key]:
            return str(entry[key])
    parts = [text_of_json(entry.get(key)) for key in ("firstname", "lastname", "first_name", "last_name")]
    return " ".join(filter(None, parts)) or text_of_json(entry.get("email"))
