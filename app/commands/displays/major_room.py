"""Display of major incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.commands.console import say

if TYPE_CHECKING:
    from app.schemas.major_room import MajorRoomView, RoomTaskView


def print_room(room: MajorRoomView) -> None:
    """Print the record of a major incident."""
    say(f"{room.id}  {room.state}  {room.subject}")
    say(f"reports: {room.reports}, open: {room.still_open}")
    for role in room.roles:
        say(f"{role.role}: {role.person or 'nobody yet'}")
    for task in room.tasks:
        say(_task(task))
    if room.workaround:
        say(f"workaround: {room.workaround}")
    for message in room.messages:
        say(f"sent {message.sent_at:%Y-%m-%d %H:%M} to {message.audience}: {message.subject}")
    if room.next_update_at is not None:
        late = " (overdue)" if room.overdue else ""
        say(f"next update: {room.next_update_at:%Y-%m-%d %H:%M} UTC{late}")
    for one in room.continuity.met:
        say(f"may be a disaster: {one.name}: {one.why}")


def _task(task: RoomTaskView) -> str:
    state = "done" if task.done_at else "overdue" if task.overdue else "to do"
    due = f", due {task.due_at:%Y-%m-%d %H:%M} UTC" if task.due_at else ""
    return f"task {task.id} ({state}{due}): {task.title}"
