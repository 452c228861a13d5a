"""Wording: a sentence with places and what stands in them, so that a reader can have it in another language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Wording:
    """An English sentence with places in braces, and the text or number that stands in each.

    The place `field` has the name of a field, `day` a day as YYYY-MM-DD.
    """

    template: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        field_name = str(self.values.get("field", "")).replace("_", " ")
        return self.template.format(**{**self.values, "field": field_name})

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {"template": self.template, "values": dict(self.values)}
