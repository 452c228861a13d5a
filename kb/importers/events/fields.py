"""Logged fields: maps the names that tools use in audit logs to our fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from kb.records.incident import FIELDS
from kb.records.incident_changes import TRACKED
from kb.vocabulary.column_name import name_forms, name_keys
from kb.vocabulary.nothing import something
from kb.vocabulary.tool import read_tools

# values kept once: groups, categories and people of a year's log
_VALUES_KEPT = 1 << 16

MADE_SLA = "made_sla"
"""Whether the target is met so far, which some tools log beside the fields."""


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Fields that events record, by the keys of their names."""

    fields: Mapping[str, str]

    def field_of(self, name: str) -> str | None:
        """Return the field that a tool's name means, `None` where events do not record it."""
        return next((self.fields[form] for form in name_forms(name) if form in self.fields), None)


@cache
def field_names(tool: str | None) -> FieldNames:
    """Return the names of fields in one tool, and the plain names where it has none."""
    own = next((one.columns for one in read_tools() if one.name == tool), {})
    fields = {"madesla": MADE_SLA}
    for field in FIELDS:
        if field.name in TRACKED:
            names = (*own.get(field.name, ()), field.name, *field.aliases)
            fields = {key: field.name for name in names for key in name_keys(name)} | fields
    return FieldNames(fields)


@lru_cache(maxsize=_VALUES_KEPT)
def value_of(text: str) -> str | None:
    """Return the value of a logged text, `None` where it means "no value"."""
    return something(text.strip()) or None
