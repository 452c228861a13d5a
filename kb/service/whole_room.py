"""Whole room: a major incident that was accepted, with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.practice.extent import Extent, MetCriterion
from kb.practice.major_incidents import ContinuitySection, MajorIncidentsSection
from kb.records.major_room import Child, ReviewAction, RoleHolding, Room, RoomMessage, RoomState, RoomTask, room_moves


@dataclass(frozen=True, slots=True)
class WholeRoom:
    """A room with everything that belongs to it."""

    room: Room
    roles: Sequence[RoleHolding]
    tasks: Sequence[RoomTask]
    messages: Sequence[RoomMessage]
    actions: Sequence[ReviewAction]
    children: Sequence[Child]
    extent: Extent
    model: MajorIncidentsSection
    continuity: ContinuitySection
    met: Sequence[MetCriterion]
    is_merged: bool = False

    @property
    def moves(self) -> tuple[RoomState, ...]:
        """Return the states to which it may go; one that was merged into another is not worked on again."""
        return tuple(state for state in room_moves(self.room.state) if not (self.is_merged and state.is_active))

    def holder(self, role: str) -> str | None:
        """Return who holds a role now."""
        return next((one.person for one in self.roles if one.role == role and one.until is None), None)
