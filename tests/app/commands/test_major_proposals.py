"""`triage major` before acceptance: proposals, decisions and the back-test."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.commands.main import app
from app.composition import open_services
from kb.records.incident import Incident

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
VPN = ("vpn is down", "cannot connect to vpn", "vpn gateway not reachable", "vpn does not connect", "no vpn from home")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A month with a printer every hour, and an outage of the VPN on its last day."""
    past = [
        Incident(f"P{n}", f"printer {n} jams", opened_at=DAY - timedelta(hours=n), state="resolved", caller=f"c{n}")
        for n in range(1, 600)
    ]
    outage = [
        Incident(
            f"V{n}",
            VPN[n % 5],
            opened_at=DAY + timedelta(minutes=3 * n),
            state="new",
            caller=f"v{n}",
            extra={"major_incident": "VPN gateway"} if n < 8 else {},
        )
        for n in range(10)
    ]
    with open_services(tmp_path / "home") as services:
        services.store.put_incidents([*past, *outage])
        services.major_proposals.join(["V0", "V1"], DAY)
        services.major_proposals.join(["V8"], DAY)
    return tmp_path / "home"


def run(home: Path, *words: str) -> str:
    done = CliRunner().invoke(app, ["--home", str(home), "major", *words])
    assert done.exit_code == 0, done.output
    return done.stdout if "--json" in words else done.output


def test_a_backtest_says_when_each_would_have_been_proposed(home: Path) -> None:
    words = ("backtest", "--from", "2026-02-20", "--to", "2026-03-03")
    found = json.loads(run(home, *words, "--json"))
    (one,) = found["proposals"]
    assert (one["known_as"], one["reports"], one["minute"]) == ("VPN gateway", 5, 12)
    assert one["incidents"] == [f"V{n}" for n in range(10)]
    assert (found["false_alarms"], found["low"]) == (0, 0)
    assert 0 < found["high"] < 3
    assert "minute 12, 5 reports  VPN gateway" in run(home, *words)
    assert json.loads(run(home, "backtest", "--from", "2026-02-20", "--to", "2026-02-28", "--json"))["proposals"] == []


def test_proposals_are_listed_shown_merged_and_decided(home: Path) -> None:
    assert {one["id"] for one in json.loads(run(home, "list", "--json"))["proposals"]} == {"V0", "V8"}
    assert json.loads(run(home, "merge", "V8", "V0", "--json"))["incidents"] == ["V0", "V1", "V8"]
    assert "cannot connect to vpn" in run(home, "show", "V0")
    assert json.loads(run(home, "accept", "V0", "--by", "ann", "--json"))["decided_by"] == "ann"
    assert json.loads(run(home, "reject", "V0", "--json"))["decision"] == "rejected"
    assert "V0" in run(home, "list")
