"""Values of fields as views."""

from __future__ import annotations

from app.schemas.fields import FieldValuesView, FieldValueView
from kb.records.field_choices import FieldChoices


def field_values_view(choices: FieldChoices) -> FieldValuesView:
    """Return the view of the values that a person may choose for a field, in their order."""
    return FieldValuesView(
        field=choices.field,
        values=[FieldValueView(value=value, count=count) for value, count in choices.values],
        is_complete=choices.is_complete,
    )
