"""Assigning: a ticket is taken, or given to somebody, in the queue and on its page, and that can be undone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.app.desk.conftest import SmallDesk
from tests.app.desk.test_two_people import log, visit
from tests.browser import at_rest
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


@pytest.mark.parametrize("address", ["?ticket={number}", "ticket?number={number}"])
def test_a_ticket_is_taken_with_one_key_and_given_back(small_desk: SmallDesk, page: Page, address: str) -> None:
    number = log(small_desk, f"TAKE-{len(address)}", priority="1")
    visit(page, f"{small_desk.address}/{address.format(number=number)}", "Ada")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("m")
    expect(page.get_by_text(f"{number} is assigned to Ada.", exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="Assigned to")).to_have_value("Ada")
    expect(page.get_by_role("button", name="Assign to me")).to_have_count(0)
    assert small_desk.api.incident(number).assigned_to == "Ada"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    assert small_desk.api.incident(number).assigned_to is None
    expect(page.get_by_role("combobox", name="Assigned to")).to_have_value("")
    expect(page.get_by_role("button", name="Assign to me")).to_be_visible()


def test_a_ticket_is_given_to_a_person_who_is_new_here_and_taken_from_them(small_desk: SmallDesk, page: Page) -> None:
    number = log(small_desk, "GIVE-1")
    visit(page, f"{small_desk.address}/?ticket={number}", "Ada")
    somebody = page.get_by_role("combobox", name="Assigned to")
    somebody.click()
    page.keyboard.type("Bo *Berg*")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{number} is assigned to Bo *Berg*.", exact=True)).to_be_visible()
    assert small_desk.api.incident(number).assigned_to == "Bo *Berg*"
    at_rest(page)
    somebody.click()
    page.keyboard.press("Backspace")
    page.keyboard.press("Escape")
    page.get_by_test_id("stSelectbox").filter(has_text="Assigned to").get_by_role("button", name="Clear").click()
    expect(page.get_by_text(f"{number} is assigned to nobody now.", exact=True)).to_be_visible()
    assert small_desk.api.incident(number).assigned_to is None


def test_who_has_no_name_is_told_how_to_take_a_ticket(small_desk: SmallDesk, page: Page) -> None:
    number = log(small_desk, "NAMELESS-1")
    page.goto(f"{small_desk.address}/?ticket={number}")
    expect(page.get_by_text("Enter your name on the left to take tickets.")).to_be_visible()
    expect(page.get_by_role("button", name="Assign to me")).to_have_count(0)
