"""Import of incidents: reads the rows of a table as incident records."""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from kb.importers.date_order import DateOrder, date_order, is_slashed
from kb.importers.dates import DateReader
from kb.importers.evidence import ColumnSamples
from kb.importers.label_counts import LabelCounts
from kb.importers.messages import opening_messages
from kb.importers.moment_columns import MomentColumn
from kb.importers.tables import Row, read_table
from kb.records.columns import Mapped, further_name, map_columns
from kb.records.incident import COUNTS, INSTANTS, LABELS, NUMBER_LIMIT, TEXTS, VALUE_LIMIT, Incident
from kb.records.rejects import Reject, RejectKind, emptied
from kb.records.wording import Wording, wording_of
from kb.vocabulary.column_name import is_qualified
from kb.vocabulary.nothing import is_nothing, something
from kb.vocabulary.stage import Stage
from kb.vocabulary.states import stage_of
from kb.vocabulary.tool import is_certain

_DATE_SAMPLE = 20_000
_NUMBERLESS = Wording(
    "no column numbers the tickets: each gets one made from its text; choose the column that is the number where there "
    "is one"
)
_SAID = ("short_description", "description")
_CHRONOLOGY = ("opened_at", "resolved_at", "closed_at")


Recall = Callable[[Sequence[str]], Mapping[str, str]]
"""Returns the mapping that was chosen for an earlier file with these columns, empty where there was none."""


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """A table of incidents: its path, and how it is read."""

    path: Path
    mapped: Mapped
    dates: DateReader
    order: DateOrder
    samples: ColumnSamples
    chosen: Mapping[str, str]
    recalled: Mapping[str, str]
    encoding: str | None = None
    sheet: str | None = None
    recognised: frozenset[str] = field(init=False, repr=False)
    """Columns that hold a field."""
    moments: Mapping[str, MomentColumn] = field(init=False, repr=False)
    """How each field that is a moment is read."""
    has_numbered_states: bool = field(init=False, repr=False)
    """Whether the tool is certain enough that a number means one of its states."""

    def __post_init__(self) -> None:
        tool = self.mapped.tool
        moments = {
            name: MomentColumn.of(column, self.samples, self.dates)
            for name, column in self.mapped.column_of.items()
            if name in INSTANTS
        }
        clocks = {moment.clock for moment in moments.values()}
        doubts = tuple(doubt for doubt in self.mapped.doubts if doubt.column not in clocks)
        object.__setattr__(self, "mapped", replace(self.mapped, doubts=doubts))
        object.__setattr__(self, "moments", moments)
        object.__setattr__(self, "recognised", frozenset(self.mapped.column_of.values()))
        object.__setattr__(self, "has_numbered_states", tool is not None and is_certain(tool, self.samples.values))

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        chosen: Mapping[str, str] | None = None,
        recall: Recall | None = None,
        zone: tzinfo = UTC,
        encoding: str | None = None,
        sheet: str | None = None,
        day_first: bool | None = None,
    ) -> IncidentFile:
        """Open a file and recognise its columns; its own values decide the order of dates unless `day_first` is given.

        `chosen` (field to column) takes precedence over what `recall` returns: the mapping of an earlier file with the
        same columns. Raises UnreadableFileError or ColumnError where it cannot be imported.
        """
        samples = ColumnSamples.read(read_table(path, encoding=encoding, sheet=sheet))
        recalled = dict(recall(list(samples.values))) if recall else {}
        chosen = _merged(recalled, chosen or {})
        mapped = map_columns(samples.values, chosen, evidence=samples.fit)
        if "state" not in mapped.column_of and (column := _state_column(samples, mapped)) is not None:
            mapped = map_columns(samples.values, {**chosen, "state": column}, evidence=samples.fit)
        if day_first is None:
            order = _date_order(samples, mapped, read_table(path, encoding=encoding, sheet=sheet))
        else:
            order = DateOrder(day_first, Wording("you said so"))
        return cls(path, mapped, order.reader(zone), order, samples, chosen, recalled, encoding, sheet)

    @property
    def tool(self) -> str | None:
        """Return the name of the tool that the file comes from, `None` where its columns do not tell."""
        return self.mapped.tool.name if self.mapped.tool else None

    def read(self) -> Iterator[Incident | Reject]:
        """Yield incidents, and a Reject for each row that is not one and each cell that was left empty.

        A row without a number gets one made from its text, the same at every import. Consecutive rows of one number
        with times of update are that incident's history: the last state counts, with the texts of the first as its
        filed texts. Where a number is repeated otherwise, the later row is rejected.
        """
        yield from self._notes()
        first_row: dict[str, int] = {}
        repeated: Counter[str] = Counter()
        labels = LabelCounts()
        for _, rows in groupby(self._rows(), self._history):
            states = list[tuple[Row, Incident]]()
            for row in rows:
                for record in self._records(row, repeated):
                    if isinstance(row, Row) and isinstance(record, Incident):
                        states.append((row, record))
                    elif isinstance(record, Reject):
                        yield record
            if states:
                record = self._once(*self._last(states), first_row)
                if isinstance(record, Incident):
                    labels.add(record)
                yield record
        yield from labels.notes(self.path.name)

    def _notes(self) -> Iterator[Reject]:
        """Yield what is uncertain about the whole file."""
        if self.order.is_doubtful:
            yield Reject(self.path.name, None, None, str(self.order), RejectKind.NOTE)
        for moment in self.moments.values():
            if moment.problem is not None:
                yield Reject(self.path.name, None, moment.column, moment.problem, RejectKind.NOTE)
        if "state" not in self.mapped.column_of:
            yield Reject(self.path.name, None, None, self._stateless, RejectKind.NOTE)
        if "number" not in self.mapped.column_of:
            yield Reject(self.path.name, None, None, _NUMBERLESS, RejectKind.NOTE)

    def count_rows(self) -> int:
        """Count what `read` reads at most."""
        return sum(1 for _ in self._table())

    def _table(self) -> Iterator[Row | Reject]:
        return read_table(self.path, encoding=self.encoding, sheet=self.sheet)

    def _rows(self) -> Iterator[Row | Reject]:
        return opening_messages(self._table(), self.mapped)

    def _history(self, row: Row | Reject) -> object:
        """Return a key that rows of one history share and no other row has."""
        number = row.values.get(self.mapped.column_of.get("number", ""), "") if isinstance(row, Row) else ""
        return number if number and self.mapped.updated else object()

    def _last(self, states: Sequence[tuple[Row, Incident]]) -> tuple[Row, Incident]:
        """Return the last state of a history, with the texts of the first."""
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
        words = "{number} stands in row {row} already"
        if self.mapped.updated:
            words = "{number} stands in row {row} already; sort the file by number to import a history of changes"
        return Reject(row.file, row.number, column, Wording(words, {"number": record.number, "row": str(earlier)}))

    def _records(self, row: Row | Reject, repeated: Counter[str]) -> Iterator[Incident | Reject]:
        """Yield a Reject for each cell left empty, then the incident in the row or why there is none."""
        if isinstance(row, Reject):
            yield row
            return
        problems = list(row.problems)
        record = self._incident(row, repeated, problems)
        yield from problems
        yield record

    def _incident(self, row: Row, repeated: Counter[str], problems: list[Reject]) -> Incident | Reject:
        """Return the incident in a row; a cell that cannot be read is left empty and added to the problems."""
        read = {name: row.values.get(column, "").strip() for name, column in self.mapped.column_of.items()}
        values = {name: value if name in TEXTS else something(html.unescape(value)) for name, value in read.items()}
        if "state" in read:
            values["state"] = _state_read(read["state"])
        values["resolution"] = something(values.get("resolution", ""))
        texts = {name: values.get(name, "") for name in _SAID}
        if not any(texts.values()):
            return Reject(
                row.file, row.number, " / ".join(self.mapped.text_columns), Wording("is empty: nothing to learn from")
            )
        if len(values.get("number", "")) > NUMBER_LIMIT:
            return Reject(row.file, row.number, self.mapped.column_of["number"], _too_long(NUMBER_LIMIT))
        for name in (*LABELS, "state"):
            if len(values.get(name, "")) > VALUE_LIMIT:
                values[name] = ""
                problems.append(emptied(row.file, row.number, self.mapped.column_of[name], _too_long(VALUE_LIMIT)))
        known: dict[str, Any] = {name: values.get(name) or None for name in LABELS}
        for name in (*self.moments, *COUNTS):
            try:
                if name in self.moments:
                    known[name] = self.moments[name].read(values[name], row.values)
                else:
                    known[name] = _count(values.get(name, ""))
            except ValueError as error:
                problems.append(emptied(row.file, row.number, self.mapped.column_of[name], wording_of(error)))
        return Incident(
            number=values.get("number") or _made_number(texts, values.get("caller", ""), repeated),
            short_description=texts["short_description"],
            description=texts["description"],
            **known,
            state=values.get("state", self._state_unsaid),
            **self._stage(values.get("state")),
            resolution=values.get("resolution") or None,
            articles=_listed(values.get("articles", "")),
            extra={
                further_name(name): text
                for name, text in row.values.items()
                if name not in self.recognised and not is_nothing(text)
            },
        )

    @property
    def _state_unsaid(self) -> str:
        """Return the state of incidents in a file without a state column: empty where times say which ended."""
        ends = (self.mapped.column_of.get(name, "") for name in ("resolved_at", "closed_at"))
        return "" if any(self.samples.values.get(column) for column in ends) else "resolved"

    @property
    def _stateless(self) -> str:
        if self._state_unsaid:
            return Wording(
                "no column says the state: a row counts as resolved; choose the column that is the state where there "
                "is one"
            )
        return Wording(
            "no column says the state: a row counts as resolved where a time says so; choose the column that is the "
            "state where there is one"
        )

    def _stage(self, state: str | None) -> dict[str, Any]:
        """Return the stage that a state means in the tool that the file comes from, where that is known."""
        if not state or not self.tool:
            return {}
        is_known = self.has_numbered_states or not state.isdigit()
        return {"stage": stage_of(state, self.tool if is_known else None)}


