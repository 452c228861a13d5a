"""Import of incidents: rows of a table as incident records."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import groupby
from pathlib import Path
from typing import Any

from kb.importers.dates import DateReader, is_day_first
from kb.importers.tables import Row, columns_of, read_table
from kb.records.columns import Mapped, map_columns
from kb.records.incident import COUNTS, INSTANTS, LABELS, NUMBER_LIMIT, TEXTS, VALUE_LIMIT, Incident
from kb.records.rejects import Reject

_DATE_SAMPLE = 20_000
_NOTHING = "?"


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """A table of incidents: where it is and how it is read."""

    path: Path
    mapped: Mapped
    dates: DateReader
    encoding: str | None = None

    @classmethod
    def open(
        cls, path: Path, *, chosen: Mapping[str, str] | None = None, zone: tzinfo = UTC, encoding: str | None = None
    ) -> IncidentFile:
        """Look at a file and recognise its columns; raises UnreadableFileError or ColumnError where it
        cannot be imported.
        """
        mapped = map_columns(columns_of(path, encoding=encoding), chosen)
        day_first = is_day_first(_date_texts(path, mapped, encoding))
        return cls(path, mapped, DateReader(day_first, zone), encoding)

    def read(self) -> Iterator[Incident | Reject]:
        """Incidents, and a Reject for each row that is none.

        A row without number gets one made from its text, the same at every import. Rows of one number that follow
        each other and say when they were updated are that incident's history: the last state counts, with the texts
        of the first as those it was filed with. Where a number stands twice otherwise, the later row is rejected.
        """
        first_row: dict[str, int] = {}
        repeated: Counter[str] = Counter()
        for _, rows in groupby(read_table(self.path, encoding=self.encoding), self._history):
            states = list[tuple[Row, Incident]]()
            for row in rows:
                record = row if isinstance(row, Reject) else self.incident(row, repeated)
                if isinstance(row, Row) and isinstance(record, Incident):
                    states.append((row, record))
                elif isinstance(record, Reject):
                    yield record
            if states:
                yield self._once(*self._last(states), first_row)

    def _history(self, row: Row | Reject) -> object:
        """What rows of one history have in common; anything else stands for itself."""
        number = row.values.get(self.mapped.column_of.get("number", ""), "") if isinstance(row, Row) else ""
        return number if number and self.mapped.updated else object()

    def _last(self, states: Sequence[tuple[Row, Incident]]) -> tuple[Row, Incident]:
        """The last state of a history, with the texts of the first."""
        if len(states) == 1:
            return states[0]
        ordered = sorted(states, key=lambda state: self._updated(state[0]))
        row, last = ordered[-1]
        return row, last.filed_as(ordered[0][1])

    def _updated(self, row: Row) -> datetime:
        try:
            found = self.dates.read(row.values.get(self.mapped.updated or "", ""))
        except ValueError:
            found = None
        return found or datetime.max.replace(tzinfo=UTC)

    def _once(self, row: Row, record: Incident, first_row: dict[str, int]) -> Incident | Reject:
        earlier = first_row.setdefault(record.number, row.number)
        if earlier == row.number:
            return record
        column = self.mapped.column_of.get("number")
        more = "; sort the file by number to import a history of changes" if self.mapped.updated else ""
        return Reject(row.file, row.number, column, f"{record.number} stands in row {earlier} already{more}")

    def incident(self, row: Row, repeated: Counter[str]) -> Incident | Reject:
        """The incident in a row."""
        read = {name: row.values.get(column, "").strip() for name, column in self.mapped.column_of.items()}
        values = {name: value if name in TEXTS or value != _NOTHING else "" for name, value in read.items()}
        texts = {name: values.get(name, "") for name in ("short_description", "description")}
        if not any(texts.values()):
            return Reject(row.file, row.number, " / ".join(self.mapped.text_columns), "is empty: nothing to learn from")
        known: dict[str, Any] = {name: values.get(name) or None for name in LABELS}
        for name in (*INSTANTS, *COUNTS):
            try:
                if name in INSTANTS:
                    known[name] = self.dates.read(values.get(name, ""))
                else:
                    known[name] = _count(values.get(name, ""))
            except ValueError as error:
                return Reject(row.file, row.number, self.mapped.column_of[name], str(error))
        too_long = self._too_long(row, values)
        if too_long is not None:
            return too_long
        recognised = set(self.mapped.column_of.values())
        return Incident(
            number=values.get("number") or _made_number(texts, values.get("caller", ""), repeated),
            short_description=texts["short_description"],
            description=texts["description"],
            **known,
            state=values.get("state") or "resolved",
            resolution=values.get("resolution") or None,
            articles=_listed(values.get("articles", "")),
            extra={name: text for name, text in row.values.items() if name not in recognised and text},
        )

    def _too_long(self, row: Row, values: Mapping[str, str]) -> Reject | None:
        for name in ("number", *LABELS, "state"):
            limit = NUMBER_LIMIT if name == "number" else VALUE_LIMIT
            if len(values.get(name, "")) > limit:
                return Reject(row.file, row.number, self.mapped.column_of[name], f"is longer than {limit:,} characters")
        return None


def _date_texts(path: Path, mapped: Mapped, encoding: str | None) -> Iterator[str]:
    columns = [mapped.column_of[name] for name in INSTANTS if name in mapped.column_of]
    columns += [mapped.updated] if mapped.updated else []
    if not columns:
        return
    for count, row in enumerate(read_table(path, encoding=encoding)):
        if count >= _DATE_SAMPLE:
            return
        if isinstance(row, Row):
            yield from (row.values.get(column, "") for column in columns)


def _made_number(texts: Mapping[str, str], caller: str, repeated: Counter[str]) -> str:
    digest = hashlib.sha256("\0".join((*texts.values(), caller)).encode("utf-8", "replace")).hexdigest()[:12].upper()
    repeated[digest] += 1
    return f"IMP-{digest}" if repeated[digest] == 1 else f"IMP-{digest}-{repeated[digest]}"


def _count(text: str) -> int | None:
    if not text:
        return None
    if text.lower() in ("true", "false"):
        return int(text.lower() == "true")
    found = re.fullmatch(r"(\d{1,9})(?:\.0+)?", text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a whole number")
    return int(found[1])


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[|;,\n]", text) if part.strip()))
