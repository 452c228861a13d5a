"""What the desk says of problems in the data: every kind has its words, in each language."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from babel import Locale

import training
from app.desk import language
from app.desk.finding_words import example_words, finding_words
from app.schemas.job_reports import FindingView

FACTS: dict[str, dict[str, str | int | float]] = {
    "unknown states": {"count": 1200},
    "several spellings": {"count": 2},
    "contradictory labels": {"count": 319},
    "same text, different labels": {"count": 3},
    "catch-all value": {"value": "Other", "share": 0.2, "right": 0.5},
    "values that are not told apart": {"first": "A", "second": "B", "count": 35, "back": 85},
    "values drawn up anew": {"count": 100, "day": "2026-04-11"},
    "dead value": {"value": "Fax", "count": 12, "day": "2026-01-01"},
    "boilerplate": {"count": 40},
    "form or footer": {},
    "missing resolution notes": {"count": 9},
    "leak from the future": {"count": 7, "leaked": "group"},
}


def finding(kind: str) -> FindingView:
    return FindingView(
        kind=kind, field="assignment_group", share=0.1, message="it is so; do that", examples=[], numbers=[],
        facts=FACTS[kind],
    )  # fmt: skip


def kinds_of_the_doctor() -> set[str]:
    found = set[str]()
    for name in ("doctor.py", "record_findings.py"):
        for node in ast.walk(ast.parse((Path(training.__path__[0]) / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                assert isinstance(node.args[0], ast.Constant)
                found.add(str(node.args[0].value))
    return found


def test_every_kind_of_finding_has_its_words() -> None:
    assert kinds_of_the_doctor() == set(FACTS)


@pytest.mark.parametrize("kind", FACTS)
def test_a_finding_is_told_in_every_language(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = set[str]()
    for name in ("en", "de", "fr"):
        monkeypatch.setattr(language, "_locale", lambda name=name: Locale(name))
        words.add(finding_words(finding(kind)))
    assert len(words) == 3
    assert not any("{" in said or "it is so" in said for said in words)


def test_shares_and_days_are_in_the_readers_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_locale", lambda: Locale("de"))
    told = finding_words(finding("catch-all value")).replace("\u00a0", " ")
    assert told == "„Other“ umfasst 20 % der Tickets und wird bei 50 % davon erkannt."
    assert "seit 01.01.2026" in finding_words(finding("dead value"))
    told = example_words(finding("contradictory labels"), "INC1: 1 - High, rather 2 - Low")
    assert told == "INC1: 1 - High; ähnliche Tickets haben 2 - Low"
    assert example_words(finding("dead value"), "INC1: 1, rather 2") == "INC1: 1, rather 2"


def test_a_report_without_values_keeps_its_message() -> None:
    old = finding("dead value").model_copy(update={"facts": {}})
    assert finding_words(old) == "it is so"
