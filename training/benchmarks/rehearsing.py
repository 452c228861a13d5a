"""Rehearsing: how long another practice takes to try on 40,000 incidents of a real desk's audit log."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from kb.practice.clock import clocks_of
from kb.practice.life import life_of
from kb.practice.practice import Practice
from kb.practice.practice_file import PRACTICE_FILE, PracticeFile
from kb.records.incident import Incident
from kb.storage.database import Database
from kb.storage.folder_identity import FolderIdentity
from kb.storage.incident_store import IncidentStore
from models.encoder import OnnxEncoder
from training.benchmarks import product
from training.breach import learn_breaches
from triage.breach_forecast import BreachForecast

INCIDENTS = 40_000
_PERIOD = datetime(2016, 2, 1, tzinfo=UTC), datetime(2017, 3, 1, tzinfo=UTC)
_BATCH = 1000
_LABELS = ("category", "subcategory", "location", "impact", "urgency", "priority", "assignment_group", "assigned_to")
_PRACTICE = """
calendars:
  office:
    zone: Europe/Berlin
    hours: {{monday-friday: "08:00-12:00, 12:30-17:00"}}
    holidays: {{country: DE, region: BY}}
targets:
  - {{name: Critical, when: {{priority: 1}}, response: 15 min, resolution: {critical}, calendar: office}}
  - {{name: Others, response: 2 h, resolution: {others}, calendar: office}}
assignment_targets:
  - {{name: One group, within: 16 h, calendar: office}}
pauses: [waiting]
warn_at: [50 %, 80 %]
board: {{columns: {{waiting: 200}}, person: {person}}}
notifications:
  calendar: office
  mail: {{from: desk@example.org, host: smtp.example.org}}
  people:
    lead: {{mail: lead@example.org}}
  incident_managers: [lead]
  rules:
    - {{name: New, event: registered, to: incident_manager, when: {{priority: [1, 2]}}}}
    - name: Assigned
      event: assigned
      to: group
      channel: webhook
      escalate: [{{after: {patience}, to: incident_manager}}, {{after: 8 h, to: lead}}]
    - {{name: Moved, event: reassigned, to: group, channel: webhook}}
    - {{name: Nearly late, event: clock_warning, share: 80 %, clock: resolution, to: incident_manager}}
    - {{name: Late, event: breached, to: incident_manager}}
    - {{name: Waits, event: waiting_long, after: 16 h, to: group, channel: webhook}}
    - {{name: Likely, event: breach_likely, above: {above}, to: incident_manager}}
"""


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Try a practice with other hours, targets and rules; the alternative is reading the same incidents once."""
    home, new = scratch / "home", scratch / "new.yaml"
    home.mkdir()
    (home / PRACTICE_FILE).write_text(
        _PRACTICE.format(critical="4 h", others="24 h", patience="2 h", above="70 %", person=20), encoding="utf-8"
    )
    new.write_text(
        _PRACTICE.format(critical="2 h", others="16 h", patience="4 h", above="85 %", person=10), encoding="utf-8"
    )
    header, *rows = _rows(data / "incident_event_log.zip")
    log = scratch / "log.csv"
    with log.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    database = Database.in_folder(home)
    database.migrate()
    store = IncidentStore(database, OnnxEncoder())
    store.put_incidents(_incidents(header, rows))
    imported = product.run(home, "import", "events", str(log))
    forecast = BreachForecast(home / "models", identity=FolderIdentity(database))
    practice = PracticeFile(home).practice()
    learn_breaches(store, practice, forecast, now=datetime.now(UTC))
    clocks = _clock_milliseconds(store, practice)
    started, events = perf_counter(), 0
    logged = store.logged_between(*_PERIOD)
    while batch := list(islice(logged, _BATCH)):
        events += sum(map(len, store.events.of_each(one.number for one in batch).values()))
    reading = perf_counter() - started
    database.close()
    tried = product.run(home, "practice", "test", str(new), *_period())
    notifications, limits = tried.answer["notifications"], tried.answer["limits"]
    return {
        "incidents": tried.answer["incidents"],
        "events": events,
        "import_events_seconds": round(imported.seconds, 1),
        "seconds": round(tried.seconds, 1),
        "reading_once_seconds": round(reading, 1),
        "clocks_ms_per_incident": round(clocks, 3),
        "ratio": round(tried.seconds / reading, 2),
        "peak_mb": round(tried.peak_mb),
        "clocks_changed": tried.answer["counts"],
        "notifications_changed": notifications["counts"],
        "steps_beyond_limits": [sum(one["beyond"][side] for one in limits) for side in ("before", "after")],
        "rules": {one["rule"]: [one["told"], one["escalated"]] for one in notifications["rules"]},
    }


def _clock_milliseconds(store: IncidentStore, practice: Practice) -> float:
    """Return how long the clocks of an incident take, its events read, on average of a thousand."""
    batch = list(islice(store.logged_between(*_PERIOD), _BATCH))
    events, now = store.events.of_each(one.number for one in batch), int(_PERIOD[1].timestamp())
    started = perf_counter()
    for incident in batch:
        clocks_of(life_of(incident, events[incident.number]), practice, now)
    return (perf_counter() - started) / len(batch) * 1000


def _rows(path: Path) -> Iterator[list[str]]:
    """Yield the log's header and updates, and those of its first incidents again until there are enough."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        header, *rows = csv.reader(io.TextIOWrapper(file, "utf-8"))
    yield header
    numbers = list(dict.fromkeys(row[0] for row in rows))
    first, again = set(numbers[:INCIDENTS]), set(numbers[: max(INCIDENTS - len(numbers), 0)])
    yield from (row for row in rows if row[0] in first)
    yield from ([f"{row[0]}-2", *row[1:]] for row in rows if row[0] in again)


def _incidents(header: list[str], rows: list[list[str]]) -> list[Incident]:
    """Return each incident as its last update has it."""
    last = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    return [
        Incident(
            number,
            row["u_symptom"],
            state=row["incident_state"],
            opened_at=_moment(row["opened_at"]),
            resolved_at=_moment(row["resolved_at"]),
            closed_at=_moment(row["closed_at"]),
        ).with_values({name: row[name] for name in _LABELS if row[name] != "?"})
        for number, row in last.items()
    ]


def _moment(text: str) -> datetime | None:
    return None if text == "?" else datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def _period() -> tuple[str, ...]:
    return "--from", f"{_PERIOD[0]:%Y-%m-%d}", "--to", f"{_PERIOD[1]:%Y-%m-%d}"
