"""Previews of imports as views."""

from __future__ import annotations

from dataclasses import asdict

from app.presenters.jobs import reject_view
from app.presenters.wordings import wording_view
from app.schemas.imports import (
    ColumnView,
    DateOrderView,
    DoubtView,
    ImportPreviewView,
    ProblemCountView,
    StateCountView,
)
from kb.importers.date_order import DateOrder
from kb.importers.preview import ImportPreview, ProblemCount
from kb.records.columns import Doubt


def import_preview_view(preview: ImportPreview) -> ImportPreviewView:
    """Return the view of what an import would do."""
    return ImportPreviewView(
        tool=preview.tool,
        incidents=preview.incidents,
        columns=[ColumnView(**asdict(column)) for column in preview.columns],
        doubts=list(map(_doubt_view, preview.doubts)),
        recalled=dict(preview.recalled),
        sheets=list(preview.sheets),
        dates=preview.dates,
        date_order=_date_order_view(preview.date_order),
        states=[StateCountView(**asdict(state)) for state in preview.states],
        problems=list(map(_problem_view, preview.problems)),
    )


def _doubt_view(doubt: Doubt) -> DoubtView:
    return DoubtView(column=doubt.column, field=doubt.field, reason=doubt.reason, wording=wording_view(doubt.reason))


def _date_order_view(order: DateOrder) -> DateOrderView:
    return DateOrderView(
        day_first=order.day_first,
        reason=order.reason,
        wording=wording_view(order.reason),
        example=order.example,
        is_mixed=order.is_mixed,
    )


def _problem_view(problem: ProblemCount) -> ProblemCountView:
    return ProblemCountView(
        kind=problem.kind,
        column=problem.column,
        count=problem.count,
        examples=list(problem.examples),
        rejects=list(map(reject_view, problem.rejects)),
    )
