"""Columns: which of our fields each column of another tool's export is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from kb.records.fields import Field
from kb.records.incident import FIELD_NAMES, FIELDS, LABELS, Incident
from kb.records.rejects import UnreadableFileError
from kb.records.resemblance import resembles
from kb.records.wording import Wording
from kb.vocabulary.column_name import name_forms, name_key, name_keys, name_words
from kb.vocabulary.tool import Tool, read_plain_words, read_tools, tool_of

_UPDATED = "updated_at"
_TITLES = frozenset({"title", "subject", "titel", "betreff", "titre", "objet", "sujet", "titulo", "asunto"})
_SUMMARIES = frozenset({"summary", "zusammenfassung", "resume", "resumen"})
_FIELD = {entry.name: entry for entry in FIELDS}


class ColumnError(UnreadableFileError):
    """The columns of a file cannot be taken as fields; the message says why and what to do."""


class Fit(StrEnum):
    """Whether what stands in a column is what a field holds."""

    FITS = "fits"
    EMPTY = "empty"
    """Nothing stands there, as far as was looked."""
    UNFIT = "unfit"


class NoTextColumnError(ColumnError):
    """No column of a file says what the caller said."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A column that stays a further column although it resembles a field, and why it was not taken for it."""

    column: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """Column of the file for each of our fields that it has; what is not named stays a further column.

    `updated` is the column that says when a row's state was reached, `sender` the one that says who wrote a row's
    message, where there is one. `tool` is the tool that the file comes from, where its columns tell.
    """

    column_of: Mapping[str, str]
    updated: str | None = None
    sender: str | None = None
    tool: Tool | None = None
    doubts: tuple[Doubt, ...] = ()

    @property
    def text_columns(self) -> list[str]:
        """Columns that hold what the caller said."""
        return [self.column_of[name] for name in ("short_description", "description") if name in self.column_of]


Evidence = Callable[[Field, str], Fit]
"""Says whether what stands in a column, named second, fits a field."""


def map_columns(
    columns: Iterable[str], chosen: Mapping[str, str] | None = None, *, evidence: Evidence | None = None
) -> Mapped:
    """Recognise columns by their names and by what stands in them; `chosen` (field to column) overrides,
    and a field that it gives an empty column has none.

    The names of the tool that the file comes from count first, then plain words, then names of other tools where all
    of them mean the same field. Raises ColumnError where a chosen field or column does not exist, or where nothing in
    the file says what the caller said.
    """
    present = list(columns)
    column_of = dict(chosen or {})
    for name, column in column_of.items():
        if name not in FIELD_NAMES:
            raise ColumnError(f"map {name}={column}: {name!r} is none of {', '.join(FIELD_NAMES)}")
        if column and column not in present:
            raise ColumnError(
                Wording(
                    "map {name}={column}: the file has no such column; it has {columns}",
                    {"name": name, "column": column, "columns": ", ".join(present)},
                )
            )
    choice = _Choice(present, column_of, tool_of(present), evidence or _no_evidence)
    choice.make()
    doubts = tuple(choice.doubts())
    updated = column_of.pop(_UPDATED, None) if _UPDATED not in (chosen or {}) else None
    in_order = {name: column_of[name] for name in FIELD_NAMES if column_of.get(name)}
    mapped = Mapped(in_order, updated, choice.sender(), choice.tool, doubts)
    if not mapped.text_columns:
        raise NoTextColumnError(
            Wording(
                "no column says what the caller said (looked for {titles}, {texts} and others; the file has {columns}"
                "): choose the column that is the description",
                {
                    "titles": ", ".join(_FIELD["short_description"].aliases[:4]),
                    "texts": ", ".join(_FIELD["description"].aliases[:4]),
                    "columns": ", ".join(present) or "none",
                },
            )
        )
    return mapped


