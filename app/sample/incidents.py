"""The sample desk's incidents: a year of history up to yesterday, and tickets open up to the minute of the start."""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.sample.call import Call, Manner
from app.sample.caller import Caller, People
from app.sample.deck import Deck
from app.sample.handling import Handling
from app.sample.issue import Issue, Issues, read_yaml
from app.sample.season import Calendar, Outage
from app.sample.ticket_text import MONITORING, TicketWriter, is_alert
from kb.records.incident import FIELD_NAMES, Incident

COUNT = 1750
SEED = 20251101
_CLOSES_AFTER = timedelta(days=5)
_AGES = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class SampleTicket:
    """An incident, and the call behind it, which alone says what it really is about."""

    incident: Incident
    call: Call


def sample_incidents(count: int = COUNT, seed: int = SEED, *, now: datetime | None = None) -> list[Incident]:
    """Return resolved incidents of the year before a day, today unless given, the oldest first, and of its outages."""
    return [ticket.incident for ticket in sample_history(count, seed, now=now)]


def sample_history(count: int = COUNT, seed: int = SEED, *, now: datetime | None = None) -> list[SampleTicket]:
    """Return the same with what each incident really is about; a day and a seed always give the same."""
    return _Generator(seed, now or datetime.now(UTC)).history(count)


def sample_open_tickets(seed: int = SEED, *, now: datetime | None = None) -> list[Incident]:
    """Return the tickets that are open at a moment, now unless given, the oldest first."""
    return _Generator(seed + 1, now or datetime.now(UTC)).queue()


