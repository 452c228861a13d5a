"""Many callers at once, on two processes: nothing that was acknowledged is lost, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.conftest import served
from tests.promises.acts import act_at_random, check, prepare


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_whatever_is_done_at_once(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database == "postgresql":
        new_database: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new_database())
    with served(tmp_path / "home", "--workers", "2") as address, httpx.Client(base_url=address, timeout=60) as client:
        prepare(client)
        expected = act_at_random(address, callers=16, acts=25, seed=1)
        check(client, expected)
        assert min(expected.acts.values()) > 0
        assert expected.merged
        assert expected.captured