def count_recognised(columns: Iterable[str]) -> int:
    """Return how many fields the names of columns mean, 0 where none says what the caller said.

    As `map_columns` finds them, without the doubts, which take ten times as long.
    """
    present, column_of = list(columns), dict[str, str]()
    _Choice(present, column_of, tool_of(present), _no_evidence).make()
    mapped = Mapped({name: column for name, column in column_of.items() if name in FIELD_NAMES and column})
    without_update = len(mapped.column_of) - (_UPDATED in mapped.column_of)
    return without_update if mapped.text_columns else 0


def names_field(column: str) -> bool:
    """Return whether a column is called as some tool calls a field."""
    return any(form in _plain_names() or form in _other_names() for form in name_forms(column))


def further_name(column: str) -> str:
    """Return the name of a further column: another one where it is called like a field that has another column."""
    return f"{column} (2)" if column in FIELD_NAMES else column


def label_of(incident: Incident, name: str) -> str | None:
    """Label of a field, called by our name or by that of the column it came from."""
    return incident.value(name) or incident.value(standard_name(name))


def standard_name(name: str) -> str:
    """Our name of a field that is called by one of its columns' names, the name itself where it is none of ours."""
    found = next((index[key] for key in name_forms(name) if key in (index := _plain_names())), None)
    return found.field if found is not None and found.field in LABELS else name


@dataclass(frozen=True, slots=True)
class _Name:
    """A known name: the field that it means, and its place among the names of that field."""

    field: str
    place: int


class _Candidate(NamedTuple):
    """A column that may be a field; the likeliest comes first in order."""

    tier: int
    is_empty: bool
    place: int
    form: int
    position: int
    field: str
    column: str


class _Choice:
    """The choice of a column for each field."""

    def __init__(self, columns: Sequence[str], column_of: dict[str, str], tool: Tool | None, evidence: Evidence):
        self.columns = columns
        self.column_of = column_of
        self.tool = tool
        self._evidence = evidence
        self._lost = list[Doubt]()
        self._forms = {column: name_forms(column) for column in columns}
        self._aside = set(_keys_of(tool.further)) if tool else set[str]()

    def make(self) -> None:
        """Give each field that has none the likeliest column whose content fits."""
        chosen = set(self.column_of)
        taken = set(self.column_of.values())
        for candidate in sorted(self._candidates()):
            if candidate.column in taken:
                continue
            if candidate.field in self.column_of:
                taken_for_it = self.column_of[candidate.field]
                known = Wording("{column} was taken for it", {"column": taken_for_it})
                self._lose(candidate, known if taken_for_it else Wording("no column was taken for it"))
            else:
                self.column_of[candidate.field] = candidate.column
                taken.add(candidate.column)
        if chosen.isdisjoint(("short_description", "description")):
            self._part_title_and_summary()

    def _part_title_and_summary(self) -> None:
        """Take a summary for the description where another column is the title, as KACE calls them, and none it."""
        summary = self.column_of.get("short_description", "")
        lost = (doubt.column for doubt in self._lost if doubt.field == "short_description")
        title = next((column for column in lost if name_key(column) in _TITLES), None)
        is_tools_own = self.tool is not None and name_key(summary) in _names_of_tool(self.tool)
        if "description" in self.column_of or is_tools_own:
            return
        if title is not None and name_key(summary) in _SUMMARIES:
            self.column_of |= {"short_description": title, "description": summary}

    def sender(self) -> str | None:
        """Return the column that says who wrote a row's message."""
        keys = set(_keys_of(self.tool.sender)) if self.tool else set()
        return next((column for column in self.columns if keys & set(self._forms[column])), None)

    def doubts(self) -> Iterator[Doubt]:
        """Return each column that resembles a field and was not taken for it, once."""
        taken = {*self.column_of.values()}
        told = dict[str, Doubt]()
        for doubt in self._lost:
            if doubt.column not in taken:
                told.setdefault(doubt.column, doubt)
        missing = [entry for entry in FIELDS if entry.name not in self.column_of and not entry.derived]
        for column in self.columns:
            if column in taken or column in told or self._is_aside(column):
                continue
            fitting = [entry.name for entry in missing if self._evidence(entry, column) is Fit.FITS]
            if alike := [name for name in fitting if _resembles_field(column, name)]:
                told[column] = Doubt(column, alike[0], Wording("its name is none that is known"))
            elif vague := [name for name in fitting if _may_mean(column, name)]:
                told[column] = Doubt(column, vague[0], Wording("its name may mean something else"))
        yield from (told[column] for column in self.columns if column in told)

    def _is_aside(self, column: str) -> bool:
        return any(key in self._aside for key in self._forms[column][:1])

    def _candidates(self) -> Iterator[_Candidate]:
        tiers = [_names_of_tool(self.tool)] if self.tool else [{}]
        tiers += [_plain_names(), _other_names()]
        for position, column in enumerate(self.columns):
            if self._is_aside(column):
                continue
            seen = set[str]()
            for tier, names in enumerate(tiers):
                for form, key in enumerate(self._forms[column]):
                    known = names.get(key)
                    if known is None or known.field in seen:
                        continue
                    seen.add(known.field)
                    fit = self._evidence(_FIELD[known.field], column)
                    # "#" beside "Ticket ID" counts rows
                    likely = tier if name_words(column) else len(tiers)
                    candidate = _Candidate(likely, fit is Fit.EMPTY, known.place, form, position, known.field, column)
                    if fit is Fit.UNFIT:
                        self._lose(candidate, Wording("what stands there does not look like it"))
                    else:
                        yield candidate
                    break

    def _lose(self, candidate: _Candidate, reason: str) -> None:
        self._lost.append(Doubt(candidate.column, candidate.field, reason))


