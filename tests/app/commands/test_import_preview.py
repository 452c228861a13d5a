"""A dry run shows what an import would do, and a corrected mapping is remembered for files of that shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.commands.advice import OPTIONS
from app.composition import open_services
from app.error_codes import FAILED
from kb.records.advice import Advice
from tests.conftest import triage

EXPORT = """Ticket no,Subject,Details,Assigned Grp,Status,Opened
A-1,Screen is dark,It went dark at nine,Field,Closed,14/02/2026 09:00
A-2,Mouse is lost,Gone since lunch,Field,Awaiting parts,15/02/2026 10:00
A-3,,,Field,Closed,16/02/2026 10:00
A-4,Keys stick,Two keys stick,Apps,Closed,soon
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(EXPORT, encoding="utf-8")
    return path


def _run(*arguments: object, status: int = 0) -> str:
    return triage("import", "incidents", *map(str, arguments), status=status).stdout


def _document(*arguments: object, status: int = 0) -> dict[str, Any]:
    return dict(json.loads(_run(*arguments, "--json", status=status)))


def test_a_dry_run_shows_everything_and_writes_nothing(export: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    out = _run(export, "--dry-run", "--home", home)
    assert not home.exists()
    assert "Screen is dark · Mouse is lost" in out
    assert "--map assignment_group=Assigned Grp" in out
    assert "day first" in out
    assert "state Awaiting parts" in out
    assert "would import 3 incidents and leave out 1 rows" in out


def test_messages_of_a_file_name_the_option_to_choose_by(tmp_path: Path) -> None:
    assert set(OPTIONS) == set(Advice)
    path = tmp_path / "export.csv"
    path.write_text("Number,Subject,Opened\nB-1,Lamp is dark,05/04/2026 10:00 IST\n", encoding="utf-8")
    out = _run(path, "--dry-run", "--home", tmp_path / "home")
    for option in ("--timezone NAME", "--map state=COLUMN", "--day-first or --month-first"):
        assert f"({option})" in out
    path.write_text("Number,Colour\nB-1,red\n", encoding="utf-8")
    failed = triage("import", "incidents", str(path), "--home", str(tmp_path / "home"), status=FAILED)
    assert "(--map description=COLUMN)" in failed.stderr


def test_a_dry_run_for_programs_counts_states_and_problems(export: Path, tmp_path: Path) -> None:
    shown = _document(export, "--dry-run", "--state", "Awaiting parts=open", "--home", tmp_path / "home")
    assert shown["mapping"]["number"] == "Ticket no"
    assert {"column": "Assigned Grp", "field": None, "examples": ["Field", "Apps"]} in shown["columns"]
    assert {(state["state"], state["incidents"]) for state in shown["states"]} == {("Closed", 2), ("Awaiting parts", 1)}
    assert not any(state["stage"] == "unknown" for state in shown["states"])
    assert {(problem["kind"], problem["count"]) for problem in shown["problems"]} == {("row", 1), ("cell", 1)}


def test_a_corrected_mapping_counts_for_the_next_file_of_that_shape(export: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    chosen = ("--map", "assignment_group=Assigned Grp")
    assert _document(export, *chosen, "--home", home, status=FAILED)["recalled"] == {}
    header, *rows = EXPORT.splitlines()
    later = tmp_path / "later.csv"
    later.write_text("\n".join([header, rows[0].replace("A-1", "B-1")]), encoding="utf-8")
    again = _document(later, "--home", home)
    assert again["recalled"] == {"assignment_group": "Assigned Grp"}
    with open_services(home) as services:
        assert services.store.version("B-1").incident.assignment_group == "Field"
    preview = _document(later, "--dry-run", "--forget-mapping", "--home", home)
    assert "assignment_group" not in preview["mapping"]
    assert _document(later, "--home", home)["recalled"] == {"assignment_group": "Assigned Grp"}
    assert _document(later, "--forget-mapping", "--home", home)["recalled"] == {}
    assert _document(later, "--home", home)["recalled"] == {}


def test_a_file_of_another_shape_has_no_mapping(export: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    _run(export, "--map", "assignment_group=Assigned Grp", "--home", home, status=FAILED)
    other = tmp_path / "other.csv"
    other.write_text(EXPORT.replace("Status", "State"), encoding="utf-8")
    assert _document(other, "--home", home, status=FAILED)["recalled"] == {}
