"""A file becomes history in the desk: uploaded, checked, corrected, imported, trained, without a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from app.api import imports as api_imports
from app.client import Client
from app.desk import imports
from app.desk.import_draft import ImportDraft
from kb.vocabulary.stage import Stage
from tests.browser import at_rest, browser_page, choose, desk_of
from tests.conftest import CHROMIUM, served

HOSTILE = "<b>x</b> **y** <img src='http://203.0.113.9/i.png' onerror='alert(1)'>"
KINDS = (
    ("toner is empty on the third floor", "Print", "Done"),
    ("tunnel to the office breaks off", "Network", "Done"),
    ("badge does not open the garage", "Doors", "Shipped abroad"),
)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


def export(each: int = 40) -> bytes:
    """An export in no tool's words, whose dates and one state cannot be read without help."""
    lines = [f'Ref;What was said;Crew;Progress;Raised;"{HOSTILE}"']
    for i in range(each):
        for place, (text, crew, state) in enumerate(KINDS):
            lines.append(f"R-{place}{i:03};{text}, desk {i};{crew};{state};0{1 + i % 9}/04/2024;{HOSTILE}")
    lines.append("R-9999;;Print;Done;01/04/2024;")
    return "\n".join(lines).encode()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with served(tmp_path / "home") as address, Client(address) as client:
        yield client


def test_a_draft_says_what_was_corrected_and_asks_once_after_each_change(client: Client) -> None:
    draft = ImportDraft("export.csv", export(2))
    columns = {column.column: column for column in draft.look(client).columns}
    assert columns["What was said"].field is None
    draft.take(columns["What was said"], "description")
    draft.take(columns["Crew"], "assignment_group")
    draft.take(columns["Progress"], "state")
    preview = draft.look(client)
    assert draft.look(client) is preview
    fields = {column.column: column.field for column in preview.columns}
    assert (fields["What was said"], fields["Crew"], fields["Progress"]) == (
        "description",
        "assignment_group",
        "state",
    )
    assert preview.incidents == 6
    draft.mean("Shipped abroad", Stage.WAITING)
    draft.read(day_first=True, sheet="", timezone="Europe/Berlin")
    again = draft.look(client)
    assert {state.state: state.stage for state in again.states}["Shipped abroad"] is Stage.WAITING
    assert again.date_order.day_first
    draft.take(next(column for column in again.columns if column.column == "Crew"), None)
    assert {column.column: column.field for column in draft.look(client).columns}["Crew"] is None


def test_the_desk_takes_the_files_that_the_api_takes() -> None:
    assert [f".{ending}" for ending in imports._ENDINGS] == list(api_imports._ENDINGS)


@needs_browser
def test_before_anything_is_imported_a_ticket_has_plain_fields(tmp_path: Path) -> None:
    with desk_of(tmp_path / "home") as (address, api), browser_page() as page, Client(api) as client:
        page.goto(f"{address}/new?draft=FIRST-1")
        page.get_by_label("Short description").fill("the badge does not open the garage")
        group = page.get_by_role("combobox", name="Assignment group")
        group.click()
        page.keyboard.type("Doors")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Log to Doors")).to_be_visible()
        at_rest(page)
        expect(group).to_have_value("Doors")
        page.get_by_role("button", name="Log to Doors").click()
        expect(page.get_by_text("Logged.")).to_be_visible()
        assert client.incident("FIRST-1").assignment_group == "Doors"


@needs_browser
def test_an_empty_desk_praises_nobody(tmp_path: Path) -> None:
    with desk_of(tmp_path / "home") as (address, _), browser_page() as page:
        for path in ("", "tasks"):
            page.goto(f"{address}/{path}")
            expect(page.get_by_role("heading", name="Start here")).to_be_visible()
            at_rest(page)
            expect(page.get_by_text("Well done")).to_have_count(0)


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, subject in (("Last year", "gate is stuck"), ("This year", "lamp is dark")):
        sheet = book.create_sheet(name)
        for row in (["Number", "Subject", "Status", "Opened"], ["T-1", subject, "Closed", "05/04/2026 10:00 IST"]):
            sheet.append(row)
    book.save(path)
    return path


