"""Field values: the fields that there are, and what a person may choose for one."""

from __future__ import annotations

from difflib import get_close_matches

from app.composition import Services
from app.services.field_modes import fields_with_modes
from kb.records.errors import UnknownRecordError
from kb.records.feedback import ARTICLES, SIMILAR_INCIDENTS
from kb.records.field_choices import FieldChoices
from kb.records.incident import FIELDS, LABELS
from models.errors import InvalidError

_DECIDED = frozenset({*LABELS, SIMILAR_INCIDENTS, ARTICLES})
_PARENTS = {field.name: field.parent for field in FIELDS if field.parent is not None}


def known_fields(services: Services) -> list[str]:
    """Return the fields that everybody has, those that are learnt, and those of the catalogue."""
    return list(dict.fromkeys([*LABELS, *fields_with_modes(services), *services.catalogue.all()]))


def check_decision(services: Services, field: str, chosen: str | None) -> None:
    """Check that a decision is on no misspelt field, and on a value that the field has.

    A further field may be new; one that no incident has and that reads like another is taken for a slip. Raises
    UnknownRecordError and UnknownValueError.
    """
    if field not in _DECIDED:
        known = known_fields(services)
        meant = get_close_matches(field.casefold(), known, 1)
        if meant and field not in known and not services.field_values.counts(field):
            raise UnknownRecordError(f"no field {field!r}; is it {meant[0]}? There are {', '.join(known)}")
    services.catalogue.check({field: chosen})


def choices(services: Services, field: str, *, parent: str | None, limit: int) -> FieldChoices:
    """Return what a person may choose for a field: the values of the catalogue, without one those in use.

    With a `parent`, the value one level up, the values in use and the counts are those of incidents that carry it.
    Raises UnknownRecordError for a field that does not exist, InvalidError for a parent where there is no level above.
    """
    catalogue, known = services.catalogue.all(), known_fields(services)
    if field not in known:
        raise UnknownRecordError(f"no field {field!r}; there are {', '.join(known)}")
    if parent is not None and field not in _PARENTS:
        below = ", ".join(_PARENTS)
        raise InvalidError(f"parent: {field} has no field one level up; these have: {below}", field="parent")
    used = services.field_values.counts(field, parent=None if parent is None else (_PARENTS[field], parent))
    if field not in catalogue:
        return FieldChoices(field, tuple(used.items())[:limit], is_complete=False)
    listed = [(value, used.get(value, 0)) for value in catalogue[field]]
    listed.sort(key=lambda entry: (-entry[1], entry[0].casefold()))
    return FieldChoices(field, tuple(listed[:limit]), is_complete=len(listed) <= limit)
