from __future__ import annotations

import time

import pytest

from kb.reading.contrast import without_fine_clauses
from kb.reading.said import said


@pytest.mark.parametrize(("text", "left"), [
    ("The scanner is fine, but payroll shows last year.", "payroll shows last year."),
    ("Scanner works, however payroll shows last year", "payroll shows last year"),
    ("No problem with the badge reader. Payroll shows last year", "Payroll shows last year"),
    ("Payroll shows last year. The scanner is working normally.", "Payroll shows last year."),
    ("Payroll\nThe scanner is not affected; my payslip shows last year", "Payroll\nmy payslip shows last year"),
    ("Der Scanner funktioniert, aber die Abrechnung zeigt altes", "die Abrechnung zeigt altes"),
    ("Mit dem Scanner gibt es kein Problem, aber die Abrechnung ist alt", "die Abrechnung ist alt"),
    ("Die Scanner sind in Ordnung. Abrechnung zeigt das letzte Jahr", "Abrechnung zeigt das letzte Jahr"),
])  # fmt: skip
def test_what_is_fine_is_left_out(text: str, left: str) -> None:
    assert without_fine_clauses(text) == left
    assert said("", text).complaint == left


@pytest.mark.parametrize("text", [
    "The scanner is fine",
    "The scanner is fine, but slow today",
    "The scanner works, but prints only blank pages",
    "The scanner works, but it stops after two pages",
    "The scanner works, but not for the second floor",
    "Der Scanner geht, aber druckt nur leere Seiten",
    "It works fine, but payroll shows last year",
    "The scanner never works fine, but nobody looks after that",
    "Once the scanner works, but payroll shows last year",
    "The scanner doesn't seem fine. Payroll shows last year",
    "I need a scanner that works fine with payroll forms",
    "The scanner works since we moved the cables to another room",
    "Jetzt geht aber die Abrechnung nicht mehr",
    "Is the scanner fine? Payroll shows last year",
])  # fmt: skip
def test_what_may_speak_of_the_same_thing_stays(text: str) -> None:
    assert without_fine_clauses(text) == text


@pytest.mark.parametrize("text", [
    "a." * 50_000, "a " * 50_000, "\n" * 100_000, "no problem with " + "a" * 90_000, "the x is fine. " * 7_000,
    "x works, but " * 8_000, "mit " * 25_000, ". " * 50_000, "is fine but" * 9_000,
])  # fmt: skip
def test_reading_takes_a_time_that_grows_with_the_text(text: str) -> None:
    began = time.process_time()
    without_fine_clauses(text)
    assert time.process_time() - began < 1
