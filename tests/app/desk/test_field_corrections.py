"""Correcting the fields of a ticket that is resolved or closed, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from kb.vocabulary.stage import Stage
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest, choose
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

FOUNTAIN = "the lobby fountain is dry"


@pytest.mark.parametrize("state", ["resolved", "closed"])
def test_a_corrected_category_of_a_finished_ticket_teaches_until_it_is_undone(
    small_desk: SmallDesk, page: Page, state: str
) -> None:
    number = f"WRONG-{state}"
    values = {"category": "VPN", "assignment_group": "Network", "location": "Paris", "resolution": "Opened the tap."}
    small_desk.api.put_incident(number, {"short_description": f"{FOUNTAIN} {state}", "state": state, **values})
    asked = {"short_description": f"{FOUNTAIN} {state}"}
    before = small_desk.api.suggest(asked).fields["category"]
    page.goto(f"{small_desk.address}/ticket?number={number}")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    expect(page.get_by_text(f"This ticket is “{state.capitalize()}”. What you change here corrects it")).to_be_visible()
    expect(page.get_by_role("combobox", name="Category")).to_have_value("VPN")
    expect(page.get_by_text("Location: Paris")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Ctrl"))).to_have_count(0)
    at_rest(page)
    choose(page, "Category", "Printing")
    expect(page.get_by_role("button", name=re.compile("^Correct category"))).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(f"Corrected {number}.")).to_be_visible()
    kept = small_desk.api.incident(number)
    assert (kept.category, kept.assignment_group, kept.resolution) == ("Printing", "Network", "Opened the tap.")
    assert kept.stage is Stage(state)
    assert small_desk.api.suggest(asked).fields["category"].value == "Printing"
    assert small_desk.api.timeline(number).events[-1].by == "Ada"
    at_rest(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    expect(page.get_by_role("combobox", name="Category")).to_have_value("VPN")
    after = small_desk.api.suggest(asked).fields["category"]
    assert (after.value, after.confidence) == (before.value, pytest.approx(before.confidence, abs=0.01))


def test_an_empty_field_of_a_finished_ticket_is_no_open_question(small_desk: SmallDesk, page: Page) -> None:
    small_desk.api.put_incident("WRONG-0", {"short_description": FOUNTAIN, "state": "closed", "category": "VPN"})
    page.goto(f"{small_desk.address}/ticket?number=WRONG-0")
    expect(page.get_by_role("combobox", name="Assignment group")).to_have_attribute("placeholder", "empty")
    expect(page.get_by_text("please choose")).to_have_count(0)
    at_rest(page)
    choose(page, "Category", "Printing")
    at_rest(page)
    back = page.get_by_role("button", name="undo icon")
    back.hover()
    expect(page.get_by_text("Leave Category as it is")).to_be_visible()
    back.click()
    expect(page.get_by_role("combobox", name="Category")).to_have_value("VPN")
    expect(page.get_by_role("button", name=re.compile("^Correct"))).to_have_count(0)
