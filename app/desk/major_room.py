"""The room of a confirmed major incident: where it stands, who does what, and what is told to whom."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from app.desk.address import chosen_view
from app.desk.dialogs import show_dialog
from app.desk.entry import entry_field, hand_in_entry
from app.desk.language import _, date_and_time
from app.desk.major_record import reviewed_words, show_children, show_review, show_timeline
from app.desk.shared_text import shared_field, tell_conflict
from app.desk.shell import did, refused, service, tried
from app.desk.texts import label, plain
from app.desk.undo import put_back, undo_acts
from app.desk.visitor import person
from app.desk.watching import watch
from app.room_client import RoomClient
from app.schemas.major_room import MajorRoomView, MessageDraftView, RoleView, RoomTaskView
from kb.records.errors import EditConflictError
from kb.records.major_room import RoomState
from models.errors import NotFoundError, TriageError


def show_room(key: str) -> None:
    """Show the room of a major incident, one part of it at a time."""
    client = service().major(key)
    try:
        room = client.room()
    except NotFoundError:
        return
    except TriageError as error:
        refused(error)
        return
    watch(client.room, room)
    _standing(room)
    _moves(client, room)
    parts: dict[str, tuple[str, Callable[[], None]]] = {
        "work": (_("Work"), partial(_work, client, room)),
        "timeline": (_("Timeline"), partial(show_timeline, client, room)),
        "messages": (_("Messages"), partial(_messages, client, room)),
        "children": (_("Children"), partial(show_children, client, room)),
        "review": (_("Review"), partial(show_review, client, room)),
    }
    words = {name: told for name, (told, _show) in parts.items()}
    parts[chosen_view(_("Part of the room"), words, key="room")][1]()


def state_words(state: RoomState) -> str:
    """Return the state of a major incident in the reader's language."""
    return {
        RoomState.OPEN: _("Being worked on"),
        RoomState.RESTORED: _("Service restored"),
        RoomState.RESOLVED: _("Resolved"),
        RoomState.REVIEWED: _("Reviewed"),
        RoomState.CLOSED: _("Closed"),
        RoomState.DEMOTED: _("No major incident"),
    }[state]


def _standing(room: MajorRoomView) -> None:
    """Say where it stands, what is overdue, and whether it may be a disaster."""
    manager = next((role.person for role in room.roles if role.person), None)
    said = [state_words(room.state), _("{count} reports, {open} open").format(count=room.reports, open=room.still_open)]
    if manager:
        said.append(_("led by {name}").format(name=manager))
    st.html(f"<div class='t-head'>{plain(' · '.join(said))}</div>")
    if room.overdue and room.next_update_at is not None:
        words = _("An update was due at {time}.").format(time=date_and_time(room.next_update_at))
        st.html(f"<div class='t-note t-bad' role='status'>{plain(words)}</div>")
    elif room.next_update_at is not None:
        words = _("The next update is due at {time}.").format(time=date_and_time(room.next_update_at))
        st.html(f"<div class='t-note t-fine'>{plain(words)}</div>")
    given = room.continuity
    if given.handed_over_at is not None:
        words = _("Handed over to {name} under the continuity plan at {time}.").format(
            name=given.handed_over_to, time=date_and_time(given.handed_over_at)
        )
        st.html(f"<div class='t-note t-bad'>{plain(words)}</div>")
    elif given.met:
        met = "; ".join(f"{one.name} ({one.why})" for one in given.met)
        words = _("This may be a disaster, not a major incident: {criteria}.").format(criteria=met)
        st.html(f"<div class='t-note t-bad' role='status'>{plain(words)}</div>")


def _moves(client: RoomClient, room: MajorRoomView) -> None:
    """Offer the states to which it may go, and the hand-over under the continuity plan."""
    words = {
        RoomState.OPEN: _("Open again"),
        RoomState.RESTORED: _("Service is restored"),
        RoomState.REVIEWED: _("Review is done"),
        RoomState.CLOSED: _("Close major incident"),
    }
    with st.container(horizontal=True, gap="small"):
        for state in room.moves:
            if state is RoomState.RESOLVED:
                if st.button(_("Resolve with all reports"), key="room-resolve", type="primary"):
                    show_dialog(_("Resolve with all reports"), partial(_resolve, client, room))
            elif state in words and st.button(words[state], key=f"room-{state.value}"):
                if state in {RoomState.OPEN, RoomState.REVIEWED}:
                    show_dialog(words[state], partial(_ask, client, room, state, words[state]))
                else:
                    _move(client, room, state)
        if room.continuity.handed_over_at is None and room.state in {RoomState.OPEN, RoomState.RESTORED}:
            offer = _("Hand over to continuity")
            if st.button(offer, key="room-continuity", type="secondary" if room.continuity.met else "tertiary"):
                show_dialog(offer, partial(_continuity, client, room))


