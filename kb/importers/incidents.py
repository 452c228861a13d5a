"""Import of incidents: rows of a table as incident records."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from kb.columns import Mapped, map_columns
from kb.importers.dates import DateReader, is_day_first
from kb.importers.rejects import Reject
from kb.importers.tables import Row, columns_of, read_table
from kb.incidents import COUNTS, INSTANTS, LABELS, VALUE_LIMIT, Incident

_NUMBER_LIMIT = 200
_DATE_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """A table of incidents: where it is and how it is read."""

    path: Path
    mapped: Mapped
    dates: DateReader
    encoding: str | None = None
    columns: tuple[str, ...] = field(default=())

    @classmethod
    def open(
        cls, path: Path, *, chosen: Mapping[str, str] | None = None, zone: tzinfo = UTC, encoding: str | None = None
    ) -> IncidentFile:
        """Look at a file and recognise its columns; raises UnreadableFileError or ColumnError where it
        cannot be imported.
        """
        columns = columns_of(path, encoding=encoding)
        mapped = map_columns(columns, chosen)
        day_first = is_day_first(_date_texts(path, mapped, encoding))
        return cls(path, mapped, DateReader(day_first, zone), encoding, tuple(columns))

    def read(self) -> Iterator[Incident | Reject]:
        """Incidents, and a Reject for each row that is none.

        A row without number gets one made from its text, the same at every import. Where a number stands twice,
        the later row is rejected.
        """
        first_row: dict[str, int] = {}
        repeated: Counter[str] = Counter()
        for row in read_table(self.path, encoding=self.encoding):
            if isinstance(row, Reject):
                yield row
                continue
            record = self.incident(row, repeated)
            if isinstance(record, Incident):
                earlier = first_row.setdefault(record.number, row.number)
                if earlier != row.number:
                    column = self.mapped.column_of.get("number")
                    record = Reject(row.file, row.number, column, f"{record.number} stands in row {earlier} already")
            yield record

    def incident(self, row: Row, repeated: Counter[str]) -> Incident | Reject:
        """The incident in a row."""
        values = {name: row.values.get(column, "").strip() for name, column in self.mapped.column_of.items()}
        texts = {name: values.get(name, "") for name in ("short_description", "description")}
        if not any(texts.values()):
            return Reject(row.file, row.number, " / ".join(self.mapped.text_columns), "is empty: nothing to learn from")
        moments: dict[str, datetime | None] = {}
        counts: dict[str, int | None] = {}
        for name in (*INSTANTS, *COUNTS):
            try:
                if name in INSTANTS:
                    moments[name] = self.dates.read(values.get(name, ""))
                else:
                    counts[name] = _count(values.get(name, ""))
            except ValueError as error:
                return Reject(row.file, row.number, self.mapped.column_of[name], str(error))
        too_long = self._too_long(row, values)
        if too_long is not None:
            return too_long
        known = set(self.mapped.column_of.values())
        return Incident(
            number=values.get("number") or _made_number(texts, values.get("caller", ""), repeated),
            short_description=texts["short_description"],
            description=texts["description"],
            **{name: values.get(name) or None for name in LABELS},
            state=values.get("state") or "resolved",
            reassignment_count=counts["reassignment_count"],
            reopen_count=counts["reopen_count"],
            opened_at=moments["opened_at"],
            assigned_at=moments["assigned_at"],
            resolved_at=moments["resolved_at"],
            closed_at=moments["closed_at"],
            resolution=values.get("resolution") or None,
            articles=_listed(values.get("articles", "")),
            extra={name: text for name, text in row.values.items() if name not in known and text},
        )

    def _too_long(self, row: Row, values: Mapping[str, str]) -> Reject | None:
        for name in ("number", *LABELS, "state"):
            limit = _NUMBER_LIMIT if name == "number" else VALUE_LIMIT
            if len(values.get(name, "")) > limit:
                return Reject(row.file, row.number, self.mapped.column_of[name], f"is longer than {limit:,} characters")
        return None


def _date_texts(path: Path, mapped: Mapped, encoding: str | None) -> Iterator[str]:
    columns = [mapped.column_of[name] for name in INSTANTS if name in mapped.column_of]
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
