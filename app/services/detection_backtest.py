"""Detection back-test: what the detection of major incidents would have proposed from what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from app.composition import Services
from app.services.major_arrivals import detection_in_force
from kb.records.major_incident import LEAST_CALLERS, MajorDecision
from triage.major_backtest import Backtest, backtest
from triage.major_detection import DetectionSettings

NAMED = "major_incident"
"""Column in which histories name the major incident that an incident was part of."""
_COMPARED = 1_000
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def detection_settings(services: Services, *, false_alarms: float | None = None) -> DetectionSettings:
    """Return how the past is looked at, by default with the budget of practice.yaml."""
    budget = detection_in_force(services).false_alarms_per_week if false_alarms is None else false_alarms
    return DetectionSettings(budget, services.settings.major_reports or LEAST_CALLERS)


def backtest_majors(
    services: Services,
    *,
    since: datetime,
    until: datetime,
    false_alarms: float | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Backtest:
    """Replay the stored incidents logged between two moments with a budget, by default that of practice.yaml.

    A proposal is no false alarm where most of its reports belong to a major incident that was accepted, or that the
    column `major_incident` of the history names.
    """
    detection = detection_in_force(services)
    services.store.embeddings.add_missing()
    records = services.store.logged_with_vectors(_BEGIN)
    names = {one.incident.number: name for one in records if (name := one.incident.extra.get(NAMED))}
    accepted = set[str]()
    for proposal in services.major_proposals.newest(limit=_COMPARED):
        if proposal.decision is MajorDecision.ACCEPTED:
            accepted.update(proposal.numbers)
            names |= dict.fromkeys(proposal.numbers, f"{proposal.lead}: {proposal.subject}")

    def known(numbers: Collection[str]) -> str | None:
        name, count = Counter(names.get(number) for number in numbers).most_common(1)[0]
        return name if name is not None and 2 * count >= len(numbers) else None

    return backtest(
        records,
        detection_settings(services, false_alarms=false_alarms),
        since=since.timestamp(),
        until=until.timestamp(),
        known=known,
        not_counted={one.incident.number for one in records if detection.is_maintenance(one.incident)},
        advance=advance,
    )
