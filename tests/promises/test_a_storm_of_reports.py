"""A storm of reports over the API: none is lost, and all of them are one proposed major incident."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.composition import open_services
from kb.records.incident import Incident
from tests.conftest import served

A_SECOND, CALLERS = 50, 8
SAID = (
    "cannot connect to vpn from home",
    "VPN is down, gateway not reachable",
    "vpn client says connection failed since 9 am",
    "I can't get into the VPN this morning",
    "Working remotely, the vpn does not let me in",
    "vpn error 809 when connecting",
)


def test_fifty_reports_a_second_are_all_kept_and_are_one_proposal(
    tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = pytestconfig.getoption("--storm-seconds")
    home, now = tmp_path / "home", datetime.now(UTC)
    with open_services(home) as services:
        services.store.put_incidents(
            Incident(f"OLD{n}", f"printer {n} jams", opened_at=now - timedelta(hours=n + 5), state="resolved")
            for n in range(24 * 7)
        )
    numbers = [f"INC{n:05}" for n in range(A_SECOND * seconds)]
    with served(home) as address, httpx.Client(base_url=address, timeout=60) as api:
        begun = time.monotonic()

        def log(place: int) -> int:
            time.sleep(max(0.0, begun + place / A_SECOND - time.monotonic()))
            body = {
                "short_description": SAID[place % len(SAID)],
                "caller": f"caller {place}",
                "state": "new",
                "opened_at": datetime.now(UTC).isoformat(),
            }
            return api.put(f"/v1/incidents/{numbers[place]}", json=body).status_code

        with ThreadPoolExecutor(CALLERS) as threads:
            assert set(threads.map(log, range(len(numbers)))) <= {200, 201}
        answered = time.monotonic() - begun
        proposals = _settled(api, len(numbers))
    with capsys.disabled():
        sys.stdout.write(f"\nstorm: {len(numbers)} reports in {answered:.0f} s, {len(proposals)} proposals\n")
    assert [sorted(proposal["incidents"]) for proposal in proposals] == [numbers]
    with open_services(home) as services:
        assert services.store.count_incidents() == 24 * 7 + len(numbers)


def _settled(api: httpx.Client, reports: int) -> list[dict[str, Any]]:
    """Return the proposals once they have so many reports, which follow the answers, or when a minute is over."""
    deadline = time.monotonic() + 60
    while True:
        proposals: list[dict[str, Any]] = api.get("/v1/major-incidents").json()["proposals"]
        if time.monotonic() > deadline or sum(len(one["incidents"]) for one in proposals) >= reports:
            return proposals
        time.sleep(0.2)
