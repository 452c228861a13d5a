"""The document `practice.yaml`: its sections and fields, from which its JSON schema follows."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import Field, model_validator

from kb.practice.board import BoardSection
from kb.practice.major_incidents import (
    ContinuitySection,
    MajorIncidentsSection,
    usual_continuity,
    usual_major_incidents,
)
from kb.practice.notification_section import NotificationsSection
from kb.practice.section import ConditionsSection, Section, Stages, Text, Texts
from kb.practice.security import SecuritySection
from kb.vocabulary.stage import Stage


class HolidaysSection(Section):
    """Public holidays."""

    country: Text = Field(description="Two letters, such as DE.")
    region: Text | None = Field(default=None, description="State or region, such as BY; the whole country without.")


class ExceptionSection(Section):
    """A day, or days in a row, with hours of their own."""

    day: Text = Field(description="2026-12-24, or 12-24 for every year.")
    until: Text | None = Field(default=None, description="Last of several days, written as the first.")
    name: Text = Field(description="What people call it; explanations name it.")
    hours: Texts = Field(default_factory=list, description="Such as 08:00-12:00; closed without.")


class CalendarSection(Section):
    """When an organisation works."""

    zone: Text = Field(description="Time zone, such as Europe/Berlin.")
    hours: dict[str, Texts] = Field(
        description="Times of work by monday, monday-friday or every day, such as 08:00-12:00, 13:00-17:00. "
        "22:00-06:00 ends on the next day."
    )
    holidays: HolidaysSection | None = None
    exceptions: list[ExceptionSection] = Field(default_factory=list)


class AssignmentTargetSection(Section):
    """How long one group may have an incident."""

    name: Text
    when: ConditionsSection = Field(default_factory=ConditionsSection)
    within: Text = Field(description="Such as 4 h or 1 h 30 min, within the calendar's hours.")
    calendar: Text
    pauses: Stages | None = Field(default=None, description="Stages that stop the clock; as at the top without.")
    warn_at: Texts | None = Field(default=None, description="Shares of the target; as at the top without.")


class TargetSection(Section):
    """What is promised for incidents; of several that match, the first one counts for each of its clocks."""

    name: Text
    when: ConditionsSection = Field(default_factory=ConditionsSection)
    response: Text | None = Field(default=None, description="Until somebody works on it, such as 15 min.")
    resolution: Text | None = Field(default=None, description="Until it is resolved, such as 4 h.")
    calendar: Text
    pauses: Stages | None = Field(default=None, description="Stages that stop the clock; as at the top without.")
    warn_at: Texts | None = Field(default=None, description="Shares of the target; as at the top without.")

    @model_validator(mode="after")
    def _promises_something(self) -> TargetSection:
        if self.response is None and self.resolution is None:
            raise ValueError("promises nothing; give response, resolution or both")
        return self


class PracticeDocument(Section):
    """How an organisation works on incidents."""

    calendars: dict[Text, CalendarSection] = Field(min_length=1)
    targets: list[TargetSection] = Field(default_factory=list)
    assignment_targets: list[AssignmentTargetSection] = Field(default_factory=list)
    pauses: Stages = Field(default_factory=lambda: [Stage.WAITING])
    responses: Stages = Field(
        default_factory=lambda: [Stage.IN_PROGRESS, Stage.RESOLVED, Stage.CLOSED],
        description="Stages that count as a response.",
    )
    warn_at: Texts = Field(default_factory=lambda: ["50 %", "80 %"])
    major_incidents: MajorIncidentsSection = Field(default_factory=usual_major_incidents)
    continuity: ContinuitySection = Field(default_factory=usual_continuity)
    board: BoardSection = Field(default_factory=BoardSection)
    security: SecuritySection | None = None
    notifications: NotificationsSection | None = None

    @property
    def clocks_digest(self) -> str:
        """Return a digest of all that clocks follow from, another one once any of it changes."""
        told = self.model_dump_json(include=_CLOCKED)
        return hashlib.sha256(f"{_READ_AS}\n{told}".encode()).hexdigest()


# Raised where clocks follow otherwise from the same text, so that those of the queue are worked out anew.
_READ_AS = 2
_CLOCKED = {"calendars", "targets", "assignment_targets", "pauses", "responses", "warn_at"}


def practice_schema() -> dict[str, Any]:
    """Return the JSON schema of the document."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PracticeDocument.model_json_schema()}
