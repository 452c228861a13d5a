from __future__ import annotations

from collections import Counter

import pytest
import typer

from app.commands.main import app
from app.commands.sections import SECTIONS
from app.environment import API_VARIABLE
from tests.conftest import triage


def test_every_command_stands_in_one_section() -> None:
    listed = Counter(name for names in SECTIONS.values() for name in names)
    group = typer.main.get_command(app)
    assert listed == Counter(list(group.commands))  # type: ignore[attr-defined]


def test_help_begins_with_the_first_steps() -> None:
    shown = triage("--help").stdout
    assert shown.index("Start here:") < shown.index("  import") < shown.index("Tickets:") < shown.index("  classify")


def test_the_desk_goes_to_the_api_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_VARIABLE, "not an address")
    group = typer.main.get_command(app)
    desk = group.commands["desk"]  # type: ignore[attr-defined]
    assert desk.make_context("desk", []).params["api"] == "not an address"


def test_no_description_is_cut_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = triage("--help").stdout
    assert "Load the made-up sample organisation, train on it, show one" in shown
    assert not [line for line in shown.splitlines() if line.startswith("  ") and line.rstrip().endswith("...")]
