"""Rejects: what could not be imported, where it stands and why."""

from __future__ import annotations

from dataclasses import dataclass

from models.errors import InvalidError


class UnreadableFileError(InvalidError):
    """Nothing of the file can be imported; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One row or file that was left out; `row` counts lines of the file from 1, the header included."""

    file: str
    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        return f"{where}{f', {self.column}' if self.column else ''}: {self.reason}"
