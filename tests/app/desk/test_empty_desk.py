"""A desk with nothing imported: every page begins at the same place, and none offers what cannot work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.composition import open_services
from tests.browser import at_rest, browser_page, desk_of
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

PAGES = (
    "", "board", "new", "majors", "articles", "tasks", "coverage", "coverage?coverage_view=categories",
    "coverage?coverage_view=people", "results", "evaluation", "evaluation?report=past", "quality", "people", "keys",
    "values", "labels", "notifications", "models",
)  # fmt: skip
CANNOT_WORK = (
    "Starten:",
    "Die erste Analyse läuft",
    "Änderung speichern",
    "Jetzt trainieren",
    "Wählen Sie einen Artikel, um ihn hier zu lesen.",
)


@pytest.fixture(scope="module")
def empty_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("empty") / "home"
    with open_services(home):
        pass
    with desk_of(home) as (address, _api):
        yield address


@pytest.fixture
def german() -> Iterator[Page]:
    with browser_page(locale="de-DE") as page:
        yield page


def test_each_page_shows_where_to_begin_and_offers_nothing_that_needs_tickets(empty_desk: str, german: Page) -> None:
    for name in PAGES:
        german.goto(f"{empty_desk}/{name}")
        begin = german.get_by_role("heading", name="Hier beginnen")
        expect(begin).to_have_count(1)
        at_rest(german)
        link = german.get_by_test_id("stMain").get_by_role("link", name="Importieren und trainieren")
        expect(link, name).to_have_count(1)
        text = german.get_by_test_id("stMain").inner_text()
        assert [words for words in CANNOT_WORK if words in text] == [], name
        assert german.get_by_test_id("stException").count() == 0, name


def test_what_goes_wrong_on_the_way_in_is_told_in_german(empty_desk: str, german: Page) -> None:
    german.goto(f"{empty_desk}/import")
    given = german.locator("input[type=file]")
    given.set_input_files({"name": "export.json", "mimeType": "application/json", "buffer": b"[]"})
    expect(german.get_by_text("Datei: Die Liste der Datensätze ist leer.")).to_be_visible()
    german.get_by_role("button", name="Andere Datei auswählen").click()
    rows = b"Number;Short description;State;Opened\n1;printer;Closed;31.31.2025\n2;;Closed;01.02.2025\n"
    given.set_input_files({"name": "export.csv", "mimeType": "text/csv", "buffer": rows})
    expect(german.get_by_text("Zeile 3, Short description: ist leer: Daraus lässt sich nichts lernen")).to_be_visible()
