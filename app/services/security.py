"""Security incidents at work: restricted to those who are named, changed by them, and given back to everybody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from app.composition import Services
from kb.records.errors import UndecidableError, UnknownRecordError
from kb.records.incident import PEOPLE, Incident
from kb.records.incident_event import EventSource, Origin
from kb.records.incident_moves import moved
from kb.records.job import JobKind
from kb.records.security import RestrictedIncident, Restriction, SecurityKind, Severity, Tlp, Viewer, strictest
from kb.records.wording import Wording
from kb.service.job_queue import NoSuchJobError
from kb.storage.scrubbing import number_pattern, unescaped
from models.errors import InvalidError

# characters of a text by which a file is known to hold it; shorter ones stand in files for other reasons
_TELLING = 12
_TELLING_MOST = 60  # a report may cut a text


@dataclass(frozen=True, slots=True)
class WantedRestriction:
    """What a person wants of a security incident; `None` as the practice says."""

    kind: SecurityKind
    severity: Severity | None = None
    tlp: Tlp | None = None
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None


def restrict_incident(
    services: Services, number: str, wanted: WantedRestriction, viewer: Viewer, *, by: str | None
) -> RestrictedIncident:
    """Restrict an incident to those who are named, or change who they are, in one act.

    It goes to the security group. Jobs whose files hold its number or text are dropped. Raises UnknownRecordError where
    there is no such incident that the viewer may see, InvalidError where nobody would see it, and UndecidableError
    where it is the first of a major incident that is worked on, whose record would go with it.
    """
    practice = services.practice.practice().security
    procedure = practice.procedures[wanted.kind]
    restriction = _restriction(wanted, procedure.tlp, practice.seen_by, by or viewer.person)
    severity = wanted.severity or procedure.severity
    store = services.store.restricted
    services.prediction_log.flush()
    with services.store.database.writing():
        try:
            store.get(number, viewer)
        except UnknownRecordError:
            _refuse_first_of_major(services, number)
            found = store.restrict(
                number, wanted.kind, severity, restriction, lambda one: _routed(one, practice.group), by=by
            )
        else:
            return store.restrict_anew(number, viewer, wanted.kind, severity, restriction, by=by)
    _drop_jobs(services, found.incident)
    return found


def move_restricted(
    services: Services, number: str, to: str, viewer: Viewer, *, by: str | None, note: str | None
) -> RestrictedIncident:
    """Take a restricted incident to another stage in one act; `to` is a stage, or a state that means one.

    Raises UnknownRecordError, UnknownStateError and IllegalMoveError.
    """
    store, at = services.store, datetime.now(UTC)
    with store.database.writing():
        before = store.restricted.get(number, viewer).incident
        masked = store.masking.text(note, people=filter(None, map(before.value, PEOPLE))).text if note else None
        told = store.states.told()
        origin = Origin(EventSource.MOVE, by, at, masked)
        return store.restricted.update(number, viewer, lambda one: moved(one, to, at, told), origin)


def _restriction(wanted: WantedRestriction, least: Tlp, seen_by: tuple[str, ...], person: str | None) -> Restriction:
    tlp = strictest([least, *([wanted.tlp] if wanted.tlp else [])])
    if not tlp.is_restricted:
        raise InvalidError(
            Wording("tlp: {tlp} restricts nothing; choose amber, amber+strict or red", {"tlp": str(tlp)}), field="tlp"
        )
    people = tuple(dict.fromkeys([*wanted.people, *([person] if person else [])]))
    groups = seen_by if wanted.groups is None else wanted.groups
    if not people and (tlp is Tlp.RED or not groups):
        raise InvalidError(Wording("people: name somebody who may see it, or nobody will"), field="people")
    return Restriction(tlp, people, tuple(groups))


def _refuse_first_of_major(services: Services, number: str) -> None:
    room = services.major_rooms.find(number)
    if room is not None and room.state.is_active:
        raise UndecidableError(
            Wording(
                "{number} is the first of a major incident that is worked on, whose record would go with it: merge the "
                "major incident into another one, or demote it, then restrict the incident",
                {"number": number},
            )
        )


def _routed(incident: Incident, group: str | None) -> Incident:
    if group is None or incident.assignment_group == group:
        return incident
    return replace(incident, assignment_group=group, assigned_to=None)


def _drop_jobs(services: Services, incident: Incident) -> None:
    """Drop the jobs whose files name an incident or hold a text of it.

    An import that is not finished goes on, because its other rows were acknowledged; nobody can read its file.
    """
    telling = [text for one in (incident.short_description, incident.description) if (text := _telling(one))]
    number = number_pattern(incident.number)
    for folder in (services.home / "jobs").glob("*"):
        try:
            job = services.jobs.get(folder.name)
        except NoSuchJobError:
            job = None
        if job is not None and job.finished_at is None and job.kind is JobKind.IMPORT:
            continue
        if any(_tells(file, number, telling) for file in folder.rglob("*") if file.is_file()):
            shutil.rmtree(folder, ignore_errors=True)
            if job is not None and job.finished_at is None:
                services.jobs.drop(job.id)


def _tells(file: Path, number: re.Pattern[str], telling: Sequence[str]) -> bool:
    said = unescaped(file.read_bytes().decode("utf-8", "replace"))
    return number.search(said) is not None or any(text in said.casefold() for text in telling)


def _telling(text: str) -> str:
    """Return the longest part of a text that stands as it is in CSV and JSON alike, nothing where that is short."""
    longest = max(re.split(r'["\\\x00-\x1f]+', text), key=len).strip()[:_TELLING_MOST].casefold()
    return longest if len(longest) >= _TELLING else ""
