"""Fields over HTTP: which values a person may choose."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.fields import field_values_view
from app.schemas.field_types import Key, Value
from app.schemas.fields import FieldValuesView
from app.services.field_values import choices
from kb.records.api_key import Scope

reading = scoped(Scope.SUGGEST, tag="fields")

FIELD_VALUES = (reading,)


@reading.get("/fields/{field}/values", responses=problems_of(404))
def list_field_values(
    field: Key,
    services: TheServices,
    parent: Annotated[Value | None, Query(description="Only values that occur with this value one level up.")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> FieldValuesView:
    """List the values that a person may choose for a field, the most used first.

    They are the allowed values of the field if it has any, else those that incidents have.
    """
    return field_values_view(choices(services, field, parent=parent, limit=limit))
