"""Generate the sample desk's incidents from its phrase banks; the same seed gives the same incidents."""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from kb.records.incident import FIELD_NAMES, Incident
from kb.records.priority_matrix import DEFAULT_MATRIX
from triage.priority import NAMES

HERE = Path(__file__).parent
ARTICLES = HERE / "articles"
ISSUES = HERE / "issues.yaml"
PHRASES = HERE / "phrases.yaml"

COUNT = 1800
SEED = 20251101
FIRST_DAY = date(2025, 11, 3)
DAYS = 362
OPEN = 24
_VAGUE = ("I need help", "it does not work", "test")
STORM_DAY = date(2026, 6, 9)
STORM_CALLERS = 64
STORM_ISSUE = "vpn-no-connect"

_LEVELS = {1: "1 - High", 2: "2 - Medium", 3: "3 - Low"}
_ALERTS = ("ALERT", "CRITICAL", "WARNING", "PROBLEM", "ERROR", "FATAL")
_CHANNELS = {"e-mail": 35, "portal": 30, "phone": 20, "chat": 10, "walk-up": 5}


@dataclass(frozen=True, slots=True)
class Issue:
    """One kind of incident: where it belongs, how callers put it and how it is resolved."""

    id: str
    category: str
    subcategory: str
    assignment_group: str
    service: str
    configuration_item: str
    impact: int
    urgency: int
    weight: int
    say: Sequence[str]
    more: Sequence[str]
    notes: Sequence[str]
    article: str | None = None
    last_used: date | None = None


def read_issues(path: Path = ISSUES) -> list[Issue]:
    """The phrase banks."""
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Issue(**entry) for entry in entries]


def sample_incidents(count: int = COUNT, seed: int = SEED) -> list[Incident]:
    """Resolved incidents over twelve months, oldest first, the storm among them."""
    chance = random.Random(seed)  # noqa: S311 (sample data, not secrets)
    issues = read_issues()
    writer = _Writer(chance, yaml.safe_load(PHRASES.read_text(encoding="utf-8")))
    moments = [_moment(chance, FIRST_DAY + timedelta(days=chance.randrange(DAYS))) for _ in range(count)]
    planned = [(moment, _pick(chance, issues, moment.date()), False) for moment in sorted(moments)]
    storm = next(issue for issue in issues if issue.id == STORM_ISSUE)
    begin = datetime(STORM_DAY.year, STORM_DAY.month, STORM_DAY.day, 8, 2, tzinfo=UTC)
    planned += [(begin + timedelta(minutes=chance.randrange(200)), storm, True) for _ in range(STORM_CALLERS)]
    planned.sort(key=lambda entry: entry[0])
    return [
        writer.incident(f"INC{10001 + position:07d}", moment, issue, storm=is_storm)
        for position, (moment, issue, is_storm) in enumerate(planned)
    ]


def sample_open_tickets(count: int = OPEN, seed: int = SEED) -> list[Incident]:
    """Tickets of the last morning that nobody has classified yet."""
    chance = random.Random(seed + 1)  # noqa: S311 (sample data, not secrets)
    issues = read_issues()
    writer = _Writer(chance, yaml.safe_load(PHRASES.read_text(encoding="utf-8")))
    morning = datetime.combine(FIRST_DAY + timedelta(days=DAYS), time(7), tzinfo=UTC)
    tickets = []
    for position in range(count):
        opened = morning + timedelta(minutes=7 * position)
        known = writer.incident(f"INC{90001 + position:07d}", opened, _pick(chance, issues, opened.date()), storm=False)
        kept = {
            name: getattr(known, name) for name in ("number", "short_description", "description", "caller", "channel")
        }
        tickets.append(Incident(**kept, state="new", opened_at=opened))
    return [
        *tickets,
        *(
            replace(tickets[0], number=f"INC{90100 + i:07d}", short_description=text, description="", caller=None)
            for i, text in enumerate(_VAGUE)
        ),
    ]


def _pick(chance: random.Random, issues: Sequence[Issue], day: date) -> Issue:
    able = [issue for issue in issues if issue.last_used is None or day <= issue.last_used]
    weights = [issue.weight or (6 if issue.last_used else 0) for issue in able]
    return chance.choices(able, weights)[0]


def _moment(chance: random.Random, day: date) -> datetime:
    """A moment of a day, mostly in office hours; a weekend moves to Monday four times out of five."""
    if day.weekday() >= 5 and chance.random() < 0.8:
        day += timedelta(days=7 - day.weekday())
    hour = chance.choices(range(24), [1] * 6 + [3, 8, 14, 14, 12, 9, 6, 9, 10, 9, 7, 4, 2] + [1] * 5)[0]
    return datetime(day.year, day.month, day.day, hour, chance.randrange(60), chance.randrange(60), tzinfo=UTC)


