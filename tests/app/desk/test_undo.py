"""Undo at the desk: offered again after a reload, and pressed again where the answer was lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.desk import undo
from app.desk.undo import undo_acts
from kb.records.act import UndoError
from kb.vocabulary.stage import Stage
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest, choose
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


def log(page: Page, small_desk: SmallDesk, text: str) -> str:
    """Log a ticket as Ada and return its number."""
    page.goto(f"{small_desk.address}/new")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    page.get_by_label("Short description").press_sequentially(text, delay=5)
    expect(page.get_by_role("combobox", name="Category")).to_be_visible()
    number = page.url.split("draft=")[1]
    at_rest(page)
    button = page.get_by_role("button", name=re.compile("Ctrl"))
    if button.inner_text().startswith("Check"):
        button.click()
        expect(button).to_have_text(re.compile("^Log"))
        at_rest(page)
    button.click()
    expect(page.get_by_text("Logged.")).to_be_visible()
    return number


@pytest.fixture
def tabs(page: Page) -> Iterator[tuple[Page, Page]]:
    """Two tabs of one browser."""
    assert page.context.browser is not None
    with page.context.browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        yield context.new_page(), context.new_page()


def test_undo_is_offered_after_a_reload_and_in_another_tab_and_done_once(
    small_desk: SmallDesk, tabs: tuple[Page, Page]
) -> None:
    page, tab = tabs
    number = log(page, small_desk, "the roof garden door squeaks")
    page.goto(f"{small_desk.address}/board")
    page.reload()
    expect(page.get_by_text("Logged.")).to_be_visible()
    tab.goto(f"{small_desk.address}/board")
    undo_there = tab.get_by_role("button", name="Undo")
    expect(undo_there).to_be_visible()
    at_rest(page)
    page.keyboard.press("u")
    expect(page.get_by_text("Undone: the ticket is cancelled, and its corrections teach nothing.")).to_be_visible()
    assert small_desk.api.incident(number).stage is Stage.CANCELLED
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    at_rest(page)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(undo_there).to_have_count(0)
    expect(tab.get_by_text("Not undone")).to_have_count(0)


def test_what_was_hidden_and_what_another_visitor_did_is_not_offered(small_desk: SmallDesk, page: Page) -> None:
    log(page, small_desk, "the roof garden gate squeaks")
    page.get_by_label("Your name").fill("Bo")
    page.get_by_label("Your name").press("Tab")
    at_rest(page)
    page.goto(f"{small_desk.address}/board")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    at_rest(page)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    at_rest(page)
    page.reload()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    at_rest(page)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_an_act_that_was_overtaken_stays_and_the_desk_says_by_whom(small_desk: SmallDesk, page: Page) -> None:
    number = log(page, small_desk, "the roof garden bench squeaks")
    small_desk.api.act([{"number": number, "act": "set", "fields": {"assigned_to": "Cy"}}], by="cy")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Not undone: assigned to has been changed since .*cy"))).to_be_visible()
    assert small_desk.api.incident(number).stage is Stage.NEW


def test_acts_of_which_some_were_undone_before_the_answer_was_lost_are_undone(
    small_desk: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = [{"number": number, "act": "set", "fields": {"location": "Roof"}} for number in ("OPEN0", "OPEN1")]
    ids = [str(one.undo) for one in small_desk.api.act(acts, by="Ada").results]
    small_desk.api.undo(ids[0], by="Ada")
    monkeypatch.setattr(undo, "service", lambda: small_desk.api)
    monkeypatch.setattr(undo, "person", lambda: "Bo")
    with pytest.raises(UndoError, match="by Ada"):
        undo_acts(ids)
    monkeypatch.setattr(undo, "person", lambda: "Ada")
    undo_acts(ids)
    assert [small_desk.api.incident(number).location for number in ("OPEN0", "OPEN1")] == [None, None]


def api_events(small_desk: SmallDesk, number: str) -> list[str]:
    return [one.text for one in small_desk.api.timeline(number).events if one.source == "api"]


def test_a_note_is_taken_back_by_another_one(small_desk: SmallDesk, page: Page) -> None:
    page.goto(f"{small_desk.address}/ticket?number=OPEN3")
    page.get_by_text("Who did what, and when").click()
    page.get_by_label("New entry").fill("the spare part is ordered")
    at_rest(page)
    page.get_by_role("button", name="Add entry").click()
    expect(page.get_by_text("Added to the timeline.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: the timeline says that the note is taken back.")).to_be_visible()
    assert [text.casefold() for text in api_events(small_desk, "OPEN3")][-2:] == [
        "the spare part is ordered",
        "taken back: the spare part is ordered",
    ]


def test_an_entry_that_clocks_follow_asks_once(small_desk: SmallDesk, page: Page) -> None:
    page.goto(f"{small_desk.address}/ticket?number=OPEN5")
    page.get_by_text("Who did what, and when").click()
    choose(page, "What happened", "The caller got an answer")
    page.get_by_role("button", name="Add entry").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Clocks and notifications follow this entry.")).to_be_visible()
    before = api_events(small_desk, "OPEN5")
    dialog.get_by_role("button", name="Add entry").click()
    expect(page.get_by_text("Added to the timeline.")).to_be_visible()
    assert len(api_events(small_desk, "OPEN5")) == len(before) + 1
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
