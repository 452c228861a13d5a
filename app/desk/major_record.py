"""What a confirmed major incident leaves: its timeline, its children, and its review with actions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from app.desk.dialogs import show_dialog
from app.desk.entry import entry_field, hand_in_entry
from app.desk.language import _, counted, date_and_time, number
from app.desk.shared_text import SharedText, shared_field, tell_conflict
from app.desk.shell import did, refused, ticket_anchor, tried
from app.desk.stage_words import stage_name
from app.desk.texts import label, plain
from app.desk.undo import put_back, undo_acts
from app.desk.visitor import person
from app.room_client import RoomClient
from app.schemas.major_room import ChildView, MajorRoomView, ReviewActionView, RoomEntryView
from kb.records.errors import EditConflictError
from kb.records.major_room import RoomState
from kb.vocabulary.stage import Stage
from models.errors import TriageError

_SHOWN = 100
_REVIEWABLE = frozenset({RoomState.RESOLVED, RoomState.REVIEWED, RoomState.CLOSED})


def show_timeline(client: RoomClient, room: MajorRoomView) -> None:
    """Show what happened, the newest first, pinned entries on top, and let the person add to it."""
    st.header(_("Timeline"), anchor=False)
    with_hidden = st.toggle(_("Show hidden entries"), key="room-hidden")
    try:
        found = client.timeline(hidden=with_hidden, limit=1000)
    except TriageError as error:
        refused(error)
        return
    kept = f"{room.id}-entry"
    text, submitted = entry_field(_("New entry"), kept=kept, rows=2, limit=10_000)
    pressed = st.button(_("Add entry"), key="entry-add", disabled=not text.strip())
    if (pressed or submitted) and text.strip() and tried(partial(_add_entry, client, text.strip())):
        hand_in_entry(kept)
        st.rerun()
    newest = list(reversed(found.entries))
    for entry in [one for one in newest if one.pinned]:
        _entry(client, entry)
    for entry in [one for one in newest if not one.pinned][:_SHOWN]:
        _entry(client, entry)
    if found.total > _SHOWN:
        st.caption(_("{count} entries in all").format(count=number(found.total)))


def _add_entry(client: RoomClient, text: str) -> None:
    """Add an entry, which Undo hides, since a timeline is kept as it was written."""
    entry = client.add_entry(text, by=person())
    did(
        _("Added to the timeline."),
        undo=partial(client.mark_entry, entry.id, hidden=True, by=person()),
        undone=_("Undone: the entry is hidden. Nothing on a timeline is deleted."),
    )


def _entry(client: RoomClient, entry: RoomEntryView) -> None:
    who = f" · {plain(entry.by)}" if entry.by else ""
    mark = f"<span class='t-tag'>{plain(_('pinned'))}</span>" if entry.pinned else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f"<div class='t-note'>{plain(date_and_time(entry.at))}{who}{mark}</div><div>{plain(entry.text)}</div>")
        pin = _("Unpin") if entry.pinned else _("Pin")
        hide = _("Show again") if entry.hidden else _("Hide")
        named = label(entry.text, 60)
        if st.button(pin, key=f"pin-{entry.id}", help=f"{pin}: {named}", type="tertiary"):
            _mark(client, entry, pin, pinned=not entry.pinned)
        if st.button(hide, key=f"hide-{entry.id}", help=f"{hide}: {named}", type="tertiary"):
            _mark(client, entry, hide, hidden=not entry.hidden)


def _mark(client: RoomClient, entry: RoomEntryView, words: str, **marks: bool) -> None:
    before = {name: bool(getattr(entry, name)) for name in marks}
    undo = partial(client.mark_entry, entry.id, **before, by=person())
    if tried(lambda: client.mark_entry(entry.id, **marks, by=person())):
        did(f"{words}: {entry.text[:60]}", undo=undo)
        st.rerun()


def show_children(client: RoomClient, room: MajorRoomView) -> None:
    """Show the incidents that belong to it, and let the person link and take out."""
    try:
        found = client.children()
    except TriageError as error:
        refused(error)
        return
    st.header(counted(found.total, "{count} child", "{count} children"), anchor=False)
    if room.state in {RoomState.OPEN, RoomState.RESTORED}:
        kept = f"{room.id}-link"
        text, submitted = entry_field(_("Numbers of incidents to link"), kept=kept, limit=2000)
        numbers = text.replace(",", " ").split()
        pressed = st.button(_("Link"), key="link-add", disabled=not numbers)
        if (pressed or submitted) and numbers:
            _link(client, numbers, kept)
    for child in reversed(found.children[-_SHOWN:]):
        _child(client, child)
    if found.total > _SHOWN:
        st.caption(_("and {count} more").format(count=number(found.total - _SHOWN)))


def _link(client: RoomClient, numbers: list[str], kept: str) -> None:
    def link() -> None:
        linked = client.link(numbers, by=person())
        words = counted(len(linked.joined), "Linked {count} incident.", "Linked {count} incidents.")
        did(words, undo=None if linked.undo is None else partial(undo_acts, [linked.undo]))

    if tried(link):
        hand_in_entry(kept)
        st.rerun()


def _child(client: RoomClient, child: ChildView) -> None:
    how = {"proposal": _("with the proposal"), "hand": _("by hand"), "alike": _("since it is alike")}[child.how.value]
    note = " · ".join(filter(None, (child.stage and stage_name(Stage(child.stage)), how, child.joined_by)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f"<div>{ticket_anchor(child.number)} {plain(child.short_description)}"
            f"<div class='t-note'>{plain(note)}</div></div>"
        )
        words = _("Take {number} out").format(number=label(child.number))
        if st.button(_("Take out"), key=f"unlink-{child.number}", help=words, type="tertiary") and tried(
            lambda: client.unlink(child.number, by=person())
        ):
            did(
                _("{number} does not belong to it.").format(number=child.number),
                undo=lambda: client.link([child.number], by=person()),
            )
            st.rerun()


def show_review(client: RoomClient, room: MajorRoomView) -> None:
    """Show times, findings and actions of the review, and its report to download."""
    st.header(_("Review"), anchor=False)
    times = (
        (_("Time to detect"), room.times.to_detect_seconds),
        (_("Time to confirm"), room.times.to_accept_seconds),
        (_("Time to restore"), room.times.to_restore_seconds),
    )
    rows = "".join(f"<tr><th>{plain(name)}</th><td>{plain(_span(seconds))}</td></tr>" for name, seconds in times)
    st.html(f"<table class='t-table'><tbody>{rows}</tbody></table>")
    findings, actions = st.columns([5, 4], gap="medium")
    with findings:
        if room.state in _REVIEWABLE:
            _findings(client, room)
        else:
            st.caption(_("The review opens once it is resolved. Actions can be noted now."))
    with actions:
        st.subheader(_("Actions"), anchor=False)
        for action in room.actions:
            _action(client, action)
        _new_action(client, room)
    try:
        report = client.report("html")
    except TriageError as error:
        refused(error)
        return
    st.download_button(_("Download report"), report, file_name=f"review-{room.id}.html", mime="text/html")


def reviewed_words(key: str) -> str:
    """Return what is asked once before a review is done."""
    return _("{id} counts as reviewed from now on. This cannot be undone.").format(id=label(key))


def _findings(client: RoomClient, room: MajorRoomView) -> None:
    names = {
        "summary": _("Summary"),
        "cause": _("Cause"),
        "went_well": _("What went well"),
        "went_badly": _("What went badly"),
    }
    texts = {
        name: shared_field(words, getattr(room.review, name), kept=f"{room.id}-review-{name}")
        for name, words in names.items()
    }
    may_save = not any(text.is_contested for text in texts.values())
    with st.container(horizontal=True, gap="small"):
        if st.button(_("Save review"), key="review-save", disabled=not may_save) and may_save:
            _save_review(client, room, texts, done=False)
        if room.state is not RoomState.RESOLVED:
            return
        words = _("Save, and review is done")
        if st.button(words, key="review-done", disabled=not may_save) and may_save:
            show_dialog(_("Review is done"), partial(_finish_review, client, room, texts, words))


def _finish_review(client: RoomClient, room: MajorRoomView, texts: Mapping[str, SharedText], words: str) -> None:
    st.write(reviewed_words(room.id))
    if st.button(words, key="review-done-now", type="primary"):
        _save_review(client, room, texts, done=True)


def _save_review(client: RoomClient, room: MajorRoomView, texts: Mapping[str, SharedText], *, done: bool) -> None:
    """Save the review as this person saw it, with Undo unless it is done."""
    before = {name: text.saved for name, text in texts.items()}
    written = {name: text.saved if text.mine is None else text.mine for name, text in texts.items()}

    def save() -> None:
        try:
            after = client.write_review(done=done, by=person(), version=room.review.version, **written).text
        except EditConflictError:
            tell_conflict()
        for name, text in texts.items():
            text.hand_in(getattr(after, name))

        def undo() -> None:
            put_back("review", lambda: client.write_review(done=False, by=person(), version=after.version, **before))

        did(_("Saved the review of {id}.").format(id=room.id), undo=None if done else undo)

    if tried(save):
        st.rerun()


def _action(client: RoomClient, action: ReviewActionView) -> None:
    due = _("due {time}").format(time=date_and_time(action.due_at)) if action.due_at else ""
    done = _("done {time}").format(time=date_and_time(action.done_at)) if action.done_at else ""
    note = " · ".join(filter(None, (action.owner, done or due, _helped(action))))
    tone = " t-bad" if action.overdue or action.helped is False else " t-fine" if action.done_at else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f"<div class='t-note{tone}'><b>{plain(action.what)}</b><div>{plain(note)}</div></div>")
        if action.done_at is None:
            words = _("Mark “{title}” as done").format(title=label(action.what))
            if st.button(_("Done"), key=f"action-{action.id}", help=words, type="tertiary") and tried(
                lambda: client.change_action(action.id, done=True, by=person())
            ):
                undo = partial(client.change_action, action.id, done=False, by=person())
                did(_("Done: {title}.").format(title=action.what), undo=undo)
                st.rerun()


def _helped(action: ReviewActionView) -> str:
    """Return whether an action helped, or when that is looked at."""
    if action.helped is None:
        if action.check_due_at is None:
            return ""
        return _("checked on {time}").format(time=date_and_time(action.check_due_at))
    words = (
        _("helped: {before} alike before, {after} after")
        if action.helped
        else _("did not help: {before} alike before, {after} after")
    )
    return words.format(before=number(action.before or 0), after=number(action.after or 0))


def _new_action(client: RoomClient, room: MajorRoomView) -> None:
    kept, kept_owner = f"{room.id}-action", f"{room.id}-action-owner"
    what, submitted = entry_field(_("New action"), kept=kept, limit=500)
    owner, _first = entry_field(_("Owner"), kept=kept_owner, limit=200)
    pressed = st.button(_("Add action"), key="action-add", disabled=not what.strip())

    def add() -> None:
        added = client.add_action(what.strip(), owner=owner.strip() or None, by=person())
        did(_("New action: {title}.").format(title=added.what), undo=partial(undo_acts, [added.undo]))

    if (pressed or submitted) and what.strip() and tried(add):
        hand_in_entry(kept, kept_owner)
        st.rerun()


def _span(seconds: float | None) -> str:
    if seconds is None:
        return _("unknown")
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
