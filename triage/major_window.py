"""Window of the last reports, which grows as they are logged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.storage.incident_store import StoredIncident
from triage.major_detection import RecentReports
from triage.major_history import recent_reports

_ROOM = 256


class ReportWindow:
    """The last reports in the order of their logging, each with its incident."""

    def __init__(self, records: Sequence[StoredIncident]) -> None:
        self.incidents = [record.incident for record in records]
        self._table = recent_reports(records)
        self._size = len(records)
        self._rows = {incident.number: row for row, incident in enumerate(self.incidents)}

    def __len__(self) -> int:
        return self._size

    def __contains__(self, number: str) -> bool:
        return number in self._rows

    def row(self, number: str) -> int:
        """Return the row of a report."""
        return self._rows[number]

    def reports(self) -> RecentReports:
        """Return the reports as a table: views that are valid until the next append."""
        table, size = self._table, self._size
        return RecentReports(
            table.moments[:size],
            table.vectors[:size],
            table.callers[:size],
            {name: values[:size] for name, values in table.values.items()},
            table.counted[:size],
        )

    def can_append(self, record: StoredIncident) -> bool:
        """Return whether a report is a new one that was logged after all others."""
        opened = record.incident.opened_at
        is_last = opened is not None and (
            not self._size or opened.timestamp() >= float(self._table.moments[self._size - 1])
        )
        return is_last and record.incident.number not in self._rows

    def append(self, record: StoredIncident) -> None:
        """Add a report that was logged after all others."""
        one = recent_reports([record])
        if self._size == len(self._table.moments):
            self._table = _with_room(self._table if self._size else one, self._size)
        row, table = self._size, self._table
        table.moments[row], table.vectors[row] = one.moments[0], one.vectors[0]
        table.callers[row], table.counted[row] = one.callers[0], True
        for name, values in table.values.items():
            values[row] = one.values[name][0]
        self.incidents.append(record.incident)
        self._rows[record.incident.number] = row
        self._size += 1

    def rewrite(self, record: StoredIncident) -> None:
        """Update the values of a report."""
        row, one = self._rows[record.incident.number], recent_reports([record])
        self.incidents[row] = record.incident
        for name, values in self._table.values.items():
            values[row] = one.values[name][0]

    def discount(self, numbers: Collection[str]) -> None:
        """Exclude reports from new proposals."""
        rows = [self._rows[number] for number in numbers if number in self._rows]
        self._table.counted[rows] = False


def _with_room(table: RecentReports, size: int) -> RecentReports:
    """Return a copy of the first rows of a table with at least as many free rows behind them."""
    rows = max(_ROOM, 2 * size)
    return RecentReports(
        _grown(table.moments, size, rows),
        _grown(table.vectors, size, rows),
        _grown(table.callers, size, rows),
        {name: _grown(values, size, rows) for name, values in table.values.items()},
        _grown(table.counted, size, rows),
    )


def _grown(values: NDArray[Any], size: int, rows: int) -> NDArray[Any]:
    larger = np.zeros((rows, *values.shape[1:]), dtype=values.dtype)
    larger[:size] = values[:size]
    return larger
