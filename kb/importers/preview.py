"""Preview: shows what an import would do, without writing anything."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kb.importers.date_order import DateOrder
from kb.importers.evidence import ColumnSamples
from kb.importers.incidents import IncidentFile
from kb.importers.tables import read_table, sheets_of
from kb.records.columns import Doubt
from kb.records.incident import Incident
from kb.records.rejects import Reject, RejectKind
from kb.records.wording import Wording
from kb.vocabulary.stage import Stage
from kb.vocabulary.states import plain_state

_EXAMPLES = 3
_ITS_OWN = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d.,]*")
"""The parts of a message in which the same problem differs between rows."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column, the field that it is read as, if any, and its first values."""

    column: str
    field: str | None
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateCount:
    """A state, what it means, and how many incidents are in it."""

    state: str
    stage: Stage
    incidents: int


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """Problems of one kind: how many, and the first of them, in words and as they are."""

    kind: RejectKind
    column: str | None
    count: int
    examples: tuple[str, ...]
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import of a file would do: what each column is read as, and what is wrong with which rows.

    `recalled` is the mapping that was chosen for an earlier file of this shape, `sheets` are those of a workbook.
    """

    tool: str | None
    incidents: int
    columns: tuple[ColumnUse, ...]
    doubts: tuple[Doubt, ...]
    recalled: Mapping[str, str]
    sheets: tuple[str, ...]
    dates: str
    date_order: DateOrder
    states: tuple[StateCount, ...]
    problems: tuple[ProblemCount, ...]


def preview_import(file: IncidentFile, meanings: Mapping[str, Stage] | None = None) -> ImportPreview:
    """Read a whole file and return what an import would do; `meanings` are the organisation's meanings of states."""
    states = Counter[tuple[str, Stage]]()
    problems = dict[tuple[RejectKind, str | None, str], list[Reject]]()
    counts = Counter[tuple[RejectKind, str | None, str]]()
    for record in file.read():
        if isinstance(record, Incident):
            states[record.state, (meanings or {}).get(plain_state(record.state), record.stage)] += 1
        else:
            key = (record.kind, record.column, _alike(record.reason))
            counts[key] += 1
            if counts[key] <= _EXAMPLES:
                problems.setdefault(key, []).append(record)
    return ImportPreview(
        tool=file.tool,
        incidents=states.total(),
        columns=column_uses(file),
        doubts=file.mapped.doubts,
        recalled=file.recalled,
        sheets=sheets_of(file.path),
        dates=str(file.order),
        date_order=file.order,
        states=tuple(StateCount(state, stage, count) for (state, stage), count in states.most_common()),
        problems=tuple(
            ProblemCount(kind, column, counts[kind, column, reason], tuple(map(str, found)), tuple(found))
            for (kind, column, reason), found in problems.items()
        ),
    )


def _alike(reason: str) -> str:
    """Return what reasons of the same problem share."""
    return reason.template if isinstance(reason, Wording) else _ITS_OWN.sub("…", reason)


def preview_columns(path: Path, sheet: str | None, problem: str) -> ImportPreview:
    """Return the columns of a file that cannot be imported before somebody assigns them."""
    return ImportPreview(
        tool=None,
        incidents=0,
        columns=_uses(ColumnSamples.read(read_table(path, sheet=sheet)), {}),
        doubts=(),
        recalled={},
        sheets=sheets_of(path),
        dates="",
        date_order=DateOrder(day_first=False, reason=Wording("nothing was read yet")),
        states=(),
        problems=(ProblemCount(RejectKind.ROW, None, 1, (problem,)),),
    )


def column_uses(file: IncidentFile) -> tuple[ColumnUse, ...]:
    """Return what each column of a file is read as."""
    return _uses(file.samples, {column: name for name, column in file.mapped.column_of.items()})


def _uses(samples: ColumnSamples, field_of: Mapping[str, str]) -> tuple[ColumnUse, ...]:
    return tuple(
        ColumnUse(column, field_of.get(column), tuple(dict.fromkeys(values))[:_EXAMPLES])
        for column, values in samples.values.items()
    )
