"""Practice rehearsal: another practice tried on the incidents of a period, before it is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from app.composition import Services
from kb.practice.calendar import second_of
from kb.practice.life import Life, life_of
from kb.practice.practice import Practice
from kb.practice.rehearsal import Rehearsal, rehearse

# Events of so many incidents are read at a time.
_BATCH = 1000


def rehearse_practice(
    services: Services,
    practice: Practice,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    advance: Callable[[int], None] = lambda _: None,
) -> Rehearsal:
    """Compare a practice with the one in force on the incidents that were logged from `since` to before `until`."""
    lives = _lives(services, since, until, advance)
    return rehearse(lives, services.practice.practice(), practice, second_of(now))


def _lives(services: Services, since: datetime, until: datetime, advance: Callable[[int], None]) -> Iterator[Life]:
    logged = services.store.logged_between(since, until)
    while batch := list(islice(logged, _BATCH)):
        events = services.store.events.of_each(incident.number for incident in batch)
        yield from (life_of(incident, events[incident.number]) for incident in batch)
        advance(len(batch))
