"""Label changes over HTTP: renaming, merging, splitting and retiring the values of a field."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Response

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.label_changes import label_change_view
from app.schemas.label_changes import LabelChangeBody, LabelChangesView, LabelChangeView
from app.services.label_changes import record_label_change
from kb.records.api_key import Scope

watching = scoped(Scope.SUGGEST, tag="label changes")
steering = scoped(Scope.ADMIN, tag="label changes")

LABEL_CHANGES = (watching, steering)

_LARGEST = 2**31 - 1


@watching.get("/label-changes")
def list_label_changes(services: TheServices) -> LabelChangesView:
    """List the label changes in force, by date."""
    return LabelChangesView(changes=[label_change_view(entry) for entry in services.store.label_changes.all()])


@steering.post("/label-changes", status_code=HTTPStatus.CREATED, responses=problems_of(404))
def post_label_change(body: LabelChangeBody, services: TheServices) -> LabelChangeView:
    """Record that a value was renamed, merged, split or retired; history is read accordingly at once."""
    found = record_label_change(services, body.field, body.old, body.new, since=body.since, by=body.by)
    return label_change_view(found)


@steering.delete("/label-changes/{id}", status_code=HTTPStatus.NO_CONTENT, responses=problems_of(404))
def withdraw_label_change(
    id: Annotated[int, Path(ge=1, le=_LARGEST)],  # noqa: A002 (named as in the path)
    services: TheServices,
) -> Response:
    """Withdraw a label change; history is at once read as before it."""
    services.store.label_changes.withdraw(id)
    return Response(status_code=HTTPStatus.NO_CONTENT)