class _Writer:
    """Writes incidents as callers and monitoring would."""

    def __init__(self, chance: random.Random, phrases: Mapping[str, Any]) -> None:
        self._chance = chance
        self._phrases = phrases

    def incident(self, number: str, opened: datetime, issue: Issue, *, storm: bool) -> Incident:
        """One resolved incident."""
        chance = self._chance
        said = chance.choice(self._phrases["storm_say"] if storm else issue.say)
        machine = said.startswith(_ALERTS)
        channel = "monitoring" if machine else chance.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]
        caller = "monitoring" if machine else f"{self._one('first_names')} {self._one('last_names')}"
        short, description = self._texts(issue, said, channel, caller)
        impact, urgency = (1, 1) if storm else (self._near(issue.impact), self._near(issue.urgency))
        priority = DEFAULT_MATRIX[impact, urgency]
        assigned = opened + timedelta(minutes=chance.randint(2, 15 * priority))
        resolved = assigned + timedelta(minutes=int(chance.lognormvariate(3.2 + 0.4 * priority, 0.8)))
        linked = issue.article is not None and chance.random() < (0.9 if storm else 0.6)
        return Incident(
            number=number,
            short_description=short,
            description=description,
            caller=caller,
            channel=channel,
            service=issue.service,
            configuration_item=issue.configuration_item,
            category=issue.category,
            subcategory=issue.subcategory,
            assignment_group=issue.assignment_group,
            impact=_LEVELS[impact],
            urgency=_LEVELS[urgency],
            priority=NAMES[priority],
            state="closed",
            opened_at=opened,
            assigned_at=assigned,
            resolved_at=resolved,
            closed_at=resolved + timedelta(days=5),
            reassignment_count=chance.choices((0, 1, 2, 3), (78, 14, 6, 2))[0],
            reopen_count=chance.choices((0, 1), (95, 5))[0],
            resolution=self._phrases["storm_note"] if storm else chance.choice(issue.notes),
            articles=(issue.article,) if linked and issue.article else (),
            extra=self._further(opened, storm=storm, machine=machine),
        )

    def _further(self, opened: datetime, *, storm: bool, machine: bool) -> Mapping[str, str]:
        late = self._chance.randint(0, 2) if machine else self._chance.randint(5, 240)
        occurred = (opened - timedelta(minutes=late)).isoformat()
        further = {"occurred_at": occurred, "location": self._one("locations")}
        return {**further, "major_incident": f"VPN gateway {STORM_DAY}"} if storm else further

    def _texts(self, issue: Issue, said: str, channel: str, caller: str) -> tuple[str, str]:
        """Short description and description as the channel brings them."""
        chance = self._chance
        more = chance.sample(list(issue.more), min(len(issue.more), chance.choice((0, 1, 1, 2))))
        if channel == "monitoring":
            return said, " ".join([said, *more])
        said, more = self._typed(said), [self._typed(sentence) for sentence in more]
        if channel == "e-mail":
            body = [self._one("greetings"), "", f"{said}.", *more, "", self._one("closings"), caller]
            footers = chance.sample(self._phrases["footers"], chance.choice((0, 1, 2)))
            return f"{chance.choice(('', '', 'AW: ', 'FW: '))}{said}", "\n".join([*body, *_below_line(footers)])
        if channel in ("phone", "walk-up"):
            return said, " ".join([f"{channel}:", said, *more[:1]]) if chance.random() < 0.6 else ""
        if channel == "chat":
            return "", " ".join([said, *more])
        return said, " ".join(more) or said

    def _typed(self, sentence: str) -> str:
        """A sentence as somebody in a hurry types it: one time in four two neighbouring letters change places."""
        if self._chance.random() > 0.25 or len(sentence) < 12:
            return sentence
        place = self._chance.randrange(3, len(sentence) - 2)
        if not sentence[place : place + 2].isalpha():
            return sentence
        return sentence[:place] + sentence[place + 1] + sentence[place] + sentence[place + 2 :]

    def _near(self, level: int) -> int:
        """A level from 1 to 3: the usual one, one time in eight a neighbour."""
        return min(3, max(1, level + self._chance.choices((0, -1, 1), (14, 1, 1))[0]))

    def _one(self, bank: str) -> str:
        return str(self._chance.choice(self._phrases[bank]))


def _below_line(footers: Sequence[str]) -> list[str]:
    return ["", "--", *footers] if footers else []


def main() -> None:
    """Write the sample incidents as CSV to standard output."""
    parser = argparse.ArgumentParser(description="Write the made-up sample incidents as CSV.")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    writer = csv.writer(sys.stdout)
    columns = [name for name in FIELD_NAMES if name != "updated_at"]  # an import takes it for a history of changes
    writer.writerow(columns)
    for incident in sample_incidents(chosen.count, chosen.seed):
        values = [getattr(incident, name) for name in columns]
        writer.writerow(["|".join(value) if isinstance(value, tuple) else value for value in values])


if __name__ == "__main__":
    main()