@needs_browser
def test_the_page_offers_the_sheets_of_a_workbook_and_speaks_of_no_command(tmp_path: Path) -> None:
    file = workbook(tmp_path / "years.xlsx")
    with desk_of(tmp_path / "home") as (address, _), browser_page(height=1400) as page:
        page.goto(address)
        page.get_by_role("link", name="Import and train").click()
        page.locator("input[type=file]").set_input_files(file)
        expect(page.get_by_text("gate is stuck")).to_be_visible()
        choose(page, "Sheet", "This year")
        expect(page.get_by_text("lamp is dark")).to_be_visible()
        expect(page.get_by_text("gate is stuck")).to_have_count(0)
        page.get_by_text("Cells left empty: 1").click()
        expect(page.get_by_text("choose the time zone")).to_be_visible()
        assert " --" not in page.locator("[data-testid=stMain]").inner_text()


@needs_browser
def test_an_own_file_leads_to_a_suggestion_without_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "<b>own & odd.csv"
    file.write_bytes(export())
    with desk_of(tmp_path / "home") as (address, api), browser_page(height=1400) as page:
        outside = list[str]()
        page.on("request", lambda request: outside.append(request.url) if "203.0.113.9" in request.url else None)
        page.goto(address)
        expect(page.get_by_role("heading", name="Start here", level=2)).to_be_visible()
        page.get_by_role("link", name="Import and train").click()
        expect(page.get_by_role("heading", name="Choose the file")).to_be_visible()
        page.locator("input[type=file]").set_input_files(file)
        expect(page.get_by_text("No column says what the caller said.")).to_be_visible()
        expect(page.locator(".t-head", has_text="<b>own & odd.csv")).to_be_visible()
        choose(page, "What was said is", "Description")
        choose(page, "Crew is", "Assignment group")
        choose(page, "Progress is", "State")
        choose(page, "Raised is", "Opened at")
        expect(page.get_by_text("What the state of 40 tickets means is unknown")).to_be_visible()
        expect(page.get_by_text("though nothing in the file says so")).to_be_visible()
        choose(page, "Shipped abroad means", "Waiting")
        choose(page, "Day or month first", "day first")
        expect(page.get_by_text("means is unknown")).to_have_count(0)
        page.get_by_role("link", name="Queue").click()
        expect(page.get_by_role("heading", name="Queue")).to_be_visible()
        page.get_by_role("link", name="Import", exact=True).click()
        told = page.get_by_role("combobox", name="Shipped abroad means")
        expect(told).to_have_value("Waiting (in the queue)")
        page.reload()
        expect(told).to_have_value("Waiting (in the queue)")
        expect(page.get_by_text("Rows left out: 1")).to_be_visible()
        page.get_by_role("button", name="Import 120 tickets").click()
        page.wait_for_url("**/import?job=**")
        page.reload()
        expect(page.get_by_text("120 tickets were added or changed; 1 row was left out.")).to_be_visible(
            timeout=120_000
        )
        page.get_by_role("button", name="Train now").click()
        expect(page.get_by_text("You may leave this page.")).to_be_visible()
        page.goto(f"{address}/import")
        expect(page.get_by_text("Training is done.")).to_be_visible(timeout=300_000)
        page.get_by_role("link", name="Log a ticket").click()
        page.get_by_label("Short description").fill("the tunnel to the office breaks off again")
        expect(page.get_by_role("combobox", name="Assignment group")).to_have_value("Network")
        with Client(api) as client:
            supplied = client.incident("R-2000")
            assert (supplied.stage, supplied.assignment_group) == ("waiting", "Doors")
            assert str(supplied.opened_at).startswith("2024-04-01")
            assert client.models().models
            recalled = client.preview_import("next.csv", export(2)).recalled
            assert recalled["description"] == "What was said"
        assert outside == []
