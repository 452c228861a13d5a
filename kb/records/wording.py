"""Wording: a sentence with places and what stands in them, so that a reader can have it in another language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Wording(str):
    """An English sentence that also knows its `template`, with places in braces, and the `values` that stand in them.

    Names of places say what stands there: `field` and `input` the name of a field, `day` a day as YYYY-MM-DD, `file` a
    file, `state`, `to` and `role` one of the project's own names, `fields`, `states` and `roles` several of them. A
    value may be several wordings itself.
    """

    template: str
    values: Values

    def __new__(cls, template: str, values: Values | None = None) -> Wording:
        """Return the sentence that a template and its values make."""
        values = dict(values or {})
        made = super().__new__(cls, template.format(**{name: _text(name, value) for name, value in values.items()}))
        made.template, made.values = template, values
        return made

    def __getnewargs__(self) -> tuple[str, Values]:  # type: ignore[override]  # a copy has its parts too
        """Return what a copy is made from."""
        return self.template, self.values

    def as_json(self) -> dict[str, Any]:
        """Return the parts as JSON values."""
        values = {
            name: value if isinstance(value, str | int) else [one.as_json() for one in value]
            for name, value in self.values.items()
        }
        return {"template": self.template, "values": values}

    @classmethod
    def from_json(cls, template: str, values: Mapping[str, Any]) -> Wording:
        """Return the wording with these parts."""
        return cls(
            template,
            {
                name: [cls.from_json(**one) for one in value] if isinstance(value, list) else value
                for name, value in values.items()
            },
        )


Values = Mapping[str, str | int | Sequence[Wording]]
"""What stands in the places of a template."""


def wording_of(error: BaseException) -> str:
    """Return what an error says: a wording where it was raised with one."""
    said = error.args[0] if error.args else None
    return said if isinstance(said, Wording) else str(error)


def renamed(text: str, old: str, new: str) -> str:
    """Return a text that calls something otherwise, a wording as a wording."""
    if not isinstance(text, Wording):
        return text.replace(old, new)
    values = {name: value.replace(old, new) if isinstance(value, str) else value for name, value in text.values.items()}
    return Wording(text.template, values)


def _text(name: str, value: str | int | Sequence[Wording]) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, str):
        return "; ".join(value)
    return value.replace("_", " ") if name == "field" else value