def _ask(client: RoomClient, room: MajorRoomView, state: RoomState, words: str) -> None:
    """Ask once for a move that cannot be taken back."""
    again = _("When {id} was restored, resolved and reviewed is forgotten. This cannot be undone.")
    st.write(again.format(id=label(room.id)) if state is RoomState.OPEN else reviewed_words(room.id))
    if st.button(words, key="room-move-now", type="primary"):
        _move(client, room, state)


def _move(client: RoomClient, room: MajorRoomView, state: RoomState) -> None:
    before, back = room.state, {RoomState.RESTORED: RoomState.OPEN, RoomState.CLOSED: RoomState.REVIEWED}
    undo = (lambda: client.move(before, by=person())) if back.get(state) is before else None
    if tried(lambda: client.move(state, by=person())):
        did(_("{id}: {state}.").format(id=room.id, state=state_words(state)), undo=undo)
        st.rerun()


def _resolve(client: RoomClient, room: MajorRoomView) -> None:
    """Ask once how it was resolved, since all open reports are resolved with it."""
    st.write(_("{count} open reports are resolved and their callers told.").format(count=room.still_open))
    kept = f"{room.id}-major-resolution"
    text, _submitted = entry_field(_("Resolution"), kept=kept, rows=4)
    if st.button(_("Resolve"), key="room-resolve-now", type="primary", disabled=not text.strip()):

        def resolve() -> None:
            done = client.resolve(text, by=person()).resolved
            did(_("Resolved {id} with {count} reports.").format(id=room.id, count=len(done)))

        if tried(resolve):
            hand_in_entry(kept)
            st.rerun()


def _continuity(client: RoomClient, room: MajorRoomView) -> None:
    """Ask once before everything known goes to the owner of the continuity plan."""
    owner = room.continuity.owner or ""
    st.write(_("Everything that is known goes to the owner of the continuity plan. It cannot be taken back."))
    kept_to, kept_why = f"{room.id}-continuity-owner", f"{room.id}-continuity-why"
    to, _first = entry_field(_("Owner of the plan"), owner, kept=kept_to, limit=200)
    why, _second = entry_field(_("Why"), kept=kept_why, rows=2, limit=2000)
    if st.button(_("Hand over"), key="room-continuity-now", type="primary", disabled=not to.strip()):

        def hand_over() -> None:
            given = client.hand_over_to_continuity(to=to.strip(), note=why, by=person())
            did(_("Handed over to {name}.").format(name=given.handed_over_to))

        if tried(hand_over):
            hand_in_entry(kept_to, kept_why)
            st.rerun()


def _work(client: RoomClient, room: MajorRoomView) -> None:
    team, elements = st.columns([5, 4], gap="medium")
    with team:
        st.header(_("Roles"), anchor=False)
        for role in room.roles:
            _role(client, room, role)
        st.header(_("Tasks"), anchor=False)
        for task in room.tasks:
            _task(client, task)
        _new_task(client, room)
    with elements:
        st.header(_("Record"), anchor=False)
        _elements(client, room)


def _role(client: RoomClient, room: MajorRoomView, role: RoleView) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = _(role.role.capitalize())
        holder = role.person or _("nobody yet")
        before = [f"{one.person} ({date_and_time(one.until)})" for one in role.history if one.until is not None]
        history = _("before: {names}").format(names=", ".join(before)) if before else ""
        note = " · ".join(filter(None, (role.duty and _(role.duty), history)))
        st.html(f"<b>{plain(name)}</b>: {plain(holder)}<div class='t-note'>{plain(note)}</div>")
        help_text = _("Hand over the role {role}").format(role=name)
        if st.button(_("Hand over"), key=f"role-{role.role}", help=help_text, type="tertiary"):
            show_dialog(help_text, partial(_hand_over, client, room, role))


def _hand_over(client: RoomClient, room: MajorRoomView, role: RoleView) -> None:
    """Ask who gets a role, and with what note."""
    kept_to, kept_note = f"{room.id}-{role.role}-to", f"{room.id}-{role.role}-note"
    to, _first = entry_field(_("Who takes over"), person() or "", kept=kept_to, limit=200)
    note, _second = entry_field(_("Note"), kept=kept_note, limit=2000)
    if st.button(_("Hand over"), key="role-now", type="primary", disabled=not to.strip()):

        def hand_over() -> None:
            client.hand_over(role.role, to.strip(), expected=role.person, note=note, by=person())
            did(
                _("{role}: {name}.").format(role=_(role.role.capitalize()), name=to.strip()),
                undo=lambda: client.hand_over(role.role, role.person, expected=to.strip(), by=person()),
            )

        if tried(hand_over):
            hand_in_entry(kept_to, kept_note)
            st.rerun()


