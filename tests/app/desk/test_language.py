"""Translations: every text of the desk has one in each language, with the same places to fill in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from streamlit.testing.v1 import AppTest

from app.desk import coverage_cases, language
from app.schemas.curation import CaseView
from kb.curation import content_standard, promotions, stale, worklist
from kb.practice.security import security_practice

DESK = Path(language.__file__).parent
KEYWORDS = {"_": None, "counted": (2, 3)}
SENTENCE = re.compile(r"[A-Z{].* .*[.}]")
PLACES = re.compile(r"{\w*}")

Message = str | tuple[str, ...]


def messages() -> set[Message]:
    """The messages that the pages ask for by name."""
    found = extract_from_dir(str(DESK), method_map=[("**.py", "python")], keywords=KEYWORDS)
    return {message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found}


def catalogue(name: str) -> Catalog:
    return read_po(BytesIO((DESK / "languages" / f"{name}.po").read_bytes()), locale=name)


@pytest.mark.parametrize("name", ["de", "fr"])
def test_every_text_is_translated(name: str) -> None:
    translated = {entry.id: entry.string for entry in catalogue(name) if entry.id}
    wanted = messages()
    assert len(wanted) > 100
    missing = [message for message in wanted if not _is_whole(translated.get(message))]
    assert missing == []


def told_by_the_service() -> set[str]:
    """The sentences that curation and the shipped procedures for security incidents tell the pages."""
    found = set[str]()
    for module in (worklist, stale, promotions, content_standard):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        passed_over = {id(part) for node in ast.walk(tree) for part in _no_messages(node)}
        constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in passed_over)
        texts = [node.value for node in constants if isinstance(node.value, str)]
        found.update(text for text in texts if SENTENCE.fullmatch(text))
    for procedure in security_practice().procedures.values():
        found.update((*procedure.do, *procedure.do_not))
    return found


def _no_messages(node: ast.AST) -> Iterator[ast.AST]:
    """Yield docstrings and the parts of f-strings."""
    if isinstance(node, ast.Expr):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield from node.values


@pytest.mark.parametrize("name", ["de", "fr"])
def test_what_the_service_tells_as_sentences_is_translated(name: str) -> None:
    translated = {entry.id: entry.string for entry in catalogue(name) if entry.id}
    wanted = told_by_the_service()
    assert len(wanted) > 50
    assert sorted(wanted - {str(message) for message, string in translated.items() if string}) == []


@pytest.mark.parametrize("name", ["de", "fr"])
def test_a_translation_has_the_places_of_its_message(name: str) -> None:
    for entry in catalogue(name):
        originals = [entry.id] if isinstance(entry.id, str) else list(entry.id)
        strings = [entry.string] if isinstance(entry.string, str) else list(entry.string)
        places = {frozenset(PLACES.findall(original)) for original in originals}
        for string in strings:
            assert frozenset(PLACES.findall(string)) in places, string


def test_a_reader_gets_their_language_and_the_source_where_there_is_none() -> None:
    def page() -> None:
        import streamlit as st

        from app.desk.language import _, counted

        st.text(_("New ticket"))
        st.text(_("No catalogue has this."))
        st.text(counted(2, "Accepted {count} suggestion.", "Accepted {count} suggestions."))

    shown = AppTest.from_function(page).run()
    assert [entry.value for entry in shown.text] == [
        "New ticket",
        "No catalogue has this.",
        "Accepted 2 suggestions.",
    ]


@pytest.mark.parametrize(
    ("value", "told", "tenths"),
    [
        (0.0, "0%", 0),
        (0.0004, "0.1%", 1),
        (0.5, "50%", 5),
        (0.8763, "87.6%", 9),
        (0.996, "99.6%", 9),
        (0.9999, "99.9%", 9),
        (1.0, "100%", 10),
    ],
)
def test_only_all_is_told_as_all_and_only_none_as_none(value: float, told: str, tenths: int) -> None:
    assert (language.share(value), language.of_ten(value)) == (told, tenths)


def test_ages_are_told_in_the_largest_unit_that_fits() -> None:
    assert language.age(datetime.now(UTC) - timedelta(hours=3)) == "3 hr"
    assert language.age(datetime.now(UTC) - timedelta(days=3)) == "3 days"


@pytest.mark.parametrize(
    ("name", "order"), [("en", "MM/DD/YYYY"), ("de", "DD.MM.YYYY"), ("fr", "DD/MM/YYYY"), ("sv", "YYYY-MM-DD")]
)
def test_fields_of_dates_have_the_readers_order(name: str, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_locale", lambda: Locale(name))
    assert language.date_order() == order


@pytest.mark.parametrize(("name", "told"), [("en", "Jan 2026"), ("de", "Jan. 2026"), ("fr", "janv. 2026")])
def test_months_and_days_of_tickets_have_the_readers_form(
    name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_locale", lambda: Locale(name))
    assert language.month("2026-01") == told
    assert language.month("<b>") == "<b>"
    heading, filters = coverage_cases.cases_asked_for("month-2026-01") or ("", {})
    assert told in heading
    assert filters == {"month": "2026-01"}
    case = CaseView.model_construct(
        number="A1", title="", day=date(2026, 1, 31), team=None, articles=[], reopened=False
    )
    assert coverage_cases.case_row(case).cells[0].text == language.plain_day(date(2026, 1, 31)) != "2026-01-31"


@pytest.mark.parametrize(("zone", "year"), [("America/New_York", 1), ("Pacific/Auckland", 9999)])
def test_a_moment_at_an_end_of_the_calendar_keeps_its_own_zone(zone: str, year: int) -> None:
    at = datetime(year, 1, 1, tzinfo=UTC) if year == 1 else datetime(year, 12, 31, 23, tzinfo=UTC)
    assert language.in_zone(at, ZoneInfo(zone)) == at
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert language.in_zone(noon, ZoneInfo(zone)).utcoffset() != timedelta(0)


def _is_whole(string: object) -> bool:
    return bool(string) and (isinstance(string, str) or all(string))  # type: ignore[arg-type]
