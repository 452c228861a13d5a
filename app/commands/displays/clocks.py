"""Display of the clocks of incidents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from app.commands.console import out, say
from kb.records.board import Limit
from kb.records.clock_state import Difference
from kb.records.notification import ToldDifference

if TYPE_CHECKING:
    from app.schemas.clocks import (
        BeforeAfter,
        ClockDifferenceView,
        ClocksView,
        LimitRehearsalView,
        NotificationRehearsalView,
        RehearsalView,
    )

_DIFFERENCES_SHOWN = 20


def print_rehearsal(found: RehearsalView) -> None:
    """Print what another practice changes: counts before and after, and the first clocks that differ."""
    table = Table(title=f"{found.incidents:,} incidents from {found.since:%Y-%m-%d} to before {found.until:%Y-%m-%d}")
    for column in ("clocks", "counted", "breached", "warnings"):
        table.add_column(column)
    for one in found.measures:
        table.add_row(one.measure.value, _change(one.clocks), _change(one.breaches), _change(one.warnings))
    out.print(table)
    for difference, count in found.counts.items():
        out.print(f"{count:,} {_DIFFERENCES[difference]}")
    for changed in found.differences[:_DIFFERENCES_SHOWN]:
        out.print(f"  {escape(changed.number)}  {escape(_line(changed))}")
    if len(found.differences) > _DIFFERENCES_SHOWN:
        say(f"... and {len(found.differences) - _DIFFERENCES_SHOWN:,} more; -o FILE lists all")
    if found.notifications.rules:
        _print_notifications(found.notifications)
    if found.limits:
        _print_limits(found.limits)


def _print_notifications(found: NotificationRehearsalView) -> None:
    table = Table(title="Notifications, major incidents left out")
    for column in ("rule", "event", "sent", "escalated"):
        table.add_column(column)
    for one in found.rules:
        table.add_row(escape(one.rule), one.event.value, _change(one.told), _change(one.escalated))
    out.print(table)
    if found.note:
        say(found.note)
    for difference, count in found.counts.items():
        out.print(f"{count:,} {_TOLD[difference]}")
    for changed in found.differences[:_DIFFERENCES_SHOWN]:
        moments = " -> ".join("-" if at is None else f"{at:%Y-%m-%d %H:%M}" for at in (changed.before, changed.after))
        event = f"{changed.event.value}, escalated" if changed.escalated else changed.event.value
        out.print(f"  {escape(changed.number)}  {event} to {escape(changed.recipient)}: {moments}")
    if len(found.differences) > _DIFFERENCES_SHOWN:
        say(f"... and {len(found.differences) - _DIFFERENCES_SHOWN:,} more; --json lists all")


def _print_limits(found: Sequence[LimitRehearsalView]) -> None:
    table = Table(title="Steps beyond a limit of the board")
    for column in ("limit of", "most", "beyond"):
        table.add_column(column)
    for one in found[:_DIFFERENCES_SHOWN]:
        most = " -> ".join("none" if limit is None else f"{limit:,}" for limit in (one.limit_before, one.limit_after))
        place = Limit(one.kind, one.limit_after or one.limit_before or 0, one.stage, one.name).place
        table.add_row(escape(place), most, _change(one.beyond))
    out.print(table)
    if len(found) > _DIFFERENCES_SHOWN:
        say(f"... and {len(found) - _DIFFERENCES_SHOWN:,} more; --json lists all")


_DIFFERENCES = {
    Difference.BREACHED: "clocks would be breached that are not",
    Difference.MET: "clocks would not be breached that are",
    Difference.BREACHED_ANOTHER_TIME: "clocks would be breached at another time",
    Difference.WARNED_OTHERWISE: "clocks would warn at other times",
}


_TOLD = {
    ToldDifference.TOLD: "notifications would be sent that are not",
    ToldDifference.NOT_TOLD: "notifications would not be sent that are",
    ToldDifference.TOLD_ANOTHER_TIME: "notifications would arrive at another time",
}


def _change(count: BeforeAfter) -> str:
    return f"{count.before:,}" if count.before == count.after else f"{count.before:,} -> {count.after:,}"


def _line(changed: ClockDifferenceView) -> str:
    name = f"with {changed.group}" if changed.group else changed.measure.value
    targets = f"{changed.target_before or 'no target'} -> {changed.target_after or 'no target'}"
    at = "" if changed.breached_after is None else f", at {changed.breached_after:%Y-%m-%d %H:%M}"
    return f"{name}: {targets}; {changed.difference.replace('_', ' ')}{at}"


def print_clocks(found: ClocksView, *, explain: bool) -> None:
    """Print the clocks of an incident, with `explain` what every second counted for; times are in UTC."""
    if found.note:
        say(found.note)
        return
    table = Table(title=f"{found.number} at {found.at:%Y-%m-%d %H:%M} UTC")
    for column in ("clock", "target", "due", "where it stands"):
        table.add_column(column)
    for clock in found.clocks:
        name = f"with {clock.group}" if clock.group else clock.measure.value
        due = "" if clock.due_at is None else f"{clock.due_at:%Y-%m-%d %H:%M}"
        table.add_row(escape(name), escape(clock.target), due, escape(clock.summary))
    out.print(table)
    if found.breach_probability is not None:
        out.print(f"probability that its resolution is breached: {found.breach_probability:.0%}")
    for clock in found.clocks if explain else ():
        out.print(f"[bold]{escape(clock.group or clock.measure.value)}[/]: {escape(clock.target)}")
        for stretch in clock.explanation:
            out.print(
                f"  {stretch.start:%Y-%m-%d %H:%M:%S} to {stretch.end:%Y-%m-%d %H:%M:%S}  "
                f"{stretch.effect.value:9}  {escape(stretch.reason)}"
            )
