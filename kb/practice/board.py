"""The board's section of `practice.yaml`: limits on work in progress, and the lane for what cannot wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kb.practice.section import LimitCount, Section, Switch, Texts
from kb.records.board import LaneKind, Limit, LimitKind
from kb.records.incident import Incident
from kb.vocabulary.priorities import is_level
from kb.vocabulary.stage import OPEN, Stage

WORKED_ON = OPEN - {Stage.WAITING}
"""Stages in which an incident is work of its person."""


def _open_only(columns: dict[Stage, int]) -> dict[Stage, int]:
    for stage in columns:
        if stage not in OPEN:
            raise ValueError(f"{stage} takes no limit; columns with limits are {', '.join(sorted(OPEN))}")
    return columns


_Columns = Annotated[dict[Stage, LimitCount], AfterValidator(_open_only)]


class LaneLimitsSection(Section):
    """Limits per column within each lane."""

    by: Literal["group", "service"]
    columns: _Columns


class ExpediteSection(Section):
    """The lane on top, for what cannot wait."""

    priorities: Texts = Field(default_factory=lambda: ["1"], description='1 means "1 - Critical" and "P1" too.')
    counts: Switch = Field(default=False, description="Whether its incidents count against the limits of columns.")
    limit: LimitCount | None = Field(default=None, description="Most open incidents in it; any number without.")


class BoardSection(Section):
    """Limits on work in progress: 0 lets nothing in, a limit that is absent lets everything in."""

    over_limit: Literal["warn", "refuse"] = Field(
        default="warn", description="What becomes of a move beyond a limit; a refused one is let through with a reason."
    )
    columns: _Columns = Field(default_factory=dict, description="Per column, over all lanes.")
    lanes: LaneLimitsSection | None = None
    person: LimitCount | None = Field(default=None, description="Open incidents of one person that do not wait.")
    expedite: ExpediteSection = Field(default_factory=ExpediteSection)

    def rules(self) -> BoardRules:
        """Return the rules that the section sets."""
        return BoardRules(
            refuses=self.over_limit == "refuse",
            columns=self.columns,
            lanes_by=LaneKind.NONE if self.lanes is None else LaneKind(self.lanes.by),
            lane_columns={} if self.lanes is None else self.lanes.columns,
            person=self.person,
            expedited=tuple(self.expedite.priorities),
            expedite_counts=self.expedite.counts,
            expedite_limit=self.expedite.limit,
        )


@dataclass(frozen=True, slots=True)
class BoardRules:
    """Limits of the board; a limit that is absent or `None` is none, 0 lets nothing in."""

    refuses: bool = False
    columns: Mapping[Stage, int] = field(default_factory=dict)
    lanes_by: LaneKind = LaneKind.NONE
    lane_columns: Mapping[Stage, int] = field(default_factory=dict)
    person: int | None = None
    expedited: tuple[str, ...] = ("1",)
    expedite_counts: bool = False
    expedite_limit: int | None = None

    @property
    def is_limited(self) -> bool:
        """Return whether there is any limit."""
        singles = (self.person, self.expedite_limit)
        return bool(self.columns or self.lane_columns) or any(one is not None for one in singles)

    def is_expedited(self, priority: str | None) -> bool:
        """Return whether incidents of a priority stand in the expedite lane."""
        return priority is not None and any(is_level(priority, wanted) for wanted in self.expedited)

    def limits_on(self, incident: Incident) -> list[Limit]:
        """Return the limits that an incident counts against as it stands."""
        if not incident.stage.is_open:
            return []
        found, is_expedited = list[Limit](), self.is_expedited(incident.priority)
        if is_expedited and self.expedite_limit is not None:
            found.append(Limit(LimitKind.EXPEDITE, self.expedite_limit))
        if is_expedited and not self.expedite_counts:
            return found
        stage, lane = incident.stage, self.lane_of(incident)
        if (most := self.columns.get(stage)) is not None:
            found.append(Limit(LimitKind.COLUMN, most, stage))
        if lane is not None and (most := self.lane_columns.get(stage)) is not None:
            found.append(Limit(LimitKind.LANE, most, stage, lane))
        if self.person is not None and incident.assigned_to and stage in WORKED_ON:
            found.append(Limit(LimitKind.PERSON, self.person, name=incident.assigned_to))
        return found

    def lane_of(self, incident: Incident) -> str | None:
        """Return the lane whose limits an incident counts against, `None` where lanes have none."""
        match self.lanes_by:
            case LaneKind.GROUP:
                return incident.assignment_group
            case LaneKind.SERVICE:
                return incident.service
            case LaneKind.NONE:
                return None


NO_LIMITS = BoardRules()
