"""Client of one major incident that was accepted: its record, roles, tasks, timeline, messages, children, review."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from app.schemas.major_room import (
    AddedActionView,
    AddedTaskView,
    ChildrenView,
    ContinuityView,
    LinkedView,
    MajorReviewView,
    MajorRoomView,
    MessageDraftView,
    ResolvedMajorView,
    ReviewActionView,
    RoomEntryView,
    RoomMessageView,
    RoomTaskView,
    RoomTimelineView,
)

View = TypeVar("View", bound=BaseModel)


class RoomClient:
    """The API of one major incident below `path`; `send` makes a request, and raises what the service refuses."""

    def __init__(self, send: Callable[..., httpx.Response], path: str) -> None:
        self._send = send
        self._path = path

    def room(self) -> MajorRoomView:
        """Read the record."""
        return self._call(MajorRoomView, "GET", "room")

    def describe(self, *, by: str | None = None, version: int | None = None, **changes: Any) -> MajorRoomView:
        """Change `subject`, `criteria`, `resources`, `investigation`, `workaround` or `article`.

        Raises EditConflictError where `version` is not that of the record any more.
        """
        return self._call(MajorRoomView, "PATCH", "room", {**changes, "by": by}, version=version)

    def move(self, to: str, *, note: str | None = None, by: str | None = None) -> MajorRoomView:
        """Take it to another state."""
        return self._call(MajorRoomView, "POST", "state", {"to": to, "note": note, "by": by})

    def resolve(self, resolution: str, article: str | None = None, *, by: str | None = None) -> ResolvedMajorView:
        """Resolve it with all of its open children."""
        return self._call(
            ResolvedMajorView, "POST", "resolve", {"resolution": resolution, "article": article, "by": by}
        )

    def hand_over(
        self, role: str, person: str | None, *, expected: str | None, note: str = "", by: str | None = None
    ) -> MajorRoomView:
        """Hand a role over; raises EditConflictError where another one than `expected` holds it."""
        body = {"person": person, "expected": expected, "note": note, "by": by}
        return self._call(MajorRoomView, "PUT", f"roles/{_quoted(role)}", body)

    def add_task(self, title: str, *, by: str | None = None, **said: Any) -> AddedTaskView:
        """Add a task; `said` may have `role`, `owner` and `due_at`."""
        return self._call(AddedTaskView, "POST", "tasks", {"title": title, **said, "by": by})

    def change_task(self, task: int, *, by: str | None = None, **changes: Any) -> RoomTaskView:
        """Change `title`, `owner` or `due_at` of a task, or say with `done` whether it is done."""
        return self._call(RoomTaskView, "PATCH", f"tasks/{task}", {**changes, "by": by})

    def timeline(self, *, hidden: bool = False, limit: int = 500, offset: int = 0) -> RoomTimelineView:
        """List what happened, the earliest first."""
        params = {"hidden": hidden, "limit": limit, "offset": offset}
        return RoomTimelineView.model_validate_json(self._send("GET", f"{self._path}/timeline", params=params).content)

    def add_entry(
        self, text: str, *, at: datetime | None = None, pinned: bool = False, by: str | None = None
    ) -> RoomEntryView:
        """Add an entry to the timeline."""
        body = {"text": text, "at": at and at.isoformat(), "pinned": pinned, "by": by}
        return self._call(RoomEntryView, "POST", "timeline", body)

    def mark_entry(
        self, entry: str, *, pinned: bool | None = None, hidden: bool | None = None, by: str | None = None
    ) -> RoomEntryView:
        """Pin or hide an entry, or take that back."""
        return self._call(RoomEntryView, "PATCH", f"timeline/{entry}", {"pinned": pinned, "hidden": hidden, "by": by})

    def draft(self, audience: str) -> MessageDraftView:
        """Draft a message to an audience."""
        found = self._send("GET", f"{self._path}/messages/draft", params={"audience": audience})
        return MessageDraftView.model_validate_json(found.content)

    def send(
        self, audience: str, subject: str, text: str, *, next_update_minutes: int | None = None, by: str | None = None
    ) -> RoomMessageView:
        """Send a message."""
        body = {"audience": audience, "subject": subject, "text": text, "next_update_minutes": next_update_minutes}
        return self._call(RoomMessageView, "POST", "messages", {**body, "by": by})

    def children(self) -> ChildrenView:
        """List the incidents that belong to it."""
        return self._call(ChildrenView, "GET", "children")

    def link(self, numbers: Sequence[str], *, by: str | None = None) -> LinkedView:
        """Link incidents by hand."""
        return self._call(LinkedView, "POST", "children", {"numbers": list(numbers), "by": by})

    def unlink(self, number: str, *, by: str | None = None) -> None:
        """Take an incident out of it."""
        self._send("DELETE", f"{self._path}/children/{_quoted(number)}", params={"by": by} if by else {})

    def review(self) -> MajorReviewView:
        """Read the review."""
        return self._call(MajorReviewView, "GET", "review")

    def write_review(
        self, *, done: bool = False, by: str | None = None, version: int | None = None, **text: str
    ) -> MajorReviewView:
        """Write `summary`, `cause`, `went_well` and `went_badly`; with `done` it is reviewed.

        Raises EditConflictError where `version` is not that of these texts any more.
        """
        return self._call(MajorReviewView, "PUT", "review", {**text, "done": done, "by": by}, version=version)

    def report(self, form: str = "md") -> str:
        """Return the report of the review, as Markdown (`md`) or as a page (`html`)."""
        return self._send("GET", f"{self._path}/review/report", params={"format": form}).text

    def add_action(self, what: str, *, by: str | None = None, **said: Any) -> AddedActionView:
        """Add an action; `said` may have `owner`, `due_at` and `check_days`."""
        return self._call(AddedActionView, "POST", "actions", {"what": what, **said, "by": by})

    def change_action(self, action: int, *, by: str | None = None, **changes: Any) -> ReviewActionView:
        """Change `what`, `owner` or `due_at` of an action, or say with `done` whether it is done."""
        return self._call(ReviewActionView, "PATCH", f"actions/{action}", {**changes, "by": by})

    def continuity(self) -> ContinuityView:
        """Say whether it is a disaster, and who owns the continuity plan."""
        return self._call(ContinuityView, "GET", "continuity")

    def hand_over_to_continuity(
        self, *, to: str | None = None, note: str = "", by: str | None = None
    ) -> ContinuityView:
        """Hand it over to the owner of the continuity plan."""
        return self._call(ContinuityView, "POST", "continuity", {"to": to, "note": note, "by": by})

    def _call(
        self,
        view: type[View],
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        version: int | None = None,
    ) -> View:
        more: dict[str, Any] = {} if body is None else {"json": body}
        if version is not None:
            more["headers"] = {"If-Match": f'"{version}"'}
        return view.model_validate_json(self._send(method, f"{self._path}/{path}", **more).content)


def _quoted(text: str) -> str:
    return quote(text, safe="")
