"""Security incidents as an agent meets them in a browser."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from kb.vocabulary.stage import Stage
from tests.app.desk.conftest import SmallDesk
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

STOLEN = "my laptop was stolen from the train yesterday"
PAGES = ("", "articles", "tasks", "coverage", "results", "quality", "people", "values", "models", "board", "major")


def sign_as(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your name").press("Tab")


def test_a_ticket_is_restricted_from_its_banner_and_seen_by_those_who_are_named(
    small_desk: SmallDesk, page: Page
) -> None:
    small_desk.api.put_incident("SEC1", {"short_description": STOLEN, "caller": "Bo Berg", "state": "new"})
    address = f"{small_desk.address}/ticket?number=SEC1"
    page.goto(address)
    sign_as(page, "Sara Lead")
    expect(page.get_by_text("This may be a security incident: Lost or stolen device.")).to_be_visible()
    expect(page.get_by_text("Have it locked or wiped remotely")).to_be_visible()
    page.get_by_role("button", name="Restrict ticket").click()
    page.get_by_role("button", name="Restrict", exact=True).click()
    expect(page.get_by_text("Only these see it: Sara Lead")).to_be_visible()
    (*_, clock) = small_desk.api.security_incident("SEC1", person="Sara Lead").clocks
    page.get_by_text("Why the clocks stand there").click()
    expect(page.get_by_text(clock.explanation[0].reason).first).to_be_visible()
    page.goto(small_desk.address)
    expect(page.get_by_text("Restricted, TLP:AMBER")).to_be_visible()
    sign_as(page, "Somebody Else")
    expect(page.get_by_text("Restricted, TLP:AMBER")).to_have_count(0)
    page.goto(address)
    expect(page.get_by_text("There is no ticket SEC1 here.")).to_be_visible()
    for name in PAGES:
        page.goto(f"{small_desk.address}/{name}?text={quote('laptop')}")
        expect(page.get_by_label("Your name")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert STOLEN not in page.content(), name


def test_a_restricted_ticket_shows_as_soon_as_its_reader_has_said_who_they_are(
    small_desk: SmallDesk, page: Page
) -> None:
    small_desk.api.put_incident("SEC7", {"short_description": STOLEN, "state": "new"})
    small_desk.api.restrict("SEC7", person="Sara Lead", kind="lost_device")
    page.goto(f"{small_desk.address}/ticket?number=SEC7")
    expect(page.get_by_text("There is no ticket SEC7 here.")).to_be_visible()
    page.get_by_label("Your name").fill("Sara Lead")
    page.get_by_label("Your name").press("Enter")
    expect(page.get_by_text("Only these see it: Sara Lead")).to_be_visible(timeout=30_000)


def test_work_on_a_restricted_ticket_ends_once_that_is_confirmed_and_other_moves_have_undo(
    small_desk: SmallDesk, page: Page
) -> None:
    small_desk.api.put_incident("SEC8", {"short_description": STOLEN, "state": "assigned", "assignment_group": "VPN"})
    small_desk.api.restrict("SEC8", person="Sara Lead", kind="lost_device")
    page.goto(f"{small_desk.address}/ticket?number=SEC8")
    page.get_by_label("Your name").fill("Sara Lead")
    page.get_by_label("Your name").press("Enter")
    page.get_by_role("button", name="To “In progress”").click()
    expect(page.get_by_text("SEC8 is now “In progress”.")).to_be_visible()
    page.get_by_role("button", name="To “Cancelled”").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What was done, or why").fill("found on the train")
    dialog.get_by_label("What was done, or why").press("Tab")
    assert small_desk.api.security_incident("SEC8", person="Sara Lead").incident.stage is Stage.IN_PROGRESS
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_text("SEC8 is now “Cancelled”.")).to_be_visible()
    found = small_desk.api.security_incident("SEC8", person="Sara Lead")
    assert found.incident.stage is Stage.CANCELLED
    assert "found on the train" in [event.after.get("note") for event in found.timeline]
