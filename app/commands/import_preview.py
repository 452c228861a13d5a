"""Import preview: shows how an import reads each column, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from app.commands import console
from app.commands.advice import with_options
from app.commands.displays.imports import CALLED
from kb.records.excerpt import excerpt
from kb.records.rejects import RejectKind

if TYPE_CHECKING:
    from kb.importers.incidents import IncidentFile
    from kb.importers.preview import ImportPreview

_EXAMPLE_CHARACTERS = 40


def show_mapping(file: IncidentFile) -> None:
    """Print which tool a file comes from, how its columns are read, and which resemble a field without a column."""
    for line in _mapping_lines(file):
        console.say(line)
    if file.order.is_told:
        console.say(with_options(str(file.order)))


def show_preview(file: IncidentFile, preview: ImportPreview) -> None:
    """Print what an import would do: columns with their first values, states, dates and problems."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("column", "field", "first values"):
        table.add_column(name, overflow="fold")
    for use in preview.columns:
        values = " · ".join(excerpt(value, _EXAMPLE_CHARACTERS) for value in use.examples)
        table.add_row(escape(use.column), use.field or "-", escape(values))
    console.out.print(table)
    for line in (*_mapping_lines(file), *_preview_lines(file, preview)):
        console.out.print(escape(line))


def _mapping_lines(file: IncidentFile) -> Iterator[str]:
    mapped = file.mapped
    if mapped.tool is not None:
        yield f"tool: {mapped.tool.name}"
    yield "columns: " + ", ".join(f"{field} = {column}" for field, column in mapped.column_of.items())
    further = [column for column in file.samples.values if column not in mapped.column_of.values()]
    if further:
        yield f"further columns: {', '.join(further)}"
    if file.recalled:
        chosen = ", ".join(f"{field} = {column}" for field, column in file.recalled.items())
        yield f"as chosen for an earlier file with these columns: {chosen} (--forget-mapping drops that)"
    for doubt in mapped.doubts:
        if doubt.field not in mapped.column_of:
            option = f"--map {doubt.field}={doubt.column}"
            yield f"not used: {doubt.column} resembles {doubt.field}, but {doubt.reason}; if it is, add {option!r}"


def _preview_lines(file: IncidentFile, preview: ImportPreview) -> Iterator[str]:
    for doubt in preview.doubts:
        if doubt.field in file.mapped.column_of:
            yield f"also like {doubt.field}: {doubt.column} ({doubt.reason})"
    yield with_options(preview.dates)
    for state in preview.states:
        yield f"state {state.state or '(none)'}: {state.stage.replace('_', ' ')}, {state.incidents:,} incidents"
    for problem in preview.problems:
        yield f"{CALLED[problem.kind]}, {problem.count:,} times: {with_options('; '.join(problem.examples))}"
    rows = sum(problem.count for problem in preview.problems if problem.kind is RejectKind.ROW)
    yield f"would import {preview.incidents:,} incidents and leave out {rows:,} rows; nothing was written"


def preview_document(file: IncidentFile, preview: ImportPreview) -> dict[str, Any]:
    """Return a preview as JSON values."""
    return {"file": str(file.path), "dry_run": True, "mapping": dict(file.mapped.column_of), **asdict(preview)}


def mapping_document(file: IncidentFile) -> dict[str, Any]:
    """Return how the columns of a file were read, as JSON values."""
    mapped = file.mapped
    return {
        "tool": file.tool,
        "mapping": dict(mapped.column_of),
        "further": [column for column in file.samples.values if column not in mapped.column_of.values()],
        "doubts": [asdict(doubt) for doubt in mapped.doubts],
        "recalled": dict(file.recalled),
    }