def _task(client: RoomClient, task: RoomTaskView) -> None:
    due = _("due {time}").format(time=date_and_time(task.due_at)) if task.due_at else ""
    done = _("done {time}").format(time=date_and_time(task.done_at)) if task.done_at else ""
    note = " · ".join(filter(None, (task.owner or (task.role and _(task.role.capitalize())), done or due)))
    tone = " t-bad" if task.overdue else " t-fine" if task.done_at else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f"<div class='t-note{tone}'><b>{plain(_(task.title))}</b> {plain(note)}</div>")
        if task.done_at is None:
            words = _("Mark “{title}” as done").format(title=task.title)
            if st.button(_("Done"), key=f"task-{task.id}", help=words, type="tertiary") and tried(
                lambda: client.change_task(task.id, done=True, by=person())
            ):
                undo = partial(client.change_task, task.id, done=False, by=person())
                did(_("Done: {title}.").format(title=task.title), undo=undo)
                st.rerun()


def _new_task(client: RoomClient, room: MajorRoomView) -> None:
    kept = f"{room.id}-task"
    title, submitted = entry_field(_("New task"), kept=kept, limit=500)
    pressed = st.button(_("Add task"), key="task-add", disabled=not title.strip())

    def add() -> None:
        added = client.add_task(title.strip(), by=person())
        did(_("New task: {title}.").format(title=added.title), undo=partial(undo_acts, [added.undo]))

    if (pressed or submitted) and title.strip() and tried(add):
        hand_in_entry(kept)
        st.rerun()


def _elements(client: RoomClient, room: MajorRoomView) -> None:
    """Show the elements that are texts as fields, saved together."""
    offered = list(dict.fromkeys((*room.usual_criteria, *room.criteria)))
    st.caption(_("Criteria"))
    chosen = [
        name
        for name in offered
        if st.checkbox(label(name, 200), now := name in room.criteria, key=f"{room.id}-criterion-{now}-{name}")
    ]
    names = {
        "workaround": _("Workaround"),
        "investigation": _("How the cause is looked for"),
        "resources": _("Other resources"),
    }
    texts = {name: shared_field(words, getattr(room, name), kept=f"{room.id}-{name}") for name, words in names.items()}
    may_save = not any(text.is_contested for text in texts.values())
    if not st.button(_("Save record"), key="room-save", disabled=not may_save) or not may_save:
        return
    changes: dict[str, Any] = {name: text.mine for name, text in texts.items() if text.mine is not None}
    if set(chosen) != set(room.criteria):
        changes["criteria"] = chosen

    before = {name: getattr(room, name) for name in changes}

    def save() -> None:
        try:
            after = client.describe(**changes, by=person(), version=room.version)
        except EditConflictError:
            tell_conflict()
        for name, text in texts.items():
            text.hand_in(getattr(after, name))

        def undo() -> None:
            put_back("record", lambda: client.describe(**before, by=person(), version=after.version))

        did(_("Saved the record of {id}.").format(id=room.id), undo=undo)

    if tried(save):
        st.rerun()


def _messages(client: RoomClient, room: MajorRoomView) -> None:
    st.header(_("Messages"), anchor=False)
    with st.container(horizontal=True, gap="small"):
        for audience in room.audiences:
            words = _("Message: {audience}").format(audience=_(audience))
            if st.button(words, key=f"write-{audience}"):
                try:
                    draft = client.draft(audience)
                except TriageError as error:
                    refused(error)
                else:
                    show_dialog(words, partial(_send, client, room, draft), width="large")
    if not room.messages:
        st.caption(_("Nothing was sent yet."))
    for message in reversed(room.messages):
        note = " · ".join(filter(None, (_(message.audience), date_and_time(message.sent_at), message.by)))
        st.html(
            f"<div class='t-card'><b>{plain(message.subject)}</b><div class='t-note'>{plain(note)}</div>"
            f"<div class='t-text'>{plain(message.text)}</div></div>"
        )


def _send(client: RoomClient, room: MajorRoomView, draft: MessageDraftView) -> None:
    """Let the person change a draft and send it, once."""
    kept = f"{room.id}-message-{draft.audience}"
    kept_subject = f"{kept}-subject"
    subject, _first = entry_field(_("Subject"), draft.subject, kept=kept_subject, limit=500)
    text, _second = entry_field(_("Text"), draft.text, kept=kept, rows=8, limit=10_000)
    minutes = st.number_input(
        _("Minutes until the next update (0: none)"), 0, 10_080, draft.next_update_minutes or 0, key=f"minutes-{kept}"
    )
    st.caption(_("It is kept word for word and cannot be taken back."))
    if st.button(_("Send"), key="send-now", type="primary", disabled=not (subject.strip() and text.strip())):

        def send() -> None:
            after = int(minutes) or None
            client.send(draft.audience, subject, text, next_update_minutes=after, by=person())
            did(_("Sent to {audience}.").format(audience=_(draft.audience)))

        if tried(send):
            hand_in_entry(kept, kept_subject)
            st.rerun()
