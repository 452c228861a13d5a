"""What happened to a ticket, as a sentence in the reader's language; in English it is that of the API."""

from __future__ import annotations

from collections.abc import Mapping

from app.desk.language import _, in_sentence
from app.desk.texts import title_of
from app.schemas.incident_life import EventView, SaidView
from kb.records.incident_changes import ARTICLE, NOTE
from kb.records.incident_event import EventKind, Saying

_OWNERS = ("assignment_group", "assigned_to")
# what a sentence says in another way
_SAID = frozenset({"stage", "state", *_OWNERS, ARTICLE, NOTE})


def event_sentence(event: EventView) -> str:
    """Return what happened as a sentence."""
    if event.said is not None:
        return _saying(event.said)
    note = event.after.get(NOTE)
    if event.kind is EventKind.NOTED and note:
        return f"{note[:1].upper()}{note[1:]}"
    told = _told(event)
    return _("{event}: {note}").format(event=told, note=note) if note else told


def _saying(said: SaidView) -> str:
    words = {
        Saying.CONFIRMED: _("Confirmed {value} as {field}"),
        Saying.REFUSED: _("Refused {value} as {field}"),
        Saying.READ: _("Read article {value}"),
        Saying.CAPTURED: _("Captured as article {value}"),
    }[said.what]
    return words.format(value=said.value, field=in_sentence(title_of(said.field)) if said.field else "")


def _told(event: EventView) -> str:
    if event.kind is EventKind.LINKED:
        return _("Linked article {id}").format(id=event.after.get(ARTICLE))
    if event.kind in (EventKind.ASSIGNED, EventKind.REASSIGNED):
        return _owner(event)
    if event.kind is EventKind.REGISTERED and (owner := _words(event.after)):
        return _("Registered for {owner}").format(owner=owner)
    plain = _plain().get(event.kind)
    if plain is not None:
        return plain
    names = [name for name in event.after if name not in _SAID]
    if event.kind is EventKind.CHANGED:
        names += [name for name in event.after if name in _SAID and name != NOTE]
    changes = ", ".join(_change(name, event) for name in names)
    return _("Changed {changes}").format(changes=changes) if changes else _("Noted")


def _plain() -> dict[EventKind, str]:
    return {
        EventKind.DETECTED: _("Detected"),
        EventKind.REGISTERED: _("Registered"),
        EventKind.ACCEPTED: _("Accepted for work"),
        EventKind.WAITING: _("Set to wait"),
        EventKind.RESUMED: _("Work resumed"),
        EventKind.RETURNED: _("Given back"),
        EventKind.RESPONDED: _("The caller got an answer"),
        EventKind.WORKED_ON: _("Worked on"),
        EventKind.ESCALATED: _("Escalated"),
        EventKind.RESOLVED: _("Resolved"),
        EventKind.REOPENED: _("Reopened"),
        EventKind.CLOSED: _("Closed"),
        EventKind.CANCELLED: _("Cancelled"),
        EventKind.WITHDRAWN: _("Withdrawn, since its import was undone"),
    }


def _owner(event: EventView) -> str:
    before, after = _words(event.before), _words(event.after)
    if not after:
        return _("Taken from {owner}").format(owner=before) if before else _("Assigned")
    if event.kind is EventKind.ASSIGNED:
        return _("Assigned to {owner}").format(owner=after)
    words = _("Reassigned from {before} to {after}") if before else _("Reassigned to {after}")
    return words.format(before=before, after=after)


def _words(values: Mapping[str, str | None]) -> str:
    group, person = (values.get(name) for name in _OWNERS)
    return f"{person} ({group})" if group and person else group or person or ""


def _change(name: str, event: EventView) -> str:
    before, after = event.before.get(name), event.after[name]
    words = _("{field} from {before} to {after}") if before else _("{field} to {after}")
    return words.format(field=in_sentence(title_of(name)), before=before, after=after or _("nothing"))
