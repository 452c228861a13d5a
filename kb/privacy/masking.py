"""Masking: passwords, keys, card and identity numbers that people write, taken out before anything is kept.

Who is meant by it, names, mail addresses and phone numbers, is taken out where that is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from kb.privacy.personal import personal_spans
from kb.privacy.secret_forms import known_by_form
from kb.privacy.secret_words import known_by_words
from kb.records.incident import FIELD_NAMES, PEOPLE, TEXTS, Incident
from kb.records.sensitive_data import MaskedKind


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its secrets, and which kinds of them it had."""

    text: str
    found: frozenset[MaskedKind] = frozenset()


_TEXTS = (*TEXTS, "filed_short_description", "filed_description")
_NO_TEXTS = frozenset(FIELD_NAMES) - frozenset(_TEXTS)


@dataclass(frozen=True, slots=True)
class Masking:
    """What is masked: secrets always, and if `personal`, names, mail addresses and phone numbers too."""

    personal: bool = False

    def text(self, text: str, *, people: Iterable[str] = ()) -> Masked:
        """Return a text in which secrets, and personal data where that is wanted, stand as `[masked: password]`.

        The names of `people` are names wherever they stand.
        """
        spans: set[tuple[int, int, MaskedKind]] = {*known_by_form(text), *known_by_words(text)}
        if self.personal:
            spans.update(personal_spans(text, people))
        parts, found, done = list[str](), set[MaskedKind](), 0
        # Kinds are ordered too, so that every process masks a text alike: its digest is a key.
        for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1], span[2])):
            if start < done:
                continue
            parts += [text[done:start], f"[masked: {kind.value.replace('_', ' ')}]"]
            found.add(kind)
            done = end
        return Masked("".join([*parts, text[done:]]), frozenset(found)) if found else Masked(text)

    def fields(self, values: Mapping[str, Any], columns: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
        """Return the values of one incident by field or further column, masked as in `incident`; `columns` by field.

        Who calls, who works on it and how it was classified tell what to learn and whom to forget: of those, secrets
        alone are masked.
        """
        field_of = {column: field for field, column in columns.items()}
        named = [values.get(columns.get(field, field)) for field in PEOPLE]
        people, secrets_only = [name for name in named if isinstance(name, str)], Masking()

        def clean(name: str, value: str) -> str:
            masking = secrets_only if field_of.get(name, name) in _NO_TEXTS else self
            return masking.text(value, people=people).text

        return {name: clean(name, value) if isinstance(value, str) else value for name, value in values.items()}

    def incident(self, incident: Incident, known: Incident | None = None) -> tuple[Incident, frozenset[MaskedKind]]:
        """Return an incident with its texts and further columns masked, and which kinds of secrets they had.

        Texts that it shares with a `known` one are masked already.
        """
        found = set[MaskedKind]()
        people = [name for field in PEOPLE if (name := incident.value(field))]
        before = set[str | None]()
        if known is not None:
            before = {*known.extra.values(), *(getattr(known, name) for name in _TEXTS)}

        def clean(text: str) -> str:
            if text in before:
                return text
            masked = self.text(text, people=people)
            found.update(masked.found)
            return masked.text

        texts: dict[str, Any] = {name: clean(text) for name in _TEXTS if (text := getattr(incident, name))}
        extra = {name: clean(value) if isinstance(value, str) else value for name, value in incident.extra.items()}
        return (replace(incident, **texts, extra=extra), frozenset(found)) if found else (incident, frozenset())
