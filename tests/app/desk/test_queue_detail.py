"""The opened ticket of the queue: its one-key acts write what the form shows, and lose nothing of what was begun."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.client import Client
from tests.app.desk.conftest import SmallDesk
from tests.app.desk.test_ticket import HeldLine
from tests.browser import at_rest, choose, desk_of
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

PRINTER = "the printer on the second floor does not print number 8"


@pytest.fixture(scope="module", autouse=True)
def service_desk(small_desk: SmallDesk) -> None:
    """A ticket of the group that takes what no other is known to own."""
    ticket = {"short_description": "a mouse is missing", "assignment_group": "Service Desk", "priority": "1"}
    small_desk.api.put_incident("DESK-1", {**ticket, "state": "closed"})


def open_ticket(page: Page, small_desk: SmallDesk, number: str, text: str = PRINTER) -> None:
    small_desk.api.put_incident(number, {"short_description": text, "state": "new"})
    page.goto(f"{small_desk.address}/?ticket={number}")
    expect(page.get_by_role("combobox", name="Category")).not_to_have_value("")
    at_rest(page)


def press(page: Page, key: str, number: str) -> None:
    page.get_by_role("heading", level=1).click()  # in a field the key would be typed
    page.keyboard.press(key)
    expect(page.locator(f"tr[data-id={number}]").get_by_text("done")).to_be_visible()


@pytest.mark.parametrize(("key", "group"), [("a", "Print Services"), ("s", "Service Desk")])
def test_a_resolution_that_was_begun_stays(small_desk: SmallDesk, page: Page, key: str, group: str) -> None:
    number = f"BEGUN-{key}"
    open_ticket(page, small_desk, number)
    page.get_by_role("button", name="Resolve with KB1").click()
    page.get_by_label("Resolution", exact=True).fill("Cleared by hand, twice.")
    page.get_by_label("Resolution", exact=True).press("Tab")
    at_rest(page)
    press(page, key, number)
    assert small_desk.api.incident(number).assignment_group == group
    page.goto(f"{small_desk.address}/ticket?number={number}")
    expect(page.get_by_label("Resolution", exact=True)).to_have_value("Cleared by hand, twice.")


def test_a_ticket_is_sent_to_the_service_desk_with_what_was_chosen(small_desk: SmallDesk, page: Page) -> None:
    open_ticket(page, small_desk, "SENT-1")
    choose(page, "Category", "VPN")
    press(page, "s", "SENT-1")
    kept = small_desk.api.incident("SENT-1")
    assert (kept.category, kept.assignment_group) == ("VPN", "Service Desk")


def test_accepting_writes_what_the_form_shows(small_desk: SmallDesk, page: Page) -> None:
    text = "vpn connection drops when working from home number 9"
    open_ticket(page, small_desk, "SHOWN-1", text)
    group = page.get_by_role("combobox", name="Assignment group")
    expect(group).to_have_value("Network")
    small_desk.api.feedback(
        number="SHOWN-1",
        ticket={"short_description": text},
        field="assignment_group",
        suggested="Network",
        chosen=None,
        by=None,
    )
    choose(page, "Category", "Printing")
    expect(group).not_to_have_value("Network")
    shown = group.input_value()
    press(page, "a", "SHOWN-1")
    kept = small_desk.api.incident("SHOWN-1")
    assert (kept.category, kept.assignment_group or "") == ("Printing", shown)


@pytest.mark.parametrize("key", ["a", "s"])
def test_a_key_acts_on_no_ticket_that_is_not_shown_yet(small_desk: SmallDesk, page: Page, key: str) -> None:
    """Pressed when the address is the next ticket's and the screen is not yet, it decides on neither."""
    line = HeldLine(page)
    shown, opened = f"SHOWN-{key}", f"OPENED-{key}"
    small_desk.api.put_incident(opened, {"short_description": PRINTER, "state": "new"})
    open_ticket(page, small_desk, shown)
    line.hold_after(f"ticket={opened}")
    page.locator(f"tr[data-id={opened}]").click()
    expect(page).to_have_url(re.compile(f"ticket={opened}"))
    page.keyboard.press(key)
    line.wait_for_answer()
    line.release()
    expect(page.locator(f"tr[data-id={opened}]")).to_have_attribute("aria-selected", "true")
    at_rest(page)
    for number in (shown, opened):
        assert small_desk.api.incident(number).assignment_group is None
    press(page, key, opened)


def test_the_service_desk_may_have_another_name(small_home: Path, tmp_path: Path, page: Page) -> None:
    home = shutil.copytree(small_home, tmp_path / "home")
    (home / "settings.env").write_text("TRIAGE_SERVICE_DESK_GROUP=network\n")
    with desk_of(home) as (address, api), Client(api) as client:
        open_ticket(page, SmallDesk(address, client), "OTHER-1")
        page.get_by_role("button", name="Send to Network").click()
        expect(page.locator("tr[data-id=OTHER-1]").get_by_text("done")).to_be_visible()
        assert client.incident("OTHER-1").assignment_group == "Network"


def test_a_desk_without_a_service_desk_says_once_why_nothing_is_sent_there(
    small_home: Path, tmp_path: Path, page: Page
) -> None:
    home = shutil.copytree(small_home, tmp_path / "home")
    with desk_of(home) as (address, api), Client(api) as client:
        open_ticket(page, SmallDesk(address, client), "NONE-1")
        expect(page.get_by_text("The key S is off: no group is called “Service Desk”.")).to_have_count(1)
        expect(page.get_by_role("button", name="Send to")).to_have_count(0)
