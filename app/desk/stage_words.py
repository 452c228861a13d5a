"""What stages are called on pages."""

from __future__ import annotations

from app.desk.language import _
from kb.vocabulary.stage import Stage


def stage_name(stage: Stage) -> str:
    """Return what a stage is called on pages."""
    return {
        Stage.NEW: _("New"),
        Stage.ASSIGNED: _("Assigned"),
        Stage.IN_PROGRESS: _("In progress"),
        Stage.WAITING: _("Waiting"),
        Stage.RESOLVED: _("Resolved"),
        Stage.CLOSED: _("Closed"),
        Stage.CANCELLED: _("Cancelled"),
        Stage.UNKNOWN: _("Unknown"),
    }[stage]


def state_name(stage: Stage, state: str | None) -> str:
    """Return what a ticket's state is called on pages, and the ticket tool's own word where that differs."""
    name = stage_name(stage)
    said = (state or "").strip()
    return name if said.replace(" ", "_").lower() in {"", stage.value} else f"{name} ({said})"
