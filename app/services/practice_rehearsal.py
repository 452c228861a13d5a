"""Practice rehearsal: another practice tried on the incidents of a period, before it is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from app.composition import Services
from kb.practice.calendar import second_of
from kb.practice.clock import clocks_of
from kb.practice.life import life_of
from kb.practice.practice import Practice
from kb.practice.rehearsal import Rehearsal
from kb.service.notification_rehearsal import NotificationRehearsal, Told

# Events of so many incidents are read at a time.
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class PracticeRehearsal:
    """What another practice changes about clocks, and about whom people would have been told of them."""

    clocks: Rehearsal
    notifications: NotificationRehearsal


def rehearse_practice(
    services: Services,
    practice: Practice,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    advance: Callable[[int], None] = lambda _: None,
) -> PracticeRehearsal:
    """Compare a practice with the one in force on the incidents that were logged from `since` to before `until`."""
    before, second = services.practice.practice(), second_of(now)
    found = PracticeRehearsal(Rehearsal(), NotificationRehearsal(before.notifications, practice.notifications))
    for told in _history(services, since, until, advance):
        old, new = (clocks_of(told.life, one, second) for one in (before, practice))
        found.clocks.add(told.incident.number, old, new)
        found.notifications.add(told, old, new, second)
    return found


def _history(services: Services, since: datetime, until: datetime, advance: Callable[[int], None]) -> Iterator[Told]:
    logged = services.store.logged_between(since, until)
    while batch := list(islice(logged, _BATCH)):
        events = services.store.events.of_each(incident.number for incident in batch)
        for incident in batch:
            told = events[incident.number]
            yield Told(incident, told, life_of(incident, told))
        advance(len(batch))
