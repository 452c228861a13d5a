"""Margin learning: by how much reports have to be unusual, learnt beside every training from the clumps of the past."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from app.composition import Services
from app.services.detection_backtest import NAMED, detection_settings
from app.services.major_arrivals import detection_in_force
from triage.major_history import recent_reports
from triage.major_margin import ClumpLog

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def learn_major_margin(services: Services) -> None:
    """Learn in which clumps reports come that are no major incident, so that those bring no more than the budget."""
    detection = detection_in_force(services)
    records = services.store.logged_with_vectors(_BEGIN)
    if not records:
        return
    incidents = [record.incident for record in records]
    known = services.major_proposals.unrefused_reports() | services.major_rooms.ever_children(
        [one.number for one in incidents]
    )
    left_out = np.array([one.number in known or bool(one.extra.get(NAMED)) for one in incidents], dtype=bool)
    planned = {one.number for one in incidents if detection.is_maintenance(one)}
    reports = recent_reports(records, planned)
    log = ClumpLog(reports, left_out, detection_settings(services))
    until = float(reports.moments[-1])
    log.begin(until)
    log.read_until(until)
    services.margins.put(log.clumps, since=log.since, until=until)
