"""The board: what stands where, with clocks and marks, and limits that hold for what people do here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.composition import Services
from app.services.queue_clocks import clock_marks
from kb.practice.board import NO_LIMITS, BoardRules
from kb.practice.practice_file import PracticeFileError
from kb.records.board import Excess, LaneKind, over_limit
from kb.records.clock_mark import ClockMark
from kb.records.feedback import Feedback
from kb.records.incident import PEOPLE, Incident
from kb.records.incident_changes import NOTE
from kb.records.incident_event import EventKind, EventSource, IncidentEvent
from kb.records.queue_entry import flags_of
from kb.service.board import BoardFilter, ShownBoard

_RESOLVED_SHOWN = timedelta(days=1)


def board(
    services: Services,
    *,
    by: LaneKind = LaneKind.NONE,
    group: str | None = None,
    service: str | None = None,
    person: str | None = None,
    lanes: int = 20,
    lanes_from: int = 0,
    cards: int = 20,
    cards_from: int = 0,
) -> ShownBoard:
    """Return the board with some of its lanes, the fullest first, and some cards of each column."""
    now, rules = datetime.now(UTC), board_rules(services)
    wanted = BoardFilter(now - _RESOLVED_SHOWN, by, group, service, person)
    services.queue.catch_up()
    with services.store.database.snapshot():
        picture = services.board.picture(
            wanted, rules, lanes=lanes, lanes_from=lanes_from, cards=cards, cards_from=cards_from
        )
        shown = [card for lane in picture.lanes for cell in lane.cells for card in cell.cards]
        clocks = clock_marks(services, [card for card in shown if card.is_open], now)
        majors = services.major_proposals.among([card.number for card in shown])
    flags = {
        card.number: flags_of(
            card, clocks.get(card.number, ClockMark(card.number)), now, is_major=card.number in majors
        )
        for card in shown
    }
    return ShownBoard(picture, rules, clocks, flags, now)


def board_rules(services: Services) -> BoardRules:
    """Return the limits that hold; a practice that cannot be used, which is among the warnings, has none."""
    try:
        return services.practice.practice().board
    except PracticeFileError:
        return NO_LIMITS


def limits_on_decision(
    services: Services, decision: Feedback, override: str | None
) -> Callable[[Incident, Incident], None]:
    """Return what keeps the limits where a person's decision on a field changes an incident."""

    def keep(before: Incident, after: Incident) -> None:
        if before.value(decision.field) != after.value(decision.field):
            keep_limits(services, before, after, override=override, by=decision.by, at=decision.at)

    return keep


def keep_limits(
    services: Services, before: Incident, after: Incident, *, override: str | None, by: str | None, at: datetime
) -> tuple[Excess, ...]:
    """Return which limits a person's change of an incident goes beyond; call it within the act that changes it.

    Raises OverLimitError where the practice refuses that and no `override` says why it has to be. The reason is kept
    with the events of the incident.
    """
    rules = board_rules(services)
    services.queue.catch_up()
    found = services.board.excesses(before, after, rules)
    reason = (override or "").strip()
    if found and rules.refuses and not reason:
        raise over_limit(after.number, found)
    if found and reason:
        masked = services.store.masking.text(reason, people=filter(None, map(after.value, PEOPLE))).text
        note = f"beyond a limit, since {masked} ({'; '.join(map(str, found))})"
        values = {NOTE: note}
        event = IncidentEvent(after.number, EventKind.NOTED, at, at, by, after=values, source=EventSource.MOVE)
        services.store.events.add(event)
    return tuple(found)
