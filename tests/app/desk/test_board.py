"""The board, as a lead moves cards on it in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from app.client import Client
from app.composition import open_services
from kb.practice.practice_file import PRACTICE_FILE, default_practice
from kb.records.incident import Incident
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest, browser_page, choose, desk_of
from tests.conftest import CHROMIUM, printers_and_vpn

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

HOSTILE = "<img src=x onerror=\"document.title='taken'\"> **bold**"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    home = tmp_path_factory.mktemp("board") / "home"
    home.mkdir()
    practice = default_practice().split("\nboard:")[0]
    limits = "\nboard: {over_limit: refuse, columns: {in_progress: 1}, expedite: {limit: 2}}\n"
    (home / PRACTICE_FILE).write_text(practice + limits, encoding="utf-8")
    with open_services(home) as services:
        opened = datetime.now(UTC) - timedelta(hours=1)
        tickets = [
            Incident(number, text, state="new", opened_at=opened, assignment_group=group, priority=priority)
            for number, text, group, priority in (
                ("A1", "printer is dead", "Network", "3 - Moderate"),
                ("A2", HOSTILE, "Network", "3 - Moderate"),
                ("A3", "screen flickers", "Mail", "3 - Moderate"),
                ("C1", "the plant stands still", "Network", "1 - Critical"),
            )
        ]
        services.store.put_incidents([*printers_and_vpn(2), *tickets])
    with desk_of(home) as (address, api), Client(api) as client:
        yield SmallDesk(address, client)


def cards(page: Page, column: str, lane: str = "All") -> Locator:
    return page.get_by_role("list", name=f"{column}, {lane}", exact=True).get_by_role("listitem")


def test_cards_move_by_mouse_and_keyboard_ask_beyond_the_limit_and_go_back(desk: SmallDesk, page: Page) -> None:
    page.goto(f"{desk.address}/board")
    expect(cards(page, "New")).to_have_count(3)
    expect(cards(page, "New", "Cannot wait")).to_contain_text("the plant stands still")
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    page.get_by_label("Move A1", exact=True).click()
    page.get_by_role("button", name="A1: In progress").click()
    expect(page.get_by_text("A1 is now “In progress”.")).to_be_visible()
    expect(cards(page, "In progress")).to_contain_text("A1")
    expect(page.get_by_text("1 of 1")).to_be_visible()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    at_rest(page)
    cards(page, "New").filter(has_text="A3").focus()
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="A3: Assigned")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("the column in progress has 1 of at most 1 incidents")
    assert desk.api.incident("A3").stage == "new"
    page.get_by_label("Reason").press_sequentially("the director waits", delay=5)
    page.get_by_role("button", name="Move anyway").click()
    expect(page.get_by_text("A3 is now “In progress”. Beyond a limit")).to_be_visible()
    expect(page.get_by_text("2 of 1, over the limit")).to_be_visible()
    last = desk.api.timeline("A3").events[-1]
    assert ("the director waits" in last.text, last.by) == (True, "Ada")
    page.get_by_role("button", name="Undo").click()
    expect(cards(page, "New").filter(has_text="A3")).to_be_visible()
    assert desk.api.incident("A3").stage == "new"
    assert page.title() != "taken"
    at_rest(page)
    page.get_by_label("Move A3", exact=True).click()
    page.get_by_role("button", name="A3: In progress").click()
    expect(page.get_by_label("Reason")).to_have_value("")


def test_lanes_are_teams_and_stand_in_the_address(desk: SmallDesk, page: Page) -> None:
    page.goto(f"{desk.address}/board")
    page.get_by_test_id("stButtonGroup").get_by_text("Teams").click()
    expect(page.get_by_role("heading", name="Mail 1 ticket")).to_be_visible()
    expect(cards(page, "New", "Mail")).to_contain_text("A3")
    page.reload()
    expect(cards(page, "New", "Mail")).to_contain_text("A3")


def test_what_is_cancelled_from_the_ticket_page_can_be_undone(desk: SmallDesk, page: Page) -> None:
    page.goto(f"{desk.address}/ticket?number=A2")
    page.get_by_role("button", name="To “Cancelled”").click()
    expect(page.get_by_text("A2 is now “Cancelled”.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: A2 is “New” again.")).to_be_visible()
    assert desk.api.incident("A2").stage == "new"


def test_limits_and_clocks_are_told_in_the_readers_language(desk: SmallDesk) -> None:
    full = "in der Spalte „In Bearbeitung“ sind 1 von höchstens 1 Tickets"
    opened = datetime.now(UTC).isoformat()
    ticket = {"description": "no mail", "state": "new", "assignment_group": "Mail", "opened_at": opened}
    desk.api.put_incidents([{**ticket, "number": number} for number in ("G1", "G2")])
    for card in [card for lane in desk.api.board().lanes for cell in lane.cells for card in cell.cards]:
        if card.stage == "in_progress":
            desk.api.move_incident(card.number, "new")
    desk.api.move_incident("G1", "in_progress")
    (resolution,) = [one for one in desk.api.clocks("G2").clocks if one.measure == "resolution"]
    with browser_page(width=1440, height=900, locale="de-DE") as page:
        page.goto(f"{desk.address}/ticket?number=G2")
        expect(page.get_by_text(f"Lösung, Ziel „{resolution.target}“").first).to_be_visible()
        at_rest(page)
        page.get_by_text("Warum die Uhren so stehen").click()
        expect(page.get_by_text(re.compile("(Inner|Außer)halb der Zeiten von")).first).to_be_visible()
        page.get_by_text("Wer was wann getan hat").click()
        expect(page.get_by_text("Erfasst für Mail")).to_be_visible()
        page.get_by_role("button", name="Nach „In Bearbeitung“").click()
        expect(page.get_by_role("dialog")).to_contain_text(f"Es ist kein Platz: {full}.")
        page.get_by_label("Grund").press_sequentially("der Chef wartet", delay=5)
        page.get_by_role("button", name="Trotzdem verschieben").click()
        expect(page.get_by_text(f"Über einem Limit: {full}.")).to_be_visible()


def test_a_limit_that_a_value_goes_beyond_is_passed_for_a_reason_on_the_ticket_page(
    desk: SmallDesk, page: Page
) -> None:
    ticket = {"description": "no light", "state": "new", "category": "Power", "assignment_group": "Mail"}
    ticket["opened_at"] = datetime.now(UTC).isoformat()
    priorities = {"H1": "3 - Moderate", "H2": "1 - Critical"}
    desk.api.put_incidents([{**ticket, "number": number, "priority": text} for number, text in priorities.items()])
    for number in ("C1", "H1", "H2"):
        desk.api.move_incident(number, "in_progress", override="it is urgent")
    page.goto(f"{desk.address}/ticket?number=H1")
    choose(page, "Priority", "1 - Critical")
    page.get_by_role("button", name=re.compile("Save priority")).click()
    expect(page.get_by_role("dialog")).to_contain_text("the expedite lane has 2 of at most 2 incidents")
    assert desk.api.incident("H1").priority == "3 - Moderate"
    page.get_by_label("Reason").press_sequentially("the plant waits", delay=5)
    page.get_by_role("button", name="Do it anyway").click()
    expect(page.get_by_text("Saved H1. Beyond a limit")).to_be_visible()
    kept = desk.api.incident("H1")
    assert (kept.priority, kept.category, kept.assignment_group) == ("1 - Critical", "Power", "Mail")
    assert "the plant waits" in desk.api.timeline("H1").events[-1].text


def test_a_ticket_without_clocks_says_why(desk: SmallDesk, page: Page) -> None:
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    desk.api.put_incidents([{"number": "F1", "description": "no mail", "state": "new", "opened_at": later}])
    page.goto(f"{desk.address}/ticket?number=F1")
    expect(page.get_by_text("Its clocks begin when it is logged.")).to_be_visible()
