"""The queue of more tickets than a page holds: its pages stand in the address, and none of them is empty."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.app.desk.conftest import SmallDesk
from tests.app.desk.test_queue import show
from tests.browser import at_rest
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


@pytest.fixture(scope="module", autouse=True)
def two_pages(small_desk: SmallDesk) -> None:
    """So many tickets that the second page has one."""
    missing = 26 - small_desk.api.queue().total
    tickets = [{"number": f"LONG{at}", "short_description": "a mouse is missing"} for at in range(missing)]
    small_desk.api.put_incidents([{**ticket, "state": "new"} for ticket in tickets])


def last(small_desk: SmallDesk) -> str:
    (one,) = small_desk.api.queue(limit=25, offset=25).incidents
    return one.incident.number


def test_a_page_stands_in_the_address_until_the_filters_change(small_desk: SmallDesk, page: Page) -> None:
    show(page, small_desk)
    page.get_by_role("spinbutton", name="Page").fill("2")
    page.get_by_role("spinbutton", name="Page").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"[?&]page=2"))
    page.reload()
    expect(page.locator(f"tr[data-id='{last(small_desk)}']")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    at_rest(page)
    page.get_by_role("radio", name="Unassigned").click()
    expect(page.locator("tbody tr")).to_have_count(25)
    expect(page).not_to_have_url(re.compile("page="))


def test_a_page_that_was_emptied_leads_back_to_the_last_that_there_is(small_desk: SmallDesk, page: Page) -> None:
    number = last(small_desk)
    show(page, small_desk, "?page=2")
    expect(page.locator("tbody tr")).to_have_count(1)
    closed = small_desk.api.incident(number).short_description
    small_desk.api.put_incident(number, {"short_description": closed, "state": "closed"})
    at_rest(page)
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("tbody tr")).to_have_count(25)
    expect(page.get_by_text("Well done")).to_have_count(0)
    small_desk.api.put_incident(number, {"short_description": closed, "state": "new"})


def test_a_ticket_in_the_address_that_is_not_listed_is_named_with_a_link_to_it(
    small_desk: SmallDesk, page: Page
) -> None:
    number = last(small_desk)
    show(page, small_desk, f"?ticket={number}")
    missing = page.get_by_text(f"{number} is not among the tickets listed here.")
    expect(missing).to_be_visible()
    page.get_by_role("radio", name="Unassigned").click()
    expect(missing).to_have_count(0)
    show(page, small_desk, f"?ticket={number}")
    page.get_by_role("link", name=f"Open {number}").click()
    expect(page).to_have_url(re.compile(f"ticket\\?number={number}"))
