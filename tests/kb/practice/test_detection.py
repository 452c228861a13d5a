"""Detection in practice.yaml: maintenance windows and criteria."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from kb.practice.detection import CriterionConditions, DetectionSection, MaintenanceSection
from kb.practice.practice import read_practice
from kb.practice.practice_file import default_practice
from kb.records.incident import Incident

SATURDAY = datetime(2026, 12, 5, 22, 30, tzinfo=UTC)


def at(moment: datetime, **fields: Any) -> Incident:
    return Incident("1", "mail is down", opened_at=moment, **fields)


def test_maintenance_once_covers_from_start_to_end_what_it_names() -> None:
    window = MaintenanceSection.model_validate(
        {"name": "Patches", "start": "2026-12-05T22:00", "end": "2026-12-06T02:00", "service": "Mail"}
    )
    assert window.covers(at(SATURDAY, service="mail"))
    assert not window.covers(at(SATURDAY, service="VPN"))
    assert not window.covers(at(SATURDAY))
    assert not window.covers(at(SATURDAY + timedelta(hours=4), service="Mail"))
    assert not window.covers(Incident("1", "mail", service="Mail"))


def test_weekly_maintenance_covers_its_local_hours_over_midnight() -> None:
    window = MaintenanceSection.model_validate(
        {"name": "Patches", "days": "saturday", "hours": "22:00-02:00", "zone": "Europe/Berlin"}
    )
    covered = [hours for hours in range(-4, 6) if window.covers(at(SATURDAY + timedelta(hours=hours)))]
    assert covered == [-1, 0, 1, 2]  # 21:30 to 00:30 UTC are 22:30 to 01:30 in Berlin


@pytest.mark.parametrize(
    "section",
    [
        {"name": "x"},
        {"name": "x", "start": "2026-12-05T22:00"},
        {"name": "x", "start": "2026-12-05T22:00", "end": "2026-12-05T21:00"},
        {"name": "x", "days": "someday", "hours": "22:00-02:00"},
        {"name": "x", "days": "monday", "hours": "22-02"},
        {"name": "x", "days": "monday", "hours": "22:00-02:00", "zone": "Nowhere"},
    ],
)
def test_maintenance_that_says_no_time_is_refused(section: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        MaintenanceSection.model_validate(section)


def test_a_criterion_holds_where_all_that_it_names_does() -> None:
    named = CriterionConditions.model_validate({"service": ["Mail"], "words": ["is down"], "priority": "1"})
    assert named.holds_for(at(SATURDAY, service="mail", priority="1 - Critical"))
    assert named.holds_for(at(SATURDAY, service="mail", priority="P1"))
    assert not named.holds_for(at(SATURDAY, service="mail", priority="2 - High"))
    assert not named.holds_for(at(SATURDAY, service="VPN", priority="1"))
    assert not CriterionConditions.model_validate({"words": "fire"}).holds_for(at(SATURDAY))
    with pytest.raises(ValidationError, match="names nothing"):
        CriterionConditions.model_validate({"within": "1 h"})


def test_a_practice_has_a_budget_of_false_alarms() -> None:
    assert DetectionSection().false_alarms_per_week == 1
    line = "    false_alarms_per_week: 1\n"
    text = default_practice()
    assert line in text
    changed = read_practice(text.replace(line, "    false_alarms_per_week: 0.5\n"))
    assert changed.major_incidents.detection.false_alarms_per_week == 0.5
    wrong = read_practice(text.replace(line, "    false_alarms_per_week: -1\n"))
    assert [problem.field for problem in wrong.problems] == ["major_incidents.detection.false_alarms_per_week"]