def _state_column(samples: ColumnSamples, mapped: Mapped) -> str | None:
    """Return the column whose values are all known states, open ones among them, whatever its name."""
    taken = {*mapped.column_of.values(), mapped.updated, mapped.sender}
    for column, values in samples.values.items():
        stages = {stage_of(value, mapped.tool.name if mapped.tool else None) for value in values if not value.isdigit()}
        if (
            column not in taken
            and not is_qualified(column)
            and any(stage.is_open for stage in stages)
            and Stage.UNKNOWN not in stages
        ):
            return column
    return None


def _state_read(text: str) -> str:
    """Return a state as it came, empty where it means "none" and is no known state, as "Unassigned" is."""
    state = html.unescape(text)
    return state if stage_of(state) is not Stage.UNKNOWN else something(state)


def _too_long(limit: int) -> str:
    return Wording("is longer than {limit} characters", {"limit": limit})


def _merged(recalled: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the chosen mapping, with the earlier choices for other fields and columns."""
    moved = {column for column in chosen.values() if column}
    return {field: column for field, column in recalled.items() if column not in moved} | dict(chosen)


def _date_order(samples: ColumnSamples, mapped: Mapped, rows: Iterable[Row | Reject]) -> DateOrder:
    """Return the order of day and month in a file, by all of its columns of dates, recognised as a field or not."""
    field_of = {column: field for field, column in mapped.column_of.items()}
    columns = [
        column
        for column, values in samples.values.items()
        if field_of.get(column, INSTANTS[0]) in INSTANTS and any(map(is_slashed, values))
    ]
    if not columns:
        return DateOrder(day_first=False, reason=Wording("no date can be read in two ways"))
    chronology = [mapped.column_of[name] for name in _CHRONOLOGY if name in mapped.column_of]
    read = (row.values for row in islice(rows, _DATE_SAMPLE) if isinstance(row, Row))
    return date_order(read, columns, chronology)


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
        raise ValueError(Wording("'{value}' is not a whole number", {"value": text[:40]}))
    return int(found[1])


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[|;,\n]", text) if part.strip()))
