"""Resolving a ticket in one's own words, and what comes after it: closing and reopening."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from kb.vocabulary.stage import Stage
from models.errors import NotFoundError
from tests.app.desk.conftest import SmallDesk
from tests.app.desk.test_ticket import PRINTER, hand_in, write
from tests.browser import at_rest
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

FUSE = "Replaced the fuse of the printer."


def open_ticket(page: Page, small_desk: SmallDesk, number: str, state: str = "new") -> None:
    small_desk.api.put_incident(number, {"short_description": PRINTER, "state": state, "assignment_group": "Network"})
    page.goto(f"{small_desk.address}/ticket?number={number}")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    at_rest(page)


def resolution(page: Page) -> Locator:
    return page.get_by_label("Resolution", exact=True)


def begin(page: Page) -> None:
    page.get_by_role("button", name="Resolve in your own words").click()
    expect(resolution(page)).to_be_focused()


def test_a_ticket_is_resolved_in_ones_own_words_and_open_again_with_undo(small_desk: SmallDesk, page: Page) -> None:
    open_ticket(page, small_desk, "OWN1")
    begin(page)
    page.keyboard.type(FUSE)
    page.reload()
    expect(resolution(page)).to_have_value(FUSE)
    at_rest(page)
    hand_in(page, "Resolved OWN1.")
    kept = small_desk.api.incident("OWN1")
    assert (kept.stage, kept.resolution, kept.articles) == (Stage.RESOLVED, FUSE, [])
    assert small_desk.api.timeline("OWN1").events[-1].by == "Ada"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    assert small_desk.api.incident("OWN1").stage is Stage.NEW


def test_a_resolution_without_a_word_is_refused_with_a_sentence(small_desk: SmallDesk, page: Page) -> None:
    open_ticket(page, small_desk, "OWN2")
    begin(page)
    at_rest(page)
    for text in ("", "   "):
        resolution(page).fill(text)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("The resolution is empty. Write what solved the problem")).to_be_visible()
        at_rest(page)
    assert small_desk.api.incident("OWN2").stage is Stage.NEW
    resolution(page).fill(FUSE)
    expect(page.get_by_text("The resolution is empty.")).to_have_count(0)
    page.get_by_role("button", name="Leave the ticket open").click()
    expect(resolution(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(resolution(page)).to_have_value(FUSE)


def test_own_words_give_way_to_an_article_and_come_back(small_desk: SmallDesk, page: Page) -> None:
    open_ticket(page, small_desk, "OWN3")
    begin(page)
    page.keyboard.type(FUSE)
    at_rest(page)
    page.get_by_role("button", name="Show KB1", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Resolve with this").click()
    expect(resolution(page)).to_have_value("Clear the queue.")
    expect(page.get_by_role("button", name=re.compile("^Check|^Resolve with KB1"))).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(resolution(page)).to_have_value(FUSE)
    at_rest(page)
    hand_in(page, "Resolved OWN3.")
    kept = small_desk.api.incident("OWN3")
    assert (kept.resolution, kept.articles) == (FUSE, [])


def test_a_new_ticket_that_was_solved_at_once_is_logged_as_resolved(small_desk: SmallDesk, page: Page) -> None:
    number = write(page, small_desk, PRINTER)
    at_rest(page)
    begin(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The resolution is empty.")).to_be_visible()
    with pytest.raises(NotFoundError):
        small_desk.api.incident(number)
    page.keyboard.type(FUSE)
    hand_in(page, "Logged.")
    logged = small_desk.api.incident(number)
    assert (logged.stage, logged.resolution, logged.articles) == (Stage.RESOLVED, FUSE, [])


def test_a_resolved_ticket_is_closed_and_reopened_once_that_is_confirmed(small_desk: SmallDesk, page: Page) -> None:
    open_ticket(page, small_desk, "OWN4", state="resolved")
    page.get_by_role("button", name="Close ticket").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("To work on OWN4 again, it has to be reopened, which is counted.")).to_be_visible()
    assert small_desk.api.incident("OWN4").stage is Stage.RESOLVED
    dialog.get_by_role("button", name="Close ticket").click()
    expect(page.get_by_text("OWN4 is now “Closed”.")).to_be_visible()
    closed = small_desk.api.incident("OWN4")
    assert closed.stage is Stage.CLOSED
    assert closed.closed_at is not None
    at_rest(page)
    page.get_by_role("button", name="Reopen as “In progress”").click()
    page.get_by_role("dialog").get_by_role("button", name="Reopen", exact=True).click()
    expect(page.get_by_text("OWN4 is now “In progress”.")).to_be_visible()
    again = small_desk.api.incident("OWN4")
    assert (again.stage, again.reopen_count) == (Stage.IN_PROGRESS, 1)
    assert [event.by for event in small_desk.api.timeline("OWN4").events[-2:]] == ["Ada", "Ada"]
