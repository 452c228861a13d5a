"""Review of a major incident: what happened when, what to do so that it does not come back, and whether that helped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.composition import Services
from app.services.major_children import JOINS_FROM, likeness
from app.services.major_room import check_version, masked, move_room, note, work_values
from kb.records.act import ActKind
from kb.records.major_room import ReviewAction, ReviewText, Room, RoomEventKind, RoomState, RoomStateError
from kb.records.wording import Wording
from kb.retrieval.logged_vectors import logged_vectors

_REVIEWABLE = (RoomState.RESOLVED, RoomState.REVIEWED, RoomState.CLOSED)


def write_review(
    services: Services, lead: str, text: ReviewText, *, done: bool, by: str | None, version: int | None = None
) -> Room:
    """Keep what a review found and, where it is `done`, take the major incident on to reviewed.

    Raises UnknownRecordError, RoomStateError where it is not resolved yet, and EditConflictError where `version` is not
    that of its texts any more.
    """
    found = ReviewText(
        masked(services, text.summary) or "",
        masked(services, text.cause) or "",
        masked(services, text.went_well) or "",
        masked(services, text.went_badly) or "",
    )
    with services.store.database.writing():
        room = services.major_rooms.get(lead)
        if room.state not in _REVIEWABLE:
            raise RoomStateError(
                Wording(
                    "the major incident {number} is {state}: resolve it before its review",
                    {"number": lead, "state": room.state.value},
                )
            )
        check_version("review", lead, room.review.version, version)
        note(services, lead, RoomEventKind.REVIEW, "Review written", by=by)
        room = services.major_rooms.change(lead, review=found)
        if done and room.state is RoomState.RESOLVED:
            room = move_room(services, lead, RoomState.REVIEWED, by=by, note_text=None)
        return room


def add_review_action(
    services: Services, lead: str, action: ReviewAction, *, by: str | None
) -> tuple[ReviewAction, int]:
    """Add something to do after a major incident; returns it and the id of the act, and raises UnknownRecordError."""
    with services.store.database.writing():
        services.major_rooms.get(lead)
        added = services.major_work.add_action(lead, action)
        note(services, lead, RoomEventKind.ACTION, f"New action: {added.what}", by=by)
        values = work_values(added)
        return added, services.store.acts.begin(lead, ActKind.ACTION, by=by, at=datetime.now(UTC), after=values)


def change_review_action(
    services: Services, lead: str, key: int, changes: dict[str, Any], *, done: bool | None, by: str | None
) -> ReviewAction:
    """Change an action, or mark it as done or not done, which forgets its check; raises UnknownRecordError."""
    at = datetime.now(UTC)
    if done is not None:
        changes |= {"done_at": at if done else None, "done_by": by if done else None}
        changes |= dict.fromkeys(("before", "after", "checked_at"))
    with services.store.database.writing():
        services.major_rooms.get(lead)
        action = services.major_work.change_action(lead, key, **changes)
        did = "changed" if done is None else "done" if done else "not done after all"
        note(services, lead, RoomEventKind.ACTION, f"Action {did}: {action.what}", by=by, at=at)
        return action


def check_actions(services: Services, *, now: datetime) -> list[ReviewAction]:
    """Count alike incidents before and after each action whose time has come, and keep whether it helped."""
    checked = list[ReviewAction]()
    for lead, action in services.major_work.unchecked_actions():
        if action.check_due_at is None or action.check_due_at > now or action.done_at is None:
            continue
        room, span = services.major_rooms.get(lead), timedelta(days=action.check_days)
        began = room.since or room.proposed_at
        before = count_alike(services, room, began - span, began)
        after = count_alike(services, room, action.done_at, action.done_at + span)
        with services.store.database.writing():
            still = {one.id: one for one in services.major_work.actions(lead)}.get(action.id)
            if still != action:
                continue
            checked.append(
                services.major_work.change_action(lead, action.id, before=before, after=after, checked_at=now)
            )
            text = (
                f"Checked after {action.check_days} days: {action.what}: {before} alike incidents before, {after} after"
            )
            note(services, lead, RoomEventKind.ACTION, text, by=None, at=now)
    return checked


def count_alike(services: Services, room: Room, earliest: datetime, latest: datetime) -> int:
    """Return how many incidents like the reports of a major one, and none of them, were logged in a time."""
    own = {room.lead, *(child.number for child in services.major_rooms.children(room.lead))}
    count = 0
    for numbers, vectors in logged_vectors(services.store, earliest, latest):
        is_alike = likeness(services, room, vectors) >= JOINS_FROM
        count += sum(number not in own for number in _chosen(numbers, np.flatnonzero(is_alike).tolist()))
    return count


def _chosen(numbers: Sequence[str], places: Sequence[int]) -> list[str]:
    return [numbers[place] for place in places]
