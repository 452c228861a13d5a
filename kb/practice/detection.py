"""Detection of major incidents in `practice.yaml`: the budget of false alarms, criteria, and maintenance windows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from kb.practice.section import Count, Duration, Section, Text, Texts, unchanged
from kb.practice.wording import Hours, hours_of, weekdays_of
from kb.practice.zones import zone_named
from kb.records.incident import Incident
from kb.records.major_incident import FALSE_ALARMS_PER_WEEK
from kb.vocabulary.priorities import is_level


def _zone(name: str) -> str:
    zone_named(name)
    return name


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_Budget: TypeAlias = Annotated[float, Field(gt=0, le=1000)]
_Zone: TypeAlias = Annotated[Text, AfterValidator(_zone)]
_Moment: TypeAlias = Annotated[datetime, AfterValidator(_aware)]


class AffectedSection(Section):
    """Which incidents are meant; of each field that is named one value has to match."""

    service: Texts = Field(default_factory=list)
    configuration_item: Texts = Field(default_factory=list)
    group: Texts = Field(default_factory=list, description="Assignment group.")
    category: Texts = Field(default_factory=list)
    location: Texts = Field(default_factory=list)

    def means(self, incident: Incident) -> bool:
        """Return whether an incident is meant."""
        return all(
            _is_one_of(incident.value(name), wanted)
            for name, wanted in (
                ("service", self.service),
                ("configuration_item", self.configuration_item),
                ("assignment_group", self.group),
                ("category", self.category),
                ("location", self.location),
            )
            if wanted
        )


class MaintenanceSection(AffectedSection):
    """Planned maintenance, in which reports are no surprise: once from start to end, or every week on days and hours.

    A moment without an offset is in UTC; hours are in the zone.
    """

    name: Text
    start: _Moment | None = Field(default=None, description="Such as 2026-12-05T22:00+01:00.")
    end: _Moment | None = None
    days: Text | None = Field(default=None, description="saturday, monday-friday or every day.")
    hours: Texts = Field(default_factory=list, description="Such as 22:00-02:00.")
    zone: _Zone = "UTC"

    @model_validator(mode="after")
    def _says_when(self) -> MaintenanceSection:
        is_once, is_weekly = self.start is not None and self.end is not None, self.days is not None and self.hours
        if bool(is_once) == bool(is_weekly):
            raise ValueError("does not say when; give start and end, or days and hours")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("ends before it starts; swap start and end")
        _ = self.weekly
        return self

    @cached_property
    def weekly(self) -> tuple[tuple[int, ...], Hours]:
        """The weekdays and hours of one that comes every week."""
        return (() if self.days is None else weekdays_of(self.days)), hours_of(self.hours)

    def covers(self, incident: Incident) -> bool:
        """Return whether an incident was logged in it and is one that it explains."""
        moment = incident.opened_at
        if moment is None or not self.means(incident):
            return False
        if self.start is not None and self.end is not None:
            return self.start <= moment < self.end
        local = moment.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        days, hours = self.weekly
        yesterday = (local - timedelta(days=1)).weekday()
        return any(
            (local.weekday() in days and start <= minute < end)
            or (yesterday in days and start <= minute + 24 * 60 < end)
            for start, end in hours
        )


class CriterionConditions(AffectedSection):
    """What makes incidents a major one; all that is named has to hold."""

    priority: Texts = Field(default_factory=list, description='A number matches "1 - Critical" and "P1" too.')
    impact: Texts = Field(default_factory=list)
    words: Texts = Field(default_factory=list, description="One of these words or phrases in the text.")
    callers: Count = Field(default=1, description="From how many different callers.")
    within: Duration = Field(default=timedelta(minutes=30), description="Within so long, such as 30 min.")

    @model_validator(mode="after")
    def _names_something(self) -> CriterionConditions:
        if not self.model_dump(exclude_defaults=True, exclude={"within"}):
            raise ValueError("names nothing; give at least one of words, priority, impact, callers, or a field")
        return self

    def holds_for(self, incident: Incident) -> bool:
        """Return whether an incident is one of those that count."""
        text = f"{incident.short_description}\n{incident.description}".casefold()
        return (
            self.means(incident)
            and (not self.priority or _is_one_level(incident.priority, self.priority))
            and (not self.impact or _is_one_level(incident.impact, self.impact))
            and (not self.words or any(word.casefold() in text for word in self.words))
        )


class CriterionSection(Section):
    """A criterion that proposes a major incident, however usual the reports are."""

    name: Text
    when: CriterionConditions


class DetectionSection(Section):
    """How major incidents are detected."""

    false_alarms_per_week: Annotated[
        _Budget,
        BeforeValidator(
            unchanged, json_schema_input_type=_Budget | Annotated[str, Field(pattern=r"^[0-9]*[.]?[0-9]+$")]
        ),
    ] = FALSE_ALARMS_PER_WEEK
    maintenance: list[MaintenanceSection] = Field(default_factory=list)
    criteria: list[CriterionSection] = Field(default_factory=list)

    def is_maintenance(self, incident: Incident) -> bool:
        """Return whether planned maintenance explains an incident."""
        return any(window.covers(incident) for window in self.maintenance)


def _is_one_of(value: str | None, wanted: Iterable[str]) -> bool:
    return value is not None and value.strip().casefold() in {one.strip().casefold() for one in wanted}


def _is_one_level(value: str | None, wanted: Iterable[str]) -> bool:
    return value is not None and any(is_level(value, one) for one in wanted)
