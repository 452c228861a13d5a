"""Movers on one board at the same moment, on two processes: limits hold, and no move is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from app.composition import open_services
from kb.practice.practice_file import PRACTICE_FILE
from kb.records.incident import Incident
from kb.vocabulary.stage import Stage
from tests.conftest import served

PRACTICE = """
calendars: {always: {zone: UTC, hours: {every day: 00:00-24:00}}}
board: {over_limit: refuse, columns: {in_progress: 9, waiting: 5}, lanes: {by: group, columns: {in_progress: 6}}}
"""
MOVERS, MOVES, EACH = 16, 12, 2
GROUPS = ("Network", "Mail")
WAYS = {"new": "in_progress", "in_progress": "waiting", "waiting": "in_progress"}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_limits_hold_and_no_move_is_lost(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    home = tmp_path / "home"
    home.mkdir()
    (home / PRACTICE_FILE).write_text(PRACTICE, encoding="utf-8")
    numbers = [f"{mover}-{each}" for mover in range(MOVERS) for each in range(EACH)]
    with open_services(home) as services:
        services.store.put_incidents(
            [Incident(one, "x", state="new", assignment_group=GROUPS[at % 2]) for at, one in enumerate(numbers)]
        )
    start, moved = Barrier(MOVERS), Counter[int]()
    stages = dict.fromkeys(numbers, "new")
    acknowledged = dict.fromkeys(numbers, 0)

    with served(home, "--workers", "2") as address:

        def mover(at: int) -> list[int]:
            """Move incidents of one's own back and forth, each move on a connection of its own."""
            codes = list[int]()
            start.wait()
            for turn in range(MOVES):
                number = f"{at}-{turn % EACH}"
                to = WAYS[stages[number]]
                answer = httpx.post(f"{address}/v1/incidents/{number}/transitions", json={"to": to}, timeout=60)
                codes.append(answer.status_code)
                if answer.is_success:
                    stages[number] = to
                    acknowledged[number] += 1
            return codes

        with ThreadPoolExecutor(MOVERS) as threads:
            for codes in threads.map(mover, range(MOVERS)):
                moved.update(codes)

    assert set(moved) == {200, 409}
    with open_services(home) as services:
        kept = {one.number: one for one in services.store.incidents_of(numbers)}
        assert {number: one.stage.value for number, one in kept.items()} == stages
        events = services.store.events.of_each(numbers)
    assert {number: len(events[number]) - 1 for number in numbers} == acknowledged
    _check_limits_held([(one.id, one.number, one.after["stage"]) for some in events.values() for one in some])


def _check_limits_held(entered: list[tuple[int, str, str | None]]) -> None:
    """Replay who entered which column in the order of the log: no limit is exceeded at any moment."""
    now = dict[str, str | None]()
    group = {f"{mover}-{each}": GROUPS[(mover * EACH + each) % 2] for mover in range(MOVERS) for each in range(EACH)}
    for _, number, stage in sorted(entered):
        now[number] = stage
        columns = Counter(now.values())
        assert columns[Stage.IN_PROGRESS] <= 9
        assert columns[Stage.WAITING] <= 5
        lanes = Counter(group[one] for one, at in now.items() if at == Stage.IN_PROGRESS)
        assert max(lanes.values(), default=0) <= 6
    assert Counter(now.values())[Stage.IN_PROGRESS] > 0