class _Generator:
    """Makes tickets up."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._chance = chance = random.Random(seed)  # noqa: S311 (sample data, not secrets)
        self._now = now.replace(second=0, microsecond=0)
        self._midnight = self._now.replace(hour=0, minute=0)
        self._issues = Issues.read()
        self._calendar = Calendar.before(now.date())
        self._people = People(random.Random(SEED))  # noqa: S311 (as above): the same people in every part
        self._writer = TicketWriter(chance, self._issues, self._people)
        self._handling = Handling(chance, self._issues, self._people, self._writer)
        self._manners = Deck(chance, {Manner.OWN: 45, Manner.SHARED: 4, Manner.TERSE: 1})

    def history(self, count: int) -> list[SampleTicket]:
        """Return resolved tickets, the oldest first."""
        calls = [(self._call(moment), None) for moment in self._calendar.moments(self._chance, count)]
        outages = [(call, outage) for outage in self._calendar.outages for call in self._of_outage(outage)]
        ordered = sorted([*calls, *outages], key=lambda entry: entry[0].opened)
        return [
            SampleTicket(self._resolved(f"INC{10001 + row:07d}", call, outage), call)
            for row, (call, outage) in enumerate(ordered)
        ]

    def queue(self) -> list[Incident]:
        """Return open tickets, the oldest first."""
        content = read_yaml("queue")
        burst = content.pop("burst")
        waiting = [(self._call(self._now - _age(age)), state) for state, ages in content.items() for age in ages]
        moments = [self._now - _age(age) for age in burst["ages"]]
        waiting += [(call, "new") for call in self._of_many(burst["issue"], burst["say"], moments, burst["site"])]
        waiting.sort(key=lambda entry: entry[0].opened)
        return [self._open(f"INC{90001 + row:07d}", call, state) for row, (call, state) in enumerate(waiting)]

    def _call(self, opened: datetime) -> Call:
        """Return what somebody says at a moment, about an issue of the season."""
        chance, manner = self._chance, self._manners.deal()
        caller = self._people.caller(chance)
        if manner is Manner.SHARED:
            wording = chance.choice(self._issues.shared)
            key = chance.choices(list(wording.issues), list(wording.issues.values()))[0]
            return self._said(self._issues.by_id[key], chance.choice(wording.say), caller, opened, manner)
        issues = list(self._issues.by_id.values())
        issue = chance.choices(issues, self._calendar.weights(issues, opened.date()))[0]
        if manner is Manner.TERSE:
            return self._said(issue, self._writer.terse(), caller, opened, manner)
        said, language = chance.choice(issue.say), caller.language_now(chance)
        foreign = () if is_alert(said) else self._writer.foreign(issue, language)
        if foreign:
            return replace(self._said(issue, chance.choice(foreign), caller, opened, Manner.FOREIGN), language=language)
        return self._said(issue, said, caller, opened)

    def _of_outage(self, outage: Outage) -> Iterator[Call]:
        return self._of_many(outage.issue, outage.say, outage.moments(self._chance, self._calendar.today))

    def _of_many(
        self, issue: str, say: Sequence[str], moments: Sequence[datetime], site: str | None = None
    ) -> Iterator[Call]:
        """Return a call at each moment, each of somebody else, all of one thing."""
        people = self._people.callers(self._chance, len(moments), site=site)
        wordings = Deck(self._chance, dict.fromkeys(say, 1))
        for caller, moment in zip(people, moments, strict=True):
            yield self._said(self._issues.by_id[issue], wordings.deal(), caller, moment)

    def _said(self, issue: Issue, wording: str, caller: Caller, opened: datetime, manner: Manner = Manner.OWN) -> Call:
        channel = MONITORING if is_alert(wording) else caller.channel_now(self._chance)
        return Call(issue, self._writer.filled(wording), caller, channel, opened, manner)

    def _filed(self, number: str, call: Call) -> Incident:
        """Return a ticket as it comes in."""
        short, description = self._writer.texts(call)
        return Incident(
            number=number,
            short_description=short,
            description=description,
            caller=MONITORING if call.channel == MONITORING else call.caller.name,
            channel=call.channel,
            state="new",
            opened_at=call.opened,
        )

    def _resolved(self, number: str, call: Call, outage: Outage | None) -> Incident:
        filed = self._filed(number, call)
        labels = self._handling.labels(call, filed.text)
        if outage is not None:
            labels |= {"impact": "1 - High", "urgency": "1 - High", "priority": "1 - Critical"}
        times = self._handling.times(call.opened, labels["priority"], labels["reassignment_count"], self._midnight)
        closed = times.resolved + _CLOSES_AFTER
        is_closed = closed < self._midnight
        late = self._chance.randint(0, 2) if call.channel == MONITORING else self._chance.randint(5, 240)
        further = {"occurred_at": (call.opened - timedelta(minutes=late)).isoformat()}
        return replace(
            filed,
            **labels,
            state="closed" if is_closed else "resolved",
            assigned_at=times.assigned,
            resolved_at=times.resolved,
            closed_at=closed if is_closed else None,
            reopen_count=self._chance.choices((0, 1), (95, 5))[0],
            resolution=outage.note if outage else self._handling.resolution(call.issue),
            articles=self._handling.linked(call),
            extra=further | ({"major_incident": f"{outage.major} {call.opened:%Y-%m-%d}"} if outage else {}),
        )

    def _open(self, number: str, call: Call, state: str) -> Incident:
        filed = self._filed(number, call)
        if state == "new":
            return filed
        labels = self._handling.labels(call, filed.text)
        assigned = call.opened + (self._now - call.opened) * 0.2
        return replace(filed, **labels, state=state, assigned_at=assigned, reopen_count=0)


def _age(text: str) -> timedelta:
    """Return an age such as 5m, 3h or 12d."""
    return timedelta(**{_AGES[text[-1]]: int(text[:-1])})


def _row(incident: Incident, columns: Sequence[str]) -> list[object]:
    values = [getattr(incident, name) for name in columns]
    return ["|".join(value) if isinstance(value, tuple) else value for value in values]


def main() -> None:
    """Write the sample incidents as CSV to standard output."""
    parser = argparse.ArgumentParser(description="Write the made-up sample incidents as CSV.")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    writer = csv.writer(sys.stdout)
    columns = [name for name in FIELD_NAMES if name != "updated_at"]  # an import takes it for a history of changes
    writer.writerow(columns)
    writer.writerows(_row(incident, columns) for incident in sample_incidents(chosen.count, chosen.seed))


if __name__ == "__main__":
    main()
