"""Security incidents: restrictions, who may see an incident, and how it is shown to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.clocks import ClockView
from app.schemas.field_types import Key, Value
from app.schemas.incident_life import EventView
from app.schemas.incidents import IncidentView
from kb.records.security import SecurityKind, Severity, Tlp

_NAMES_LIMIT = 100

Names = Annotated[list[Key], Field(max_length=_NAMES_LIMIT)]


class RestrictionBody(BaseModel):
    """The kind and severity of a security incident, and who may see it; null takes the practice's value."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"kind": "phishing", "tlp": "amber", "people": ["s.lead"], "by": "a.agent"}},
    )

    kind: SecurityKind
    severity: Severity | None = None
    tlp: Tlp | None = Field(default=None, description="A stricter marking in the practice wins.")
    people: Names = Field(default_factory=list, description="People who see it, besides the one who restricts it.")
    groups: Names | None = Field(
        default=None, description="Named groups that see it; null takes those of the practice."
    )
    by: Value | None = None


class SecurityProcedureView(BaseModel):
    """The procedure for a kind of security incident."""

    kind: SecurityKind
    severity: Severity
    tlp: Tlp
    group: str | None = Field(description="Assignment group that handles it.")
    do: list[str] = Field(description="What the agent must do.")
    do_not: list[str] = Field(description="What the agent must not do.")


class SecurityAdviceView(SecurityProcedureView):
    """Why a ticket may be a security incident, and the procedure for it."""

    probability: float
    is_labelled: bool = Field(description="Whether a label marks it, by the practice.")
    why: list[str] = Field(description="Words of the ticket that suggest it; none where only the text as a whole does.")
    indicators: list[str] = Field(description="Links, addresses and digests in its texts, defanged.")


class RestrictedIncidentView(BaseModel):
    """A restricted incident, for those who may see it."""

    incident: IncidentView
    kind: SecurityKind
    severity: Severity
    tlp: Tlp
    people: list[str]
    groups: list[str]
    by: str | None = Field(description="Who restricted it.")
    at: datetime = Field(description="When it was restricted.")
    procedure: SecurityProcedureView
    timeline: list[EventView] = Field(description="What happened to it, the earliest first.")
    clocks: list[ClockView] = Field(description="How much of each target is used, and when it is due.")


class RestrictedIncidentsView(BaseModel):
    """The restricted incidents that the caller may see, and the number of all."""

    incidents: list[RestrictedIncidentView]
    total: int = Field(description="Number of all restricted incidents, visible or not.")
    still_open: int = Field(description="Number of those that are open.")


class SecurityProceduresView(BaseModel):
    """The procedure for each kind of security incident."""

    procedures: list[SecurityProcedureView]
