"""The room of a major incident, as those who work on it see it in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.client import Client
from app.composition import open_services
from app.room_client import RoomClient
from app.services.major_incidents import decide_major
from kb.records.errors import EditConflictError
from kb.records.incident import Incident
from kb.records.major_incident import MajorDecision
from kb.records.major_room import RoomState
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest, desk_of
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

NUMBERS = ("IN1", "IN2", "IN3")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    home: Path = tmp_path_factory.mktemp("rooms") / "home"
    now = datetime.now(UTC)
    with open_services(home) as services:
        reports = [
            Incident(number, f"vpn does not connect {number}", state="new", opened_at=now - timedelta(minutes=9))
            for number in NUMBERS
        ]
        services.store.put_incidents(reports)
        services.major_proposals.join(NUMBERS, now)
        decide_major(services, "IN1", MajorDecision.ACCEPTED, by="ann")
        services.store.put_incidents([Incident("IN9", "mail is slow", state="new", opened_at=now)])
        services.major_proposals.join(["IN9"], now)
    with desk_of(home) as (address, api), Client(api) as client:
        yield SmallDesk(address, client)


def test_an_accepted_one_is_merged_into_another_accepted_one_only(desk: SmallDesk, page: Page) -> None:
    page.goto(f"{desk.address}/major?id=IN1")
    page.get_by_role("button", name="Merge", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("or confirm the other one first.")).to_be_visible()
    expect(dialog.get_by_label("Merge into")).to_have_count(0)


def test_a_room_is_led_told_of_and_resolved_from_its_page(desk: SmallDesk, page: Page) -> None:
    room = desk.api.major("IN1")
    page.goto(f"{desk.address}/major?id=IN1")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    expect(page.get_by_role("heading", name="Roles")).to_be_visible()
    page.get_by_role("button", name="Hand over", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Who takes over").fill("Bo <b>Berg</b>")
    dialog.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_text("led by Bo <b>Berg</b>")).to_be_visible()
    assert room.room().roles[0].person == "Bo <b>Berg</b>"
    page.get_by_role("button", name="Done", exact=True).first.click()
    expect(page.get_by_text("Done: Name the manager and the team.")).to_be_visible()
    assert room.room().tasks[0].done_by == "Ada"
    page.get_by_role("radio", name="Messages").click()
    page.get_by_role("button", name="Message: users").click()
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.get_by_text("Sent to users.")).to_be_visible()
    expect(page.get_by_text("The next update is due at")).to_be_visible()
    page.get_by_role("radio", name="Children").click()
    page.get_by_role("button", name="Take out").first.click()
    expect(page.get_by_text("does not belong to it.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="2 children")).to_be_visible()
    page.get_by_role("button", name="Resolve with all reports").click()
    page.get_by_role("dialog").get_by_label("Resolution").fill("Gateway restarted.")
    page.get_by_role("dialog").get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_text("Resolved IN1 with 3 reports.")).to_be_visible()
    assert room.room().state is RoomState.RESOLVED
    assert {desk.api.incident(number).stage for number in NUMBERS} == {"resolved"}


def declare(desk: SmallDesk, number: str) -> RoomClient:
    desk.api.put_incident(number, {"short_description": f"telephones are dead {number}", "state": "new"})
    desk.api.declare_major(number, by="ann")
    return desk.api.major(number)


def visit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    at_rest(page)


def test_an_entry_that_is_being_written_stays_while_others_add_theirs_and_in_its_room(
    desk: SmallDesk, page: Page
) -> None:
    room, address = declare(desk, "IN20"), f"{desk.address}/major?id=IN20&room=timeline"
    declare(desk, "IN21")
    visit(page, address)
    entry = page.get_by_label("New entry")
    entry.press_sequentially("called the")
    room.add_entry("The provider is told.", by="Bo")
    page.get_by_role("radio", name="Work", exact=True).click()
    expect(page.get_by_role("heading", name="Roles")).to_be_visible()
    page.get_by_role("radio", name="Timeline").click()
    expect(page.get_by_text("The provider is told.")).to_be_visible()
    expect(entry).to_have_value("called the")
    visit(page, address.replace("IN20", "IN21"))
    expect(entry).to_have_value("")
    visit(page, address)
    entry.press("End")
    page.keyboard.type(" provider again")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Added to the timeline.")).to_be_visible()
    assert room.timeline().entries[-1].text == "called the provider again"
    at_rest(page)
    expect(entry).to_have_value("")


def test_a_note_of_a_hand_over_is_handed_in_with_it(desk: SmallDesk, page: Page) -> None:
    room = declare(desk, "IN22")
    declare(desk, "IN23")
    visit(page, f"{desk.address}/major?id=IN22")
    hand_over = page.get_by_role("button", name="Hand over", exact=True)
    note = page.get_by_role("dialog").get_by_label("Note")
    hand_over.first.click()
    page.get_by_role("dialog").get_by_label("Who takes over").fill("Bo")
    note.fill("my shift ends")
    page.get_by_role("dialog").get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_text("led by Bo")).to_be_visible()
    assert room.room().roles[0].history[-1].note == "my shift ends"
    for number in ("IN22", "IN23"):
        visit(page, f"{desk.address}/major?id={number}")
        hand_over.first.click()
        expect(note).to_have_value("")
        page.keyboard.press("Escape")


def test_nobody_overwrites_unseen_what_others_save_in_the_record(desk: SmallDesk, page: Page) -> None:
    room = declare(desk, "IN24")
    visit(page, f"{desk.address}/major?id=IN24")
    workaround, resources = (page.get_by_role("textbox", name=name) for name in ("Workaround", "Other resources"))
    save = page.get_by_role("button", name="Save record")
    workaround.fill("Use the web mail.")
    save.click()
    expect(page.get_by_text("Saved the record of IN24.")).to_be_visible()
    at_rest(page)
    room.describe(workaround="Use the telephone.", by="Bo")
    expect(workaround).to_have_value("Use the telephone.")
    page.reload()
    expect(workaround).to_have_value("Use the telephone.")
    at_rest(page)
    resources.fill("A second gateway.")
    workaround.fill("Use a mobile telephone.")
    at_rest(page)
    room.describe(workaround="Send a fax.", investigation="Logs.", by="Bo")
    expect(page.get_by_text("Someone else saved “Workaround” meanwhile.")).to_be_visible()
    expect(save).to_be_disabled()
    expect(workaround).to_have_value("Use a mobile telephone.")
    page.get_by_role("button", name="Take what was saved").click()
    expect(workaround).to_have_value("Send a fax.")
    at_rest(page)
    workaround.fill("Send a letter.")
    at_rest(page)
    room.describe(workaround="Send a pigeon.", by="Bo")
    page.get_by_role("button", name="Keep yours").click()
    expect(save).to_be_enabled()
    expect(workaround).to_have_value("Send a letter.")
    at_rest(page)
    save.click()
    expect(page.get_by_text("Someone else saved")).to_have_count(0)
    at_rest(page)
    kept = room.room()
    assert (kept.workaround, kept.investigation, kept.resources) == ("Send a letter.", "Logs.", "A second gateway.")
    page.get_by_role("button", name="Undo").click()
    expect(workaround).to_have_value("Send a pigeon.")
    expect(resources).to_have_value("")


def test_what_is_being_typed_while_others_save_the_same_text_is_asked_about(desk: SmallDesk, page: Page) -> None:
    room = declare(desk, "IN26")
    visit(page, f"{desk.address}/major?id=IN26")
    workaround = page.get_by_role("textbox", name="Workaround")
    workaround.click()
    page.keyboard.type("Use")
    room.describe(workaround="Send a fax.", by="Bo")
    for _ in range(40):  # without a pause, for longer than the page takes to see what others did
        page.keyboard.type(" it", delay=40)
    expect(workaround).to_have_value(f"Use{' it' * 40}")
    expect(page.get_by_text("Someone else saved “Workaround” meanwhile.")).to_be_visible()
    expect(workaround).to_have_value(f"Use{' it' * 40}")
    expect(workaround).to_be_focused()


def test_who_writes_the_review_keeps_what_others_save_in_other_parts(desk: SmallDesk, page: Page) -> None:
    room = declare(desk, "IN25")
    room.resolve("Gateway restarted.", by="Bo")
    visit(page, f"{desk.address}/major?id=IN25&room=review")
    page.get_by_role("textbox", name="Summary").press_sequentially("The gateway")
    room.write_review(cause="Its power supply.", by="Bo")
    page.keyboard.type(" failed.")
    expect(page.get_by_role("textbox", name="Cause")).to_have_value("Its power supply.")
    expect(page.get_by_role("textbox", name="Summary")).to_have_value("The gateway failed.")
    page.get_by_role("button", name="Save review").click()
    expect(page.get_by_text("Saved the review of IN25.")).to_be_visible()
    text = room.review().text
    assert (text.summary, text.cause) == ("The gateway failed.", "Its power supply.")


def test_what_is_added_to_a_room_is_taken_back_unless_others_changed_it(desk: SmallDesk, page: Page) -> None:
    room = declare(desk, "IN27")
    desk.api.put_incident("IN28", {"short_description": "mail is slow", "state": "new"})
    undo = page.get_by_role("button", name="Undo")
    before = len(room.room().tasks)
    visit(page, f"{desk.address}/major?id=IN27")
    for title in ("Call the provider", "Call them again"):
        page.get_by_label("New task").fill(title)
        page.get_by_role("button", name="Add task").click()
        expect(page.get_by_text(f"New task: {title}.")).to_be_visible()
        if title == "Call the provider":
            undo.click()
            expect(page.get_by_text("Undone: “New task: Call the provider.”")).to_be_visible()
            at_rest(page)
    (kept,) = room.room().tasks[before:]
    room.change_task(kept.id, done=True, by="Bo")
    undo.click()
    expect(page.get_by_text("Not undone: task has been changed since.")).to_be_visible()
    page.get_by_role("radio", name="Children").click()
    page.get_by_label("Numbers of incidents to link").fill("IN28")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_text("Linked 1 incident.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 child")).to_be_visible()
    undo.click()
    expect(page.get_by_role("heading", name="0 children")).to_be_visible()
    page.get_by_role("radio", name="Timeline").click()
    page.get_by_label("New entry").fill("The provider is told.")
    page.get_by_role("button", name="Add entry").click()
    expect(page.get_by_text("Added to the timeline.")).to_be_visible()
    undo.click()
    expect(page.get_by_text("Undone: the entry is hidden. Nothing on a timeline is deleted.")).to_be_visible()
    assert "The provider is told." not in [one.text for one in room.timeline().entries]
    assert "The provider is told." in [one.text for one in room.timeline(hidden=True).entries]


def test_a_review_is_put_back_unless_others_saved_since_and_done_asks_once(desk: SmallDesk, page: Page) -> None:
    room = declare(desk, "IN29")
    room.resolve("Gateway restarted.", by="Bo")
    room.write_review(summary="A gateway.", by="Bo")
    visit(page, f"{desk.address}/major?id=IN29&room=review")
    summary, undo = page.get_by_role("textbox", name="Summary"), page.get_by_role("button", name="Undo")
    save = page.get_by_role("button", name="Save review")
    for text in ("The gateway.", "The old gateway."):
        summary.fill(text)
        at_rest(page)
        save.click()
        expect(page.get_by_text("Saved the review of IN29.")).to_be_visible()
        at_rest(page)
        if text == "The gateway.":
            undo.click()
            expect(summary).to_have_value("A gateway.")
            at_rest(page)
    room.write_review(summary="The new gateway.", by="Bo")
    undo.click()
    expect(page.get_by_text("Not undone: review has been changed since.")).to_be_visible()
    assert room.review().text.summary == "The new gateway."
    at_rest(page)
    page.get_by_role("button", name="Save, and review is done").click()
    expect(page.get_by_role("dialog").get_by_text("IN29 counts as reviewed from now on.")).to_be_visible()
    assert room.room().state is RoomState.RESOLVED
    page.get_by_role("dialog").get_by_role("button", name="Save, and review is done").click()
    expect(page.get_by_role("button", name="Close major incident")).to_be_visible()
    assert room.room().state is RoomState.REVIEWED
    at_rest(page)
    page.get_by_role("button", name="Open again").click()
    page.get_by_role("dialog").get_by_role("button", name="Open again").click()
    expect(page.get_by_text("IN29: Being worked on.")).to_be_visible()
    assert room.room().state is RoomState.OPEN


def test_the_client_saves_the_version_that_was_read_or_nothing(desk: SmallDesk) -> None:
    room = declare(desk, "IN30")
    read = room.room().version
    room.describe(workaround="Send a fax.", by="Bo", version=read)
    with pytest.raises(EditConflictError, match="read it again"):
        room.describe(workaround="Send a letter.", by="Ada", version=read)
    assert room.room().workaround == "Send a fax."
