"""Rejects: what could not be imported, where it stands and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from models.errors import InvalidError


class UnreadableFileError(InvalidError):
    """Nothing of the file can be imported; the message says why and what to do."""


class RejectKind(StrEnum):
    """What was left out: a row or file, one cell of a row that is kept, or nothing that anybody needs."""

    ROW = "row"
    CELL = "cell"
    NOTE = "note"
    """Left out on purpose, such as a total row, or only worth knowing, such as which sheet was read."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One row, file or cell that was left out; `row` counts lines of the file from 1, the header included."""

    file: str
    row: int | None
    column: str | None
    reason: str
    kind: RejectKind = RejectKind.ROW

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        return f"{where}{f', {self.column}' if self.column else ''}: {self.reason}"


def emptied(file: str, row: int | None, column: str | None, reason: str) -> Reject:
    """Return the reject of one cell that is left empty, in a row that is kept."""
    return Reject(file, row, column, reason, RejectKind.CELL)


def count_of(kind: RejectKind, rejects: Iterable[Reject]) -> int:
    """Return how many rejects are of one kind."""
    return sum(reject.kind == kind for reject in rejects)