@lru_cache(maxsize=4096)
def _resembles_field(column: str, field: str) -> bool:
    """Whether a column is called nearly like a field; the rows of a file that may be its header ask again and again."""
    return resembles(column, _all_names(field))


@lru_cache(maxsize=4096)
def _may_mean(column: str, field: str) -> bool:
    """Return whether a column is called by a word that may mean a field and often means something else."""
    return resembles(column, read_plain_words().vague.get(field, ()))


def _no_evidence(_: Field, __: str) -> Fit:
    return Fit.FITS


def _keys_of(names: Iterable[str]) -> Iterator[str]:
    return (key for name in names for key in name_keys(name))


def _index(columns: Mapping[str, Sequence[str]]) -> dict[str, _Name]:
    names = dict[str, _Name]()
    for field_name, known in columns.items():
        for place, name in enumerate(known):
            for key in name_keys(name):
                names.setdefault(key, _Name(field_name, place))
    return names


@cache
def _names_by_tool() -> dict[str, dict[str, _Name]]:
    return {tool.name: _index(tool.columns) for tool in read_tools()}


def _names_of_tool(tool: Tool) -> dict[str, _Name]:
    return _names_by_tool()[tool.name]


@cache
def _plain_names() -> dict[str, _Name]:
    """Return what every tool may call a field: our own names, their aliases and the plain words of other languages."""
    common = read_plain_words()
    return _index({entry.name: (*entry.aliases, *common.columns.get(entry.name, ())) for entry in FIELDS})


@cache
def _other_names() -> dict[str, _Name]:
    """Names of tools that a file was not recognised as, where all of them mean the same field."""
    meanings = dict[str, set[str]]()
    names = dict[str, _Name]()
    for tool in read_tools():
        aside = dict.fromkeys(_keys_of(tool.further), "")
        for key, known in _names_of_tool(tool).items():
            meanings.setdefault(key, set()).add(known.field)
            names.setdefault(key, known)
        for key, nothing in aside.items():
            meanings.setdefault(key, set()).add(nothing)
    return {key: known for key, known in names.items() if len(meanings[key]) == 1}


@cache
def _all_names(field_name: str) -> tuple[str, ...]:
    """Return every name that a field may have, our own first."""
    own = (field_name, *_FIELD[field_name].aliases)
    return tuple(dict.fromkeys((*own, *(name for tool in read_tools() for name in tool.columns.get(field_name, ())))))
