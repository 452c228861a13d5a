"""The jobs that people come to the desk for, with the clicks and keys that they take."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from kb.records.article import Audience, State
from kb.records.life_cycle import Role
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

PRINTER = "the printer on the second floor does not print number 7"


@dataclass
class Hands:
    """What a person did: clicks, and keys besides the text."""

    page: Page
    clicks: int = 0
    keys: int = 0

    def click(self, place: Locator) -> None:
        place.click()
        self.clicks += 1

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1


@pytest.fixture
def hands(page: Page) -> Hands:
    return Hands(page)


def begin(hands: Hands, small_desk: SmallDesk) -> str:
    """Write a ticket, wait for what is suggested, and return its number."""
    page = hands.page
    page.goto(f"{small_desk.address}/new")
    page.get_by_label("Short description").press_sequentially(PRINTER, delay=5)
    expect(page.get_by_role("combobox", name="Category")).to_have_value("Printing")
    at_rest(page)
    found = re.search(r"draft=([^&]+)", page.url)
    assert found is not None
    return found[1]


def log_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^(Check|Log)"))


def test_a_typical_ticket_is_logged_with_two_clicks_at_most(small_desk: SmallDesk, hands: Hands) -> None:
    number = begin(hands, small_desk)
    if log_button(hands.page).inner_text().startswith("Check"):
        hands.click(log_button(hands.page))
        expect(log_button(hands.page)).to_have_text(re.compile("^Log"))
    hands.click(log_button(hands.page))
    expect(hands.page.get_by_text("Logged.")).to_be_visible()
    assert small_desk.api.incident(number).category == "Printing"
    assert hands.clicks <= 2


def test_a_typical_ticket_is_logged_by_keyboard_alone(small_desk: SmallDesk, hands: Hands) -> None:
    number = begin(hands, small_desk)
    if log_button(hands.page).inner_text().startswith("Check"):
        hands.press("Control+Enter")
        expect(log_button(hands.page)).to_have_text(re.compile("^Log"))
    hands.press("Control+Enter")
    expect(hands.page.get_by_text("Logged.")).to_be_visible()
    assert small_desk.api.incident(number).category == "Printing"
    assert (hands.clicks, hands.keys) <= (0, 2)


def test_a_correction_takes_five_keys_or_two_clicks(small_desk: SmallDesk, hands: Hands) -> None:
    page = hands.page
    begin(hands, small_desk)
    page.get_by_label("Description", exact=True).focus()
    hands.press("Tab", "v", "p", "n", "Enter")
    expect(page.get_by_text("set by you", exact=True)).to_have_count(1)
    expect(page.get_by_role("combobox", name="Category")).to_have_value("VPN")
    assert hands.keys <= 5
    at_rest(page)
    hands.click(page.get_by_role("combobox", name="Assignment group"))
    hands.click(page.get_by_role("option", name="Network"))
    expect(page.get_by_text("set by you", exact=True)).to_have_count(2)
    expect(page.get_by_role("combobox", name="Assignment group")).to_have_value("Network")
    assert hands.clicks <= 2


def test_five_tickets_of_the_queue_are_triaged_with_fifteen_keys(small_desk: SmallDesk, hands: Hands) -> None:
    page = hands.page
    page.goto(small_desk.address)
    done = list[str]()
    while len(done) < 5:
        expect(page.locator("tr[aria-selected=true]")).to_have_count(1)
        at_rest(page)
        number = str(page.locator("tr[aria-selected=true]").get_attribute("data-id"))
        while page.get_by_text("press 1, 2 or 3").count():
            hands.press("1")
            at_rest(page)
        hands.press("a")
        expect(page.locator(f"tr[data-id={number}]").get_by_text("done")).to_be_visible()
        done.append(number)
    assert len(set(done)) == 5
    for number in done:
        kept = small_desk.api.incident(number)
        assert (kept.category, kept.assignment_group) in {("Printing", "Print Services"), ("VPN", "Network")}
    assert (hands.clicks, hands.keys) <= (0, 15)


def test_an_article_is_edited_validated_and_published_with_eight_clicks(small_desk: SmallDesk, hands: Hands) -> None:
    page, api = hands.page, small_desk.api
    text = {"issue": "Nothing comes out.", "resolution": "Turn it off and on again.", "state": "not_validated"}
    api.post_article({"id": "KB7", "title": "The scanner hums", **text})
    api.give_role("Pia", Role.PUBLISHER)
    page.goto(f"{small_desk.address}/articles")
    page.get_by_label("Your name").fill("Pia")
    page.get_by_label("Your name").press("Tab")
    at_rest(page)
    hands.click(page.locator("tr[data-id=KB7]"))
    hands.click(page.get_by_role("button", name="Edit").first)
    page.get_by_label("Resolution").fill("Turn it off, wait a minute, turn it on.")
    at_rest(page)
    hands.click(page.get_by_role("button", name="Save").first)
    expect(page.get_by_text("Article KB7 saved.")).to_be_visible()
    for name in ("Validate", "Publish to customers"):
        at_rest(page)
        hands.click(page.get_by_role("button", name=re.compile(name)).first)
        expect(page.get_by_text(f"{name}: article KB7.")).to_be_visible()
    kept = api.article("KB7")
    assert (kept.state, kept.audience) == (State.VALIDATED, Audience.CUSTOMERS)
    assert kept.resolution == "Turn it off, wait a minute, turn it on."
    assert hands.clicks <= 8
