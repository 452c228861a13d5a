"""Records: what a write did to them, and what can be wrong with one."""

from __future__ import annotations

from dataclasses import dataclass

from models.errors import ConflictError, NotFoundError


class UnknownRecordError(NotFoundError):
    """No record has this key."""


class EditConflictError(ConflictError):
    """The record was changed meanwhile: read it again and repeat the change (412 where `If-Match` was sent)."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many records a write added, changed and left as they were, and how many were older than what is stored."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.superseded + other.superseded,
        )
