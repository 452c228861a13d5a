"""The practice of an organisation: its calendars and targets, built from what `practice.yaml` says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

import holidays
from pydantic import BaseModel, ValidationError

from kb.practice.board import NO_LIMITS, BoardRules
from kb.practice.calendar import Calendar, PublicHolidays, SpecialDay
from kb.practice.document import (
    AssignmentTargetSection,
    CalendarSection,
    ExceptionSection,
    HolidaysSection,
    PracticeDocument,
    TargetSection,
)
from kb.practice.doubts import doubts
from kb.practice.located_yaml import LocatedYaml, Path, Problem, field_name
from kb.practice.major_incidents import (
    ContinuitySection,
    MajorIncidentsSection,
    usual_continuity,
    usual_major_incidents,
)
from kb.practice.notification_building import notification_plan
from kb.practice.notification_rules import NotificationPlan
from kb.practice.section import ConditionsSection
from kb.practice.security import SecurityPractice, security_practice
from kb.practice.target import CONDITIONS, Conditions, Target, TargetList
from kb.practice.wording import (
    WEEKDAYS,
    Hours,
    YearlyDay,
    days_of,
    duration_text,
    hours_of,
    meant,
    seconds_of,
    share_of,
    weekdays_of,
)
from kb.practice.zones import zone_named, zone_names
from kb.records.clock_state import Measure
from kb.vocabulary.stage import OPEN, Stage

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Practice:
    """When an organisation works and what it promises.

    `responses` are the stages that count as a response. `clocks_digest` is another one once clocks may run otherwise.
    `problems` say what keeps the file from being used as it stands; what they are about is left out. `doubts` say what
    is probably a mistake and keeps nothing from being used.
    """

    calendars: Mapping[str, Calendar]
    targets: Mapping[Measure, TargetList]
    responses: frozenset[Stage]
    problems: tuple[Problem, ...] = ()
    doubts: tuple[Problem, ...] = ()
    major_incidents: MajorIncidentsSection = field(default_factory=usual_major_incidents)
    continuity: ContinuitySection = field(default_factory=usual_continuity)
    board: BoardRules = NO_LIMITS
    clocks_digest: str = ""
    security: SecurityPractice = field(default_factory=security_practice)
    notifications: NotificationPlan = field(default_factory=NotificationPlan)


def read_practice(text: str) -> Practice:
    """Return the practice that a document describes, with what is wrong with it, in the order of its lines."""
    source = LocatedYaml(text)
    try:
        document = PracticeDocument.model_validate(source.value)
    except ValidationError as error:
        problems = [
            *source.problems,
            *(_problem(source, one["loc"], one["type"], one["msg"]) for one in error.errors()),
        ]
        if source.value == {} and source.problems:
            problems = source.problems
        return Practice({}, {}, frozenset(), tuple(sorted(problems, key=_line)))
    return _Builder(source, document).practice()


class _Builder:
    """Builds a practice and notes what cannot be built."""

    def __init__(self, source: LocatedYaml, document: PracticeDocument) -> None:
        self._source = source
        self._document = document
        self._problems = list(source.problems)
        self._named = dict[tuple[Measure, str], tuple[Path, int]]()
        self._calendars = {
            name: self._calendar(name, section, ("calendars", name)) for name, section in document.calendars.items()
        }

    def practice(self) -> Practice:
        """Return the practice, and all that is wrong with it."""
        targets = [
            target
            for index, section in enumerate(self._document.targets)
            for target in self._promises(section, ("targets", index))
        ]
        targets += [
            target
            for index, section in enumerate(self._document.assignment_targets)
            if (target := self._assignment_target(section, ("assignment_targets", index))) is not None
        ]
        lists = {one: TargetList([target for target in targets if target.measure is one]) for one in Measure}
        for measure, listed in lists.items():
            self._check_reached(measure, listed)
        notifications = notification_plan(self._document.notifications, self._calendars, self._refuse)
        problems = tuple(sorted(self._problems, key=_line))
        doubtful = (self._problem(path, message) for path, message in doubts(self._document))
        return Practice(
            self._calendars,
            lists,
            frozenset(self._document.responses),
            problems,
            tuple(sorted(doubtful, key=_line)),
            major_incidents=self._document.major_incidents,
            continuity=self._document.continuity,
            board=self._document.board.rules(),
            clocks_digest=self._document.clocks_digest,
            security=security_practice(self._document.security),
            notifications=notifications,
        )

    def _calendar(self, name: str, section: CalendarSection, path: Path) -> Calendar:
        days: list[Hours | None] = [None] * len(WEEKDAYS)
        for key, texts in section.hours.items():
            hours = self._read((*path, "hours", key), partial(hours_of, texts)) or ()
            for day in self._read((*path, "hours", key), partial(weekdays_of, key)) or ():
                if days[day] is not None:
                    self._refuse((*path, "hours", key), f"gives {WEEKDAYS[day]} hours again; name each weekday once")
                days[day] = hours
        if not any(days):
            self._refuse((*path, "hours"), "is never open; give at least one weekday its hours")
        special, yearly = self._special_days(section.exceptions, (*path, "exceptions"))
        return Calendar(
            name,
            self._zone(section.zone, (*path, "zone")),
            tuple(hours or () for hours in days),
            self._public(section.holidays, (*path, "holidays")),
            special,
            yearly,
        )

    def _zone(self, name: str, path: Path) -> ZoneInfo:
        try:
            return zone_named(name)
        except ValueError as error:
            self._refuse(path, f"{error}{meant(name, zone_names())}")
            return zone_named("UTC")

    def _public(self, section: HolidaysSection | None, path: Path) -> PublicHolidays | None:
        if section is None:
            return None
        regions = holidays.list_supported_countries().get(section.country)
        if regions is None:
            known = holidays.list_supported_countries()
            self._refuse(
                (*path, "country"),
                f'no holidays are known of "{section.country}"{meant(section.country.upper(), known)}; write a code '
                "of two letters, or list the days as exceptions",
            )
            return None
        if section.region is not None and section.region not in regions:
            listed = f"; write one of {', '.join(regions)}" if regions else "; leave it out"
            self._refuse((*path, "region"), f'{section.country} has no region "{section.region}"{listed}')
            return None
        return PublicHolidays(section.country, section.region)

    def _special_days(
        self, sections: list[ExceptionSection], path: Path
    ) -> tuple[dict[date, SpecialDay], dict[YearlyDay, SpecialDay]]:
        special, yearly = dict[date, SpecialDay](), dict[YearlyDay, SpecialDay]()
        for index, section in enumerate(sections):
            here = (*path, index)
            hours = self._read((*here, "hours"), partial(hours_of, section.hours)) or ()
            dates, days = self._read((*here, "day"), partial(days_of, section.day, section.until)) or ([], [])
            for day in dates:
                special.setdefault(day, SpecialDay(section.name, hours))
            for each in days:
                yearly.setdefault(each, SpecialDay(section.name, hours))
        return special, yearly

    def _promises(self, section: TargetSection, path: Path) -> list[Target]:
        promised = [
            target
            for measure in (Measure.RESPONSE, Measure.RESOLUTION)
            if (within := getattr(section, measure)) is not None
            if (target := self._target(section, measure, within, path)) is not None
        ]
        if len(promised) > 1 and promised[0].within > promised[1].within:
            response, resolution = (duration_text(one.within) for one in promised)
            self._refuse(
                (*path, "response"),
                f"{response} is longer than the {resolution} until it is resolved, which is a response too; swap both",
            )
        return promised

    def _assignment_target(self, section: AssignmentTargetSection, path: Path) -> Target | None:
        return self._target(section, Measure.ASSIGNMENT, section.within, path, named="within")

    def _target(
        self,
        section: TargetSection | AssignmentTargetSection,
        measure: Measure,
        within: str,
        path: Path,
        *,
        named: str | None = None,
    ) -> Target | None:
        seconds = self._read((*path, named or measure.value), partial(seconds_of, within))
        calendar = self._calendars.get(section.calendar)
        if calendar is None:
            self._refuse(
                (*path, "calendar"),
                f'there is no calendar "{section.calendar}"{meant(section.calendar, self._calendars)}; name one of '
                f"{', '.join(self._calendars)}",
            )
        if seconds is None or calendar is None:
            return None
        at_top = section.warn_at is None
        texts = self._document.warn_at if section.warn_at is None else section.warn_at
        where: Path = ("warn_at",) if at_top else (*path, "warn_at")
        shares = self._read(where, partial(_shares, texts)) or ()
        pauses = self._document.pauses if section.pauses is None else section.pauses
        if OPEN.issubset(pauses):
            where = ("pauses",) if section.pauses is None else (*path, "pauses")
            self._refuse(where, "stop the clocks in every stage, so that they never run; leave out those that count")
        earlier, line = self._named.setdefault((measure, section.name), (path, self._source.line(path)))
        if earlier != path:
            self._refuse(
                (*path, "name"), f'"{section.name}" is already the target in line {line}; give each its own name'
            )
        return Target(section.name, measure, seconds, calendar, _conditions(section.when), frozenset(pauses), shares)

    def _check_reached(self, measure: Measure, listed: TargetList) -> None:
        for index, target in enumerate(listed.targets):
            earlier = next((one for one in listed.targets[:index] if one.when.cover(target.when)), None)
            if earlier is not None:
                self._refuse(
                    self._place(measure, target),
                    f'"{target.name}" is never reached for {measure}: "{earlier.name}" stands before it and means the '
                    "same incidents; move it up, or remove it",
                )

    def _place(self, measure: Measure, target: Target) -> Path:
        key = "assignment_targets" if measure is Measure.ASSIGNMENT else "targets"
        sections = getattr(self._document, key)
        return next(
            (key, index)
            for index, section in enumerate(sections)
            if section.name == target.name and (measure is Measure.ASSIGNMENT or getattr(section, measure) is not None)
        )

    def _read(self, path: Path, read: Callable[[], Value]) -> Value | None:
        try:
            return read()
        except ValueError as error:
            self._refuse(path, str(error))
            return None

    def _refuse(self, path: Path, message: str) -> None:
        problem = self._problem(path, message)
        if problem not in self._problems:
            self._problems.append(problem)

    def _problem(self, path: Path, message: str) -> Problem:
        return Problem(self._source.line(path), field_name(path), message)


def _line(problem: Problem) -> int:
    return problem.line


def _shares(texts: Iterable[str]) -> tuple[float, ...]:
    return tuple(sorted(set(map(share_of, texts))))


def _conditions(section: ConditionsSection) -> Conditions:
    found = {name: tuple(getattr(section, name)) for name in CONDITIONS}
    return Conditions({name: values for name, values in found.items() if values})


_MESSAGES = {
    "missing": "is missing; add it",
    "dict_type": "has to be a section of fields, each on a line of its own",
    "model_type": "has to be a section of fields, each on a line of its own",
    "list_type": "has to be a list, each entry behind a dash",
    "string_type": "has to be a text",
    "bool_parsing": "has to be true or false",
    "int_parsing": "has to be a whole number",
    "string_too_short": "is empty; fill it in, or remove the line",
    "too_short": "is empty; add at least one",
}


def _problem(source: LocatedYaml, location: Path, kind: str, message: str) -> Problem:
    """Return a problem of pydantic's in our words."""
    path = tuple(part for part in location if part != "[key]")
    said = _MESSAGES.get(kind) or message.removeprefix("Value error, ").replace("Input should be", "has to be")
    if kind == "extra_forbidden":
        known = _known_fields(path)
        said = f"is not known here{meant(str(path[-1]), known)}; fields are {', '.join(known)}"
    if kind == "enum" and Stage.IN_PROGRESS in message:
        said = f"is not a stage{meant(str(_at(source.value, path)), list(Stage))}; stages are {', '.join(Stage)}"
    return Problem(source.line(path), field_name(path), said)


def _known_fields(path: Path) -> list[str]:
    """Return the fields of the section that a path leads into."""
    found: Any = PracticeDocument
    for part in path[:-1]:
        found = _within(found, part)
    section = _section_of(found)
    return [] if section is None else list(section.model_fields)


def _within(annotation: Any, part: str | int) -> Any:
    """Return the type of a value that a key or position leads to, by the type of what it is in."""
    section, arguments = _section_of(annotation), get_args(annotation)
    if isinstance(annotation, type) and section is not None:
        return section.model_fields[str(part)].annotation if str(part) in section.model_fields else None
    if get_origin(annotation) in (list, dict):
        return arguments[-1]
    return next((found for one in arguments if (found := _within(one, part)) is not None), None)


def _section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a type is, or one that it may be."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _section_of(one)) is not None), None)


def _at(value: object, path: Path) -> object:
    for part in path:
        if isinstance(value, dict):
            value = value.get(str(part), "")
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
    return value
