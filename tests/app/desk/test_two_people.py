"""Two people at one desk: nobody's act is lost, and each sees what the other did without asking for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from kb.records.article import State
from kb.records.incident_event import EventKind
from kb.records.life_cycle import Role
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


@pytest.fixture
def other(page: Page) -> Iterator[Page]:
    """The page of a second person, in a browser of their own."""
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def visit(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your name").press("Tab")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    at_rest(page)


def log(small_desk: SmallDesk, number: str, **fields: str) -> str:
    text = "the printer on the second floor does not print number 8"
    small_desk.api.put_incident(number, {"short_description": text, "state": "new", **fields})
    return number


def test_both_keep_their_place_in_the_queue_and_see_what_the_other_did(
    small_desk: SmallDesk, page: Page, other: Page
) -> None:
    log(small_desk, "SURE-1")
    for person, name in ((page, "Ada"), (other, "Bo")):
        visit(person, f"{small_desk.address}/?ticket=SURE-1", name)
        expect(person.get_by_role("button", name="Accept and next")).to_be_enabled()
    order = [str(row.get_attribute("data-id")) for row in page.locator("tbody tr").all()]
    number = str(other.locator("tr[aria-selected=true]").get_attribute("data-id"))
    other.keyboard.press("a")
    expect(page.get_by_text("Every field is set.")).to_be_visible()
    expect(page.locator(f"tr[data-id='{number}']")).to_contain_text("Print Services")
    assert [row.get_attribute("data-id") for row in page.locator("tbody tr").all()] == order
    small_desk.api.put_incident("NEW-1", {"short_description": "the printer is on fire", "state": "new"})
    small_desk.api.put_incident(
        "NEW-2", {"short_description": "vpn is slow", "state": "new", "opened_at": "2026-01-05T08:00:00Z"}
    )
    small_desk.api.put_incident(number, {"short_description": "it went away", "state": "closed"})
    expect(page.locator(f"tr[data-id='{number}']")).to_contain_text("it went away")
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("tr[data-id=NEW-1]")).to_be_visible()
    expect(page.locator(f"tr[data-id='{number}']")).to_have_count(0)


def test_a_page_that_nobody_has_touched_shows_what_the_other_did(small_desk: SmallDesk, page: Page) -> None:
    number = log(small_desk, "BOTH-0")
    page.goto(f"{small_desk.address}/ticket?number={number}")
    at_rest(page)
    small_desk.api.put_incident(number, {"short_description": "it prints again", "state": "new"})
    expect(page.get_by_role("heading", level=1)).to_have_text("it prints again")


def test_an_entry_of_the_other_shows_on_the_timeline(small_desk: SmallDesk, page: Page) -> None:
    number = log(small_desk, "BOTH-9")
    visit(page, f"{small_desk.address}/ticket?number={number}", "Ada")
    page.get_by_text("Who did what, and when").click()
    expect(page.get_by_label("New entry")).to_be_visible()
    small_desk.api.note_event(number, EventKind.NOTED, by="Bo", note="the spare part is ordered")
    expect(page.get_by_text("the spare part is ordered")).to_be_visible()


def test_choices_of_two_people_on_one_ticket_are_both_kept(small_desk: SmallDesk, page: Page, other: Page) -> None:
    number = log(small_desk, "BOTH-1")
    for person, name in ((page, "Ada"), (other, "Bo")):
        visit(person, f"{small_desk.address}/ticket?number={number}", name)
    page.get_by_role("combobox", name="Category").click()
    page.keyboard.type("vpn")
    page.keyboard.press("Enter")
    expect(page.get_by_text("set by you", exact=True)).to_be_visible()
    changes = {"short_description": "it prints again", "assignment_group": "Network", "state": "new"}
    small_desk.api.put_incident(number, changes)
    for person in (page, other):
        expect(person.get_by_role("heading", level=1)).to_have_text("it prints again")
        expect(person.get_by_role("combobox", name="Assignment group")).to_have_value("Network")
    expect(page.get_by_role("combobox", name="Category")).to_have_value("VPN")
    expect(page.get_by_text("set by you", exact=True)).to_have_count(1)
    button = page.get_by_role("button", name="Save", exact=False)
    button.click()
    expect(page.get_by_text(f"Saved {number}.")).to_be_visible()
    kept = small_desk.api.incident(number)
    assert (kept.category, kept.assignment_group) == ("VPN", "Network")
    expect(other.get_by_role("combobox", name="Category")).to_have_value("VPN")


def test_a_move_on_the_board_shows_on_the_other_persons_board(small_desk: SmallDesk, page: Page, other: Page) -> None:
    number = log(small_desk, "BOTH-2", assignment_group="Network", state="assigned")
    for person, name in ((page, "Ada"), (other, "Bo")):
        visit(person, f"{small_desk.address}/board", name)
        expect(person.get_by_role("list", name="Assigned, All")).to_contain_text(number)
    page.get_by_label(f"Move {number}", exact=True).click()
    page.get_by_role("button", name=f"{number}: In progress").click()
    for person in (page, other):
        expect(person.get_by_role("list", name="In progress, All")).to_contain_text(number)


def test_what_the_other_does_closes_no_dialog_and_shows_once_it_is_closed(
    small_desk: SmallDesk, page: Page, other: Page
) -> None:
    number = log(small_desk, "BOTH-3")
    visit(page, f"{small_desk.address}/ticket?number={number}", "Ada")
    page.get_by_role("button", name="Why?").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    visit(other, f"{small_desk.address}/ticket?number={number}", "Bo")
    small_desk.api.put_incident(number, {"short_description": "it prints again", "state": "new"})
    expect(other.get_by_role("heading", level=1)).to_have_text("it prints again")
    page.wait_for_timeout(6000)  # two looks of the page at what others did
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("it prints again")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_note_that_is_being_written_stays_while_the_ticket_moves_on(
    small_desk: SmallDesk, page: Page, other: Page
) -> None:
    number = log(small_desk, "BOTH-4")
    visit(page, f"{small_desk.address}/ticket?number={number}", "Ada")
    page.get_by_text("Who did what, and when").click()
    note = page.get_by_label("New entry")
    note.press_sequentially("asked for")
    visit(other, f"{small_desk.address}/ticket?number={number}", "Bo")
    other.get_by_role("button", name="To “Waiting”").click()
    expect(page.get_by_role("button", name="To “Waiting”")).to_have_count(0)
    page.keyboard.type(" the")
    expect(note).to_have_value("asked for the")
    at_rest(page)
    page.get_by_role("button", name="To “In progress”").click()
    expect(page.get_by_text(f"{number} is now “In progress”.")).to_be_visible()
    at_rest(page)
    if not note.is_visible():
        page.get_by_text("Who did what, and when").click()
    expect(note).to_have_value("asked for the")
    note.press("End")
    page.keyboard.type(" model")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Added to the timeline.")).to_be_visible()
    assert small_desk.api.timeline(number).events[-1].text == "Asked for the model"
    for _ in range(2):
        at_rest(page)
        expect(note).to_have_value("")
        page.reload()


def test_two_people_edit_validate_and_flag_one_article_and_each_sees_the_others_act(
    small_desk: SmallDesk, page: Page, other: Page
) -> None:
    api = small_desk.api
    article = {"id": "KB7", "title": "The plotter is slow", "issue": "It is slow.", "resolution": "Wait."}
    api.post_article({**article, "state": "not_validated"})
    for name in ("Ada", "Bo"):
        api.give_role(name, Role.PUBLISHER)
    for person, name in ((page, "Ada"), (other, "Bo")):
        visit(person, f"{small_desk.address}/articles?article=KB7", name)
    page.get_by_role("button", name="Edit", exact=False).first.click()
    cause = page.get_by_role("textbox", name="Cause", exact=True)
    cause.fill("A worn belt.")
    expect(page.get_by_text("Not saved yet: Cause")).to_be_visible()

    other.get_by_text("Flags and use", exact=True).click()
    expect(other.get_by_text("Nobody found anything wrong.")).to_be_visible()
    at_rest(other)
    other.get_by_role("button", name="Validate").click()
    expect(other.get_by_text("Validate: article KB7.")).to_be_visible()
    expect(cause).to_have_value("A worn belt.")
    at_rest(page)
    page.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.get_by_text("Article KB7 saved.")).to_be_visible()
    saved = api.article("KB7")
    assert (saved.cause, saved.state) == ("A worn belt.", State.VALIDATED)
    expect(page.get_by_text("Validated", exact=True).first).to_be_visible()
    at_rest(page)

    other.get_by_label("Comment").fill("The menu moved.")
    at_rest(other)
    page.get_by_text("Flags and use", exact=True).click()
    page.get_by_label("Comment").fill("The link is dead.")
    page.get_by_label("Comment").press("Tab")
    expect(page.get_by_text("Nobody found anything wrong.")).to_be_visible()
    at_rest(page)
    other.get_by_role("button", name="Flag", exact=True).click()
    expect(other.get_by_text("Flagged KB7.")).to_be_visible()
    expect(page.get_by_text("The menu moved.")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("The link is dead.")
    at_rest(page)
    page.get_by_role("button", name="Flag", exact=True).click()
    expect(page.get_by_text("Flagged KB7.")).to_be_visible()
    expect(other.get_by_text("The link is dead.")).to_be_visible()
    assert {(flag.comment, flag.by) for flag in api.flags("KB7").flags} == {
        ("The menu moved.", "Bo"),
        ("The link is dead.", "Ada"),
    }
    other.get_by_text("Read", exact=True).click()
    expect(other.get_by_text("A worn belt.")).to_be_visible()
    at_rest(other)
    api.patch_article("KB7", {"cause": "A torn belt.", "by": "Ada"})
    expect(other.get_by_text("A torn belt.")).to_be_visible()
