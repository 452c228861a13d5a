"""Import drafts: the file that is to be imported, and what was said of its columns, states and dates so far."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from app.client import Client
from app.schemas.imports import ColumnView, ImportPreviewView
from kb.records.rejects import RejectKind
from kb.vocabulary.stage import Stage

_TEXTS = ("short_description", "description")


@dataclass
class ImportDraft:
    """A file, what was said of it, and the preview of that.

    `fields` gives fields their column, an empty one where no column is that field. `sheets` are those of a workbook,
    `sheet` is the chosen one, or empty for the likeliest. `job` is the import once it was started.
    """

    name: str
    content: bytes
    fields: dict[str, str] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)
    day_first: bool | None = None
    sheet: str = ""
    timezone: str = "UTC"
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    sheets: list[str] = field(default_factory=list)
    preview: ImportPreviewView | None = None
    job: str | None = None

    def look(self, service: Client) -> ImportPreviewView:
        """Return what an import would do; the service is asked once after each change."""
        if self.preview is None:
            self.preview = service.preview_import(self.name, self.content, **self._said())
            self.sheets = self.preview.sheets
        return self.preview

    def start(self, service: Client, *, by: str | None) -> None:
        """Start the import of the file as it is chosen now."""
        self.job = service.start_import(self.name, self.content, by=by, **self._said()).id

    def take(self, column: ColumnView, chosen: str | None) -> None:
        """Note which field a column is, or with nothing that it is a further column."""
        if column.field is not None:
            self.fields[column.field] = ""
        if chosen:
            self.fields = {name: taken for name, taken in self.fields.items() if taken != column.column}
            self.fields[chosen] = column.column
        self.preview = None

    def mean(self, state: str, stage: Stage) -> None:
        """Note which stage a state means."""
        self.stages[state] = stage
        self.preview = None

    def read(self, *, day_first: bool | None, sheet: str, timezone: str) -> bool:
        """Say how dates and sheets are read, the order of dates by the file with `None`; returns if that is new."""
        if (day_first, sheet, timezone) == (self.day_first, self.sheet, self.timezone):
            return False
        if sheet != self.sheet:  # another sheet has other columns
            self.fields = {}
        self.day_first, self.sheet, self.timezone = day_first, sheet, timezone
        self.preview = None
        return True

    def _said(self) -> dict[str, Any]:
        return {
            "map": [f"{name}={column}" for name, column in self.fields.items()],
            "state": [f"{state}={stage.value}" for state, stage in self.stages.items()],
            "day_first": self.day_first,
            "sheet": self.sheet or None,
            "timezone": self.timezone or "UTC",
        }


def says_something(preview: ImportPreviewView) -> bool:
    """Whether a column is taken for what the caller said."""
    return any(column.field in _TEXTS for column in preview.columns)


def rows_left_out(preview: ImportPreviewView) -> int:
    """How many rows an import would leave out."""
    return sum(problem.count for problem in preview.problems if problem.kind is RejectKind.ROW)
