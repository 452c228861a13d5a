"""What a clock says in a list: how much time is left, or by how much it is late, in the reader's form."""

from __future__ import annotations

from datetime import UTC, datetime

from app.desk.language import _, duration
from app.desk.table import Mark
from app.schemas.queue import ClockMarkView
from kb.records.queue_entry import QueueFlag

_LIKELY = 0.5
_POSSIBLE = 0.2


def time_words(clock: ClockMarkView) -> str:
    """Return when the next target is used up, nothing where there is none."""
    if clock.due_at is not None:
        left = (clock.due_at - datetime.now(UTC)).total_seconds()
        if clock.breached:
            return _("late by {time}").format(time=duration(-left))
        return _("due in {time}").format(time=duration(left)) if left > 0 else _("due now")
    if clock.left_seconds is not None:
        return _("paused, {time} left").format(time=duration(max(clock.left_seconds, 0)))
    return ""


def risk_words(clock: ClockMarkView) -> str:
    """Return how probable it is that the resolution comes late, in a word; nothing where that is not known or past."""
    if clock.breach_probability is None or clock.breached:
        return ""
    if clock.breach_probability >= _LIKELY:
        return _("late: likely")
    return _("late: possible") if clock.breach_probability >= _POSSIBLE else _("late: unlikely")


def flag_marks() -> dict[QueueFlag, Mark]:
    """Return the mark of each flag that lists show."""
    return {
        QueueFlag.MAJOR: Mark(_("major?"), "bad"),
        QueueFlag.BREACHED: Mark(_("late"), "bad"),
        QueueFlag.BREACHING: Mark(_("nearly late"), "warning"),
        QueueFlag.AT_RISK: Mark(_("at risk"), "warning"),
        QueueFlag.BOUNCED: Mark(_("bounced"), "warning"),
        QueueFlag.REOPENED: Mark(_("reopened"), "warning"),
        QueueFlag.WAITING: Mark(_("waiting"), "muted"),
    }
