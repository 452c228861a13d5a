"""The queue, as an agent works through it by keyboard in a browser."""

from __future__ import annotations

import random
import re

import pytest
from playwright.sync_api import Page, Request, expect

from kb.vocabulary.stage import Stage
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

HOSTILE = (
    "<b>gateway</b> <img src='http://203.0.113.9/x.png' onerror='alert(1)'> "
    "**bold** [click](http://203.0.113.9) :red[x] $x^2$"
)


def opened(page: Page) -> str:
    row = page.locator("tr[aria-selected=true]")
    expect(row).to_have_count(1)
    return str(row.get_attribute("data-id"))


def show(page: Page, small_desk: SmallDesk, address: str = "") -> None:
    page.goto(f"{small_desk.address}/{address}")
    expect(page.get_by_role("grid", name="Open tickets")).to_be_visible()
    expect(page.get_by_role("button", name="Accept and next")).to_be_visible()


def test_tickets_that_are_opened_quickly_keep_what_is_suggested(small_desk: SmallDesk, page: Page) -> None:
    """The browser forgets the fields of a ticket that it leaves, and may say so when the ticket is open again."""
    chance = random.Random(3)
    listed = small_desk.api.queue().incidents
    numbers = [one.incident.number for one in listed if any(view.value for view in one.fields.values())]
    assert len(numbers) > 2
    for turn in range(15):
        show(page, small_desk)
        opened_ones = [*chance.choices([*numbers, "j", "k"], k=3), chance.choice(numbers)]
        for one in opened_ones:
            if one in numbers:
                page.locator(f"tr[data-id={one}]").click()
            else:
                page.keyboard.press(one)
            page.wait_for_timeout(chance.choice([0, 30, 80, 150, 250, 400]))
        at_rest(page)
        assert page.get_by_role("button", name="undo icon").count() == 0, (turn, opened_ones)
        expect(page.get_by_role("button", name="Accept and next")).to_be_enabled()


def test_keys_move_through_the_queue_and_decide(small_desk: SmallDesk, page: Page) -> None:
    show(page, small_desk)
    first = opened(page)
    page.keyboard.press("j")
    expect(page.locator("tr[aria-selected=true]")).not_to_have_attribute("data-id", first)
    page.keyboard.press("k")
    expect(page.locator("tr[aria-selected=true]")).to_have_attribute("data-id", first)
    listed = small_desk.api.queue().incidents
    sure = next(one for one in listed if any(view.value for view in one.fields.values()))
    number = sure.incident.number
    page.locator(f"tr[data-id={number}]").click()
    expect(page.locator("tr[aria-selected=true]")).to_have_attribute("data-id", number)
    expect(page.get_by_role("link", name=number).first).to_be_visible()
    at_rest(page)  # a key acts on no ticket that is still being drawn
    page.keyboard.press("a")
    expect(page.locator(f"tr[data-id={number}]").get_by_text("done")).to_be_visible()
    kept = small_desk.api.incident(number)
    for name, view in sure.fields.items():
        if view.value is not None:
            assert getattr(kept, name) == view.value


@pytest.mark.parametrize("address", ["", "queue"])
def test_filters_stand_in_the_address_and_slash_goes_to_the_search(
    small_desk: SmallDesk, page: Page, address: str
) -> None:
    show(page, small_desk, f"{address}?text=printer")
    expect(page.get_by_text("Page not found")).to_have_count(0)
    texts = page.locator("tbody tr").all_inner_texts()
    assert texts
    assert all("printer" in text for text in texts)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.type("home")
    expect(page.locator("tbody tr").first).to_contain_text("home")
    expect(page).to_have_url(re.compile("text=home"))


def test_what_is_sure_on_many_tickets_is_accepted_after_a_summary(small_desk: SmallDesk, page: Page) -> None:
    show(page, small_desk)
    listed = small_desk.api.queue().incidents
    sure = [one for one in listed if any(view.decision == "automatic" for view in one.fields.values())][:2]
    for one in sure:
        page.get_by_role("checkbox", name=one.incident.number).check()
    page.get_by_role("button", name="Accept what is sure on 2 tickets").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(sure[0].incident.number)).to_be_visible()
    dialog.get_by_role("button", name="Accept").click()
    expect(page.get_by_text(re.compile("^Accepted"))).to_be_visible()
    for one in sure:
        assert small_desk.api.incident(one.incident.number).category == one.fields["category"].value
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    for one in sure:
        assert small_desk.api.incident(one.incident.number).category is None


def test_hostile_text_is_shown_as_text_and_no_request_leaves(small_desk: SmallDesk, page: Page) -> None:
    outside, dialogs = list[str](), list[str]()

    def watch(request: Request) -> None:
        if "203.0.113.9" in request.url:
            outside.append(request.url)

    page.on("request", watch)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    body = {"short_description": HOSTILE, "description": HOSTILE, "category": HOSTILE, "resolution": HOSTILE}
    small_desk.api.put_incident("HOSTILE-1", body)
    small_desk.api.put_incident("HOSTILE-2", {"short_description": HOSTILE, "description": HOSTILE, "state": "new"})
    show(page, small_desk, "?text=gateway")
    expect(page.locator("tbody").get_by_text("<b>gateway</b>").first).to_be_visible()
    expect(page.locator("h2", has_text="**bold**").first).to_be_visible()
    page.goto(f"{small_desk.address}/new")
    page.get_by_label("Short description").fill(HOSTILE)
    expect(page.locator(".t-head", has_text="<b>gateway</b>").first).to_be_visible()
    assert page.locator("img[src*='203.0.113.9'], a[href*='203.0.113.9']").count() == 0
    assert (outside, dialogs) == ([], [])


def test_the_address_of_a_view_is_the_same_in_every_language(small_desk: SmallDesk, page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    german = browser.new_context(locale="de-DE").new_page()
    german.goto(small_desk.address)
    german.get_by_role("radio", name="Nicht zugewiesen").click()
    expect(german).to_have_url(re.compile(r"[?&]view=unassigned"))
    show(page, small_desk, german.url.rsplit("/", 1)[1])
    expect(page.get_by_role("radio", name="Unassigned")).to_be_checked()
    expect(page).to_have_url(re.compile(r"[?&]view=unassigned"))


def test_a_ticket_that_does_not_say_enough_waits_for_its_caller_or_is_none(small_desk: SmallDesk, page: Page) -> None:
    small_desk.api.put_incident("VAGUE-1", {"short_description": "I need help", "state": "new", "caller": "Ada"})
    show(page, small_desk, "?ticket=VAGUE-1&text=help")
    for name, stage in (("Wait for the caller", Stage.WAITING), ("Not a ticket", Stage.CANCELLED)):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("status").get_by_text("VAGUE-1 is now")).to_be_visible()
        assert small_desk.api.incident("VAGUE-1").stage is stage
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text(re.compile("^Undone: VAGUE-1"))).to_be_visible()
        assert small_desk.api.incident("VAGUE-1").stage is Stage.NEW
        at_rest(page)
