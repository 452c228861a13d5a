from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.background.maintenance import LOCK
from app.background.supervision import PartState, Supervisor, every
from app.composition import open_services


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.background.supervision._FIRST_PAUSE_SECONDS", 0.02)


def run_until(supervisor: Supervisor, parts: dict[str, Callable[[], object]], holds: Callable[[], bool]) -> None:
    """Supervise parts until something holds, then cancel."""

    async def work() -> None:
        running = asyncio.create_task(supervisor.run(parts))  # type: ignore[arg-type]
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.005)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(work())


class Failing:
    """A part that fails some times, each time in another way, and then goes on."""

    def __init__(self, *failures: BaseException | None) -> None:
        self._failures = list(failures)
        self.starts = list[float]()
        self.cancelled = False

    async def __call__(self) -> None:
        self.starts.append(time.monotonic())
        if self._failures:
            if (failure := self._failures.pop(0)) is not None:
                raise failure
            return
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.cancelled = True
            raise

    @property
    def goes_on(self) -> bool:
        return not self._failures and len(self.starts) > 0


def test_a_part_is_started_again_whatever_ends_it_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    failures = (OSError("no file"), OSError("no file"), SystemExit(3), asyncio.CancelledError(), MemoryError(), None)
    failing, other = Failing(*failures), Failing()
    changes = list[PartState]()
    supervisor = Supervisor(watch=changes.append)
    run_until(supervisor, {"failing": failing, "other": other}, lambda: len(failing.starts) == 7)
    assert supervisor.states == {
        "failing": PartState("failing", up=False, restarts=6, last_error="none: it ended"),
        "other": PartState("other", up=False),
    }
    assert (failing.cancelled, other.cancelled, len(other.starts)) == (True, True, 1)
    assert [state.up for state in changes if state.name == "failing" and state.restarts == 6][-2:] == [True, False]
    kinds = [record.exc_info[0] if record.exc_info else None for record in caplog.records]
    assert kinds == [OSError, SystemExit, asyncio.CancelledError, MemoryError, None]  # a reason is logged once


def test_pauses_grow_and_are_short_again_once_a_part_has_held(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.background.supervision._LONGEST_PAUSE_SECONDS", 0.08)
    failing = Failing(*(OSError(str(number)) for number in range(5)))
    run_until(Supervisor(), {"failing": failing}, lambda: len(failing.starts) == 6)
    pauses = [after - before for before, after in zip(failing.starts, failing.starts[1:], strict=False)]
    assert [pause >= least for pause, least in zip(pauses, (0.02, 0.04, 0.08, 0.08, 0.08), strict=True)] == [True] * 5
    monkeypatch.setattr("app.background.supervision._HELD_SECONDS", 0.05)
    turns = list[int]()

    def fail_at_first_and_later() -> None:
        turns.append(1)
        if len(turns) in (1, 30):
            raise OSError("no file")

    caplog.clear()
    part = {"part": lambda: every(0.01, fail_at_first_and_later)}
    run_until(Supervisor(), part, lambda: len(turns) > 40)
    assert [record.levelname for record in caplog.records][:3] == ["ERROR", "WARNING", "ERROR"]


def test_a_lock_file_that_cannot_be_opened_stops_background_work_only_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.background.maintenance._FIRST_LOOK_SECONDS", 0.1)
    lock = tmp_path / LOCK
    with open_services(tmp_path) as services:
        lock.mkdir()
        with TestClient(create_app(services, hosts=["testserver"])) as api:

            def parts() -> dict[str, dict[str, object]]:
                return {part["name"]: part for part in api.get("/readyz").json()["parts"]}

            def soon(holds: Callable[[], bool]) -> bool:
                return any(holds() or time.sleep(0.05) for _ in range(400))

            assert soon(lambda: int(str(parts()["maintenance"]["restarts"])) >= 2)
            assert parts()["maintenance"]["last_error"] == "IsADirectoryError"
            assert "webhooks" not in parts()
            metrics = api.get("/metrics").text
            assert 'triage_part_up{part="index"} 1.0' in metrics
            lock.rmdir()
            assert soon(lambda: all(parts().get(name, {}).get("up") for name in ("webhooks", "jobs", "training")))
            assert parts()["maintenance"]["up"] is True
            metrics = api.get("/metrics").text
            assert 'triage_part_up{part="webhooks"} 1.0' in metrics
            counted = float(metrics.split('triage_part_restarts_total{part="maintenance"} ')[1].split()[0])
            assert counted == parts()["maintenance"]["restarts"]
