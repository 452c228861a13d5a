"""Another board is tried on what happened: each step beyond one of its limits is counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.composition import open_services
from kb.practice.practice_file import PRACTICE_FILE
from kb.records.incident import Incident
from kb.records.incident_event import Origin
from tests.conftest import triage

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRACTICE = """
calendars: {always: {zone: UTC, hours: {every day: 00:00-24:00}}}
board: %s
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Old tickets A and B of Ann's, a third that she takes on Monday, and a critical one; A waits for an hour."""
    home = tmp_path / "home"
    home.mkdir()
    (home / PRACTICE_FILE).write_text(PRACTICE % "{}")
    values = {"assignment_group": "Mail", "assigned_to": "ann", "state": "assigned"}
    with open_services(home) as services:

        def put_in(number: str, state: str, at: datetime) -> None:
            services.store.update(number, lambda one: one.in_state(state), Origin(at=at))

        for number, day, priority in (("A", -3, "3"), ("B", -2, "3"), ("C", 0, "3"), ("D", 0, "1 - Critical")):
            at = MONDAY + timedelta(days=day)
            ticket = Incident(number, "no mail", priority=priority, opened_at=at, assigned_at=at, **values)
            services.store.put_incidents([ticket])
            put_in(number, "in progress", at + timedelta(minutes=5))
        put_in("A", "on hold", MONDAY + timedelta(hours=1))
        put_in("A", "in progress", MONDAY + timedelta(hours=2))
    return home


def command(home: Path, new: str) -> list[str]:
    (home / "new.yaml").write_text(PRACTICE % new)
    period = ("--from", "2026-03-02", "--to", "2026-03-03")
    return ["--home", str(home), "practice", "test", str(home / "new.yaml"), *period]


def tried(home: Path, new: str) -> Any:
    return json.loads(triage(*command(home, new), "--json").stdout)["limits"]


def limits(home: Path, new: str) -> dict[tuple[str, str | None], tuple[int | None, int]]:
    return {(one["kind"], one["name"]): (one["limit_after"], one["beyond"]["after"]) for one in tried(home, new)}


@pytest.mark.parametrize(
    ("board", "beyond"),
    [
        ("{columns: {in_progress: 3}}", {}),
        ("{columns: {in_progress: 2}}", {("column", None): (2, 2)}),  # C on Monday, A when it comes back
        ("{columns: {in_progress: 2}, expedite: {counts: true}}", {("column", None): (2, 3)}),
        ("{lanes: {by: group, columns: {in_progress: 2}}}", {("lane", "Mail"): (2, 2)}),
        ("{person: 2}", {("person", "ann"): (2, 2)}),
        ("{expedite: {limit: 0}}", {("expedite", None): (0, 1)}),
        ("{columns: {waiting: 0}}", {("column", None): (0, 1)}),
    ],
)
def test_steps_beyond_a_limit_are_counted_in_the_period(home: Path, board: str, beyond: dict[Any, Any]) -> None:
    assert limits(home, board) == beyond


def test_the_board_in_force_is_told_beside_it(home: Path) -> None:
    (home / PRACTICE_FILE).write_text(PRACTICE % "{columns: {in_progress: 2}}")
    (one,) = tried(home, "{columns: {in_progress: 1, waiting: 1}}")
    assert (one["kind"], one["stage"], one["limit_before"], one["limit_after"]) == ("column", "in_progress", 2, 1)
    assert one["beyond"] == {"before": 2, "after": 2}
    assert tried(home, "{columns: {in_progress: 2}}") == []
    told = triage(*command(home, "{}")).stdout
    assert "Steps beyond a limit of the board" in told
    assert "2 -> none" in told
    assert "2 -> 0" in told
