"""The report of a major incident's review, as Markdown or as a page that loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markupsafe import Markup

from app.reports.page import render
from app.schemas.major_room import MajorReviewView, MajorRoomView, ReviewActionView
from kb.practice.wording import duration_text

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&])")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def review_markdown(room: MajorRoomView, review: MajorReviewView) -> str:
    """Return the report as Markdown; texts that people or tickets wrote are shown letter by letter."""
    return "\n".join(_lines(room, review)) + "\n"


def review_page(room: MajorRoomView, review: MajorReviewView) -> str:
    """Return the report as an HTML page."""
    body = Markup(_MARKDOWN.render(review_markdown(room, review)))  # noqa: S704 (made without HTML of others)
    return render("major_review.html", title=f"{room.id}: {room.subject}", content=body)


def _lines(room: MajorRoomView, review: MajorReviewView) -> Iterator[str]:
    yield f"# Review of major incident {_plain(room.id)}: {_plain(room.subject)}"
    yield ""
    times = review.times
    yield "| | |"
    yield "| --- | --- |"
    yield f"| State | {room.state} |"
    yield f"| Reports | {room.reports} |"
    yield f"| Services | {_plain(', '.join(one.name for one in room.services)) or 'unknown'} |"
    yield f"| Time to detect | {_time(times.to_detect_seconds)} |"
    yield f"| Time to accept | {_time(times.to_accept_seconds)} |"
    yield f"| Time to restore | {_time(times.to_restore_seconds)} |"
    held = ((role.role, ", then ".join(one.person for one in role.history)) for role in room.roles)
    for role, people in held:
        if people:
            yield f"| {_plain(role.capitalize())} | {_plain(people)} |"
    text = review.text
    sections = (
        ("Summary", text.summary),
        ("Criteria", "\n".join(room.criteria)),
        ("Cause", text.cause),
        ("Workaround", room.workaround),
        ("Resolution", room.resolution),
        ("What went well", text.went_well),
        ("What went badly", text.went_badly),
    )
    for title, said in sections:
        if said:
            yield from ("", f"## {title}", "", *map(_plain, said.splitlines()))
    if review.actions:
        yield from (
            "",
            "## Actions",
            "",
            "| what | owner | due | done | did it help |",
            "| --- | --- | --- | --- | --- |",
        )
        yield from map(_action, review.actions)
    if room.messages:
        yield from ("", "## Messages", "")
        for message in room.messages:
            yield f"- {message.sent_at:%Y-%m-%d %H:%M} UTC to {_plain(message.audience)}: {_plain(message.subject)}"
    yield from ("", "## Timeline", "")
    for entry in review.timeline:
        by = f" ({_plain(entry.by)})" if entry.by else ""
        text_of_entry = _plain(entry.text)
        yield f"- {entry.at:%Y-%m-%d %H:%M} UTC: {f'**{text_of_entry}**' if entry.pinned else text_of_entry}{by}"


def _action(one: ReviewActionView) -> str:
    due = f"{one.due_at:%Y-%m-%d}" if one.due_at else ""
    done = f"{one.done_at:%Y-%m-%d}" if one.done_at else ""
    helped = "" if one.helped is None else f"{'yes' if one.helped else 'no'}: {one.before} before, {one.after} after"
    return f"| {_plain(one.what)} | {_plain(one.owner or '')} | {due} | {done} | {helped} |"


def _time(seconds: float | None) -> str:
    return "unknown" if seconds is None else duration_text(seconds)


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
