"""The ticket page, as an agent works at it in a browser."""

from __future__ import annotations

import re
from functools import partial

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from app.desk.ticket_draft import TicketDraft
from app.schemas.suggestions import FieldView
from kb.vocabulary.stage import Stage
from models.errors import NotFoundError
from tests.app.desk.conftest import OPEN, TEXTS, SmallDesk
from tests.browser import at_rest, choose
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

PRINTER = "the printer on the second floor does not print number 7"


def field(page: Page, name: str) -> str:
    return page.get_by_role("combobox", name=name).input_value()


class HeldLine:
    """The line from the desk to a browser, on which what the desk says can be held and then be let go at once."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._waiting = list[str | bytes]()
        self._lines = list[WebSocketRoute]()
        self._is_held = False
        self._last: bytes | None = None
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def _connect(self, line: WebSocketRoute) -> None:
        self._lines.append(line)
        line.connect_to_server().on_message(partial(self._say, line))

    def _say(self, line: WebSocketRoute, message: str | bytes) -> None:
        if self._is_held:
            self._waiting.append(message)
            return
        line.send(message)
        if self._last is not None and isinstance(message, bytes) and self._last in message:
            self.hold()

    def hold(self) -> None:
        """Let the browser hear nothing from now on."""
        self._is_held, self._last = True, None

    def hold_after(self, said: str) -> None:
        """Let the browser hear nothing once it has heard this."""
        self._last = said.encode()

    def wait_for_answer(self) -> None:
        """Wait until the desk has answered what the browser sent, without the browser hearing it."""
        before, count = len(self._waiting), -1
        while count != len(self._waiting) or count == before:
            count = len(self._waiting)
            self._page.wait_for_timeout(2000)

    def release(self) -> None:
        """Let the browser hear all of it at once."""
        self._is_held = False
        for message in self._waiting:
            self._lines[-1].send(message)
        self._waiting.clear()


def write(page: Page, small_desk: SmallDesk, text: str) -> str:
    """Begin a ticket, wait for its suggestions, and return its number."""
    page.goto(f"{small_desk.address}/new")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    page.get_by_label("Short description").press_sequentially(text, delay=5)
    expect(page.get_by_role("combobox", name="Category")).to_be_visible()
    found = re.search(r"draft=([^&]+)", page.url)
    assert found is not None
    return found[1]


def hand_in(page: Page, message: str) -> None:
    """Press Ctrl+Enter, twice where the button first asks for a look at what is doubtful."""
    button = page.get_by_role("button", name=re.compile("Ctrl"))
    expect(button).to_be_enabled()
    at_rest(page)
    if button.inner_text().startswith("Check"):
        page.keyboard.press("Control+Enter")
        expect(button).not_to_have_text(re.compile("^Check"))
        at_rest(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(message)).to_be_visible()


def test_fields_fill_while_typing_and_ctrl_enter_logs_what_the_button_says(small_desk: SmallDesk, page: Page) -> None:
    number = write(page, small_desk, PRINTER)
    expect(page.get_by_role("combobox", name="Category")).to_have_value("Printing")
    page.get_by_label("Caller").fill("Bo Berg")
    page.get_by_label("Caller").press("Tab")
    expect(page.get_by_role("button", name=re.compile("^Log to Print Services"))).to_be_visible()
    hand_in(page, "Logged.")
    logged = small_desk.api.incident(number)
    assert (logged.category, logged.assignment_group, logged.state) == ("Printing", "Print Services", "new")
    assert logged.caller == "Bo Berg"
    expect(page.get_by_label("Short description")).to_have_value("")
    page.get_by_role("link", name=number).click()
    expect(page.get_by_text("Bo Berg")).to_be_visible()


def test_a_correction_is_three_letters_and_enter_and_teaches_when_the_ticket_is_logged(
    small_desk: SmallDesk, page: Page
) -> None:
    write(page, small_desk, "the lobby fountain is dry")
    right = "Printing" if field(page, "Category") == "VPN" else "VPN"
    page.get_by_role("combobox", name="Category").click()
    page.keyboard.type(right[:3].lower())
    page.keyboard.press("Enter")
    expect(page.get_by_text("set by you", exact=True)).to_be_visible()
    assert field(page, "Category") == right
    asked = {"short_description": "lobby fountain is dry again"}
    assert small_desk.api.suggest(asked).fields["category"].value != right
    hand_in(page, "Logged.")
    after = small_desk.api.suggest(asked).fields["category"]
    assert right in [after.value, *(entry.value for entry in after.alternatives)]


def test_tab_leads_from_the_texts_to_each_field_and_escape_empties_one(small_desk: SmallDesk, page: Page) -> None:
    write(page, small_desk, PRINTER)
    at_rest(page)
    page.mouse.move(0, 0)
    page.get_by_label("Description", exact=True).focus()
    names = list[str]()
    for _ in range(2):
        page.keyboard.press("Tab")
        names.append(str(page.evaluate("document.activeElement.getAttribute('aria-label')")))
    assert names == ["Category", "Assignment group"]
    page.keyboard.press("Escape")
    expect(page.get_by_text("set by you", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Log without a group|^Check"))).to_be_visible()
    assert field(page, "Assignment group") == ""


def test_a_logged_ticket_is_cancelled_by_undo_and_its_correction_teaches_nothing(
    small_desk: SmallDesk, page: Page
) -> None:
    number = write(page, small_desk, "the roof garden door squeaks")
    asked = {"short_description": "the roof garden door squeaks again"}
    before = small_desk.api.suggest(asked).fields["category"]
    right = "Printing" if field(page, "Category") == "VPN" else "VPN"
    choose(page, "Category", right)
    hand_in(page, "Logged.")
    assert small_desk.api.incident(number).category == right
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: the ticket is cancelled, and its corrections teach nothing.")).to_be_visible()
    assert small_desk.api.incident(number).stage is Stage.CANCELLED
    after = small_desk.api.suggest(asked).fields["category"]
    assert (after.value, after.confidence) == (before.value, pytest.approx(before.confidence, abs=0.01))


def test_a_similar_ticket_opens_in_a_drawer_and_the_ticket_at_work_stays(small_desk: SmallDesk, page: Page) -> None:
    number = write(page, small_desk, PRINTER)
    shown = page.get_by_role("button", name=re.compile("^Show P")).first
    similar = shown.inner_text().removeprefix("Show ")
    shown.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("Queue cleared")).to_be_visible()
    expect(drawer.get_by_text(similar)).to_be_visible()
    expect(page).to_have_url(f"{small_desk.address}/new?draft={number}")
    drawer.get_by_role("link", name="Open the ticket's page").click()
    expect(page).to_have_url(f"{small_desk.address}/ticket?number={similar}")


def test_a_value_that_was_checked_counts_no_longer_once_another_is_suggested() -> None:
    draft = TicketDraft("N1")
    doubtful = {"category": FieldView(value="VPN", confidence=0.6, decision="suggested", alternatives=[])}
    draft.checked.update(draft.unchecked(doubtful))
    assert draft.unchecked(doubtful) == {}
    assert [(one["field"], one["chosen"]) for one in draft.decisions(doubtful)] == [("category", "VPN")]
    other = {"category": FieldView(value="Printing", confidence=0.6, decision="suggested", alternatives=[])}
    assert draft.unchecked(other) == {"category": "Printing"}
    assert draft.decisions(other) == []


def test_what_was_called_not_similar_comes_back_with_undo(small_desk: SmallDesk, page: Page) -> None:
    write(page, small_desk, PRINTER)
    page.get_by_role("button", name="is not similar").first.click()
    told = page.get_by_text("will not be shown for tickets like this.")
    number = told.inner_text().split(" ")[0]
    hidden = page.get_by_role("button", name=f"Show {number}", exact=True)
    expect(hidden).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    expect(hidden).to_be_visible()


@pytest.mark.parametrize("address", ["ticket?number=OPEN4", "?ticket=OPEN4"], ids=["ticket", "queue"])
def test_an_act_in_a_dialog_leaves_the_address_as_it_is(small_desk: SmallDesk, page: Page, address: str) -> None:
    page.goto(f"{small_desk.address}/{address}")
    page.get_by_role("button", name="Why?").click()
    page.get_by_role("dialog").get_by_role("button", name="Don't suggest").first.click()
    expect(page.get_by_text("will not be suggested for tickets like this.")).to_be_visible()
    expect(page).to_have_url(f"{small_desk.address}/{address}")
    expect(page.get_by_role("heading", name=TEXTS[1])).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()


def test_that_nothing_helps_can_be_taken_back(small_desk: SmallDesk, page: Page) -> None:
    number = write(page, small_desk, PRINTER)
    at_rest(page)
    page.get_by_role("button", name="None of these help").click()
    expect(page.get_by_text("Thanks, noted as a gap.").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    expect(page.get_by_role("button", name="None of these help")).to_be_visible()
    with pytest.raises(NotFoundError):
        small_desk.api.withdraw_not_found(PRINTER, number=number, by="Ada")


def test_one_press_shows_what_is_doubtful_and_does_not_log_it(small_desk: SmallDesk, page: Page) -> None:
    number = write(page, small_desk, "the printer drops when working from home")
    button = page.get_by_role("button", name=re.compile("Ctrl"))
    expect(button).to_have_text(re.compile("^Check"))
    page.keyboard.press("Control+Enter")
    expect(button).to_have_text(re.compile("^Log"))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_timeout(1000)  # a second effect of the press would begin within that
    with pytest.raises(NotFoundError):
        small_desk.api.incident(number)
    expect(page.get_by_label("Short description")).to_have_value("the printer drops when working from home")


@pytest.mark.parametrize("place", ["Short description", "Resolution"])
def test_quick_presses_make_one_ticket_that_is_written_once(small_desk: SmallDesk, page: Page, place: str) -> None:
    number = write(page, small_desk, PRINTER)
    page.get_by_role("button", name="Show KB1", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Resolve with this").click()
    expect(page.get_by_label("Resolution", exact=True)).to_have_value("Clear the queue.")
    button = page.get_by_role("button", name=re.compile("Ctrl"))
    page.get_by_label(place, exact=True).focus()
    if button.inner_text().startswith("Check"):
        page.keyboard.press("Control+Enter")
    expect(button).to_have_text(re.compile("^Log and resolve"))
    before = small_desk.api.ready().incidents
    for _ in range(4):
        page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Logged.")).to_be_visible()
    expect(page.get_by_label("Short description")).to_have_value("")
    page.wait_for_timeout(1000)  # a second effect of the presses would begin within that
    assert small_desk.api.ready().incidents == before + 1
    told = [event.kind for event in small_desk.api.timeline(number).events]
    assert sorted(set(told)) == sorted(told)
    page.goto(f"{small_desk.address}/new?draft={number}")
    expect(page.get_by_text("Fields are suggested as you type.")).to_be_visible()
    assert f"draft={number}" not in page.url


def test_nothing_typed_is_lost_by_pages_reloads_or_values_set(small_desk: SmallDesk, page: Page) -> None:
    write(page, small_desk, PRINTER)
    page.get_by_label("Caller").fill("Bo Berg")
    page.get_by_label("Description", exact=True).fill("jobs stay in the queue")
    page.reload()
    expect(page.get_by_label("Description", exact=True)).to_have_value("jobs stay in the queue")
    page.get_by_role("link", name="Coverage").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("New ticket")
    page.reload()
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    page.get_by_role("link", name="New ticket").click()
    expect(page.get_by_label("Description", exact=True)).to_have_value("jobs stay in the queue")
    expect(page.get_by_label("Caller")).to_have_value("Bo Berg")
    expect(page.get_by_label("Short description")).to_have_value(PRINTER)


def test_an_article_opens_beside_the_ticket_and_its_resolution_can_be_edited(small_desk: SmallDesk, page: Page) -> None:
    number = write(page, small_desk, PRINTER)
    page.get_by_role("button", name="Show KB1", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("Clear the queue.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Resolve with this").click()
    expect(page.get_by_label("Resolution", exact=True)).to_have_value("Clear the queue.")
    page.get_by_label("Resolution", exact=True).fill("Cleared the queue on floor 4.")
    hand_in(page, "Logged.")
    logged = small_desk.api.incident(number)
    assert (logged.state, logged.resolution, logged.articles) == ("resolved", "Cleared the queue on floor 4.", ["KB1"])
    assert logged.opened_at is not None
    assert logged.resolved_at is not None
    assert logged.opened_at <= logged.resolved_at


def test_an_open_ticket_has_an_address_and_is_saved_under_the_persons_name(small_desk: SmallDesk, page: Page) -> None:
    page.goto(f"{small_desk.address}/ticket?number={OPEN[0]}")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    expect(page.get_by_role("combobox", name="Category")).not_to_have_value("")
    expect(page.get_by_role("combobox", name="Assignment group")).not_to_have_value("")
    at_rest(page)
    page.get_by_role("combobox", name="Assignment group").click()
    page.keyboard.type("net")
    page.keyboard.press("Enter")
    expect(page.get_by_text("set by you", exact=True)).to_have_count(1)
    hand_in(page, f"Saved {OPEN[0]}.")
    assert small_desk.api.incident(OPEN[0]).assignment_group == "Network"


def test_a_field_that_is_emptied_is_saved_empty_and_the_others_stay(small_desk: SmallDesk, page: Page) -> None:
    values = {"category": "VPN", "assignment_group": "Network", "state": "new"}
    small_desk.api.put_incident("EMPTY-1", {"short_description": PRINTER, **values})
    page.goto(f"{small_desk.address}/ticket?number=EMPTY-1")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    expect(page.get_by_role("combobox", name="Category")).to_have_value("VPN")
    at_rest(page)
    page.get_by_role("combobox", name="Category").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^Save category Ctrl|^Save category Shortcut"))).to_be_visible()
    hand_in(page, "Saved EMPTY-1.")
    kept = small_desk.api.incident("EMPTY-1")
    assert (kept.category, kept.assignment_group) == (None, "Network")


def test_a_ticket_shows_its_clocks_and_timeline_and_moves_on(small_desk: SmallDesk, page: Page) -> None:
    page.goto(f"{small_desk.address}/ticket?number={OPEN[2]}")
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    page.get_by_role("button", name="To “Waiting”").click()
    expect(page.get_by_text(f"{OPEN[2]} is now “Waiting”.")).to_be_visible()
    assert small_desk.api.incident(OPEN[2]).stage == "waiting"
    at_rest(page)
    page.get_by_text("Who did what, and when").click()
    for event in small_desk.api.timeline(OPEN[2]).events:
        expect(page.get_by_text(event.text).first).to_be_visible()
    page.get_by_label("New entry").press_sequentially("asked for the model", delay=5)
    page.get_by_role("button", name="Add entry").click()
    expect(page.get_by_text("Added to the timeline.")).to_be_visible()
    assert small_desk.api.timeline(OPEN[2]).events[-1].text == "Asked for the model"
    at_rest(page)
    page.get_by_text("Why the clocks stand there").click()
    first = small_desk.api.clocks(OPEN[2]).clocks[0]
    expect(page.get_by_text(first.explanation[0].reason).first).to_be_visible()


def test_unfinished_tickets_are_offered_until_they_are_logged(small_desk: SmallDesk, page: Page) -> None:
    number = write(page, small_desk, PRINTER)
    unfinished = page.get_by_role("link", name="Continue writing")
    at_rest(page)
    expect(unfinished).to_have_count(0)
    page.get_by_role("button", name="Start another ticket").click()
    expect(page.get_by_label("Short description")).to_have_value("")
    at_rest(page)
    page.get_by_label("Short description").fill("vpn connection drops")
    expect(page.get_by_role("combobox", name="Category")).to_be_visible()
    at_rest(page)
    unfinished.get_by_text(PRINTER).click()
    expect(page.get_by_label("Short description")).to_have_value(PRINTER)
    expect(page).to_have_url(re.compile(f"draft={number}"))
    hand_in(page, "Logged.")
    expect(unfinished).to_have_count(1)
    unfinished.get_by_text("vpn connection drops").click()
    expect(page).not_to_have_url(re.compile(f"draft={number}"))
    at_rest(page)  # until then the field of the ticket that was left is there too
    expect(page.get_by_label("Short description")).to_have_value("vpn connection drops")
    expect(unfinished).to_have_count(0)


def test_a_number_that_nobody_has_is_a_sentence(small_desk: SmallDesk, page: Page) -> None:
    page.goto(f"{small_desk.address}/ticket?number=NOSUCH")
    expect(page.get_by_text("There is no ticket NOSUCH here.")).to_be_visible()


def test_a_suggestion_that_the_browser_had_not_yet_shown_is_not_taken_for_the_persons_choice(
    small_desk: SmallDesk, page: Page
) -> None:
    line = HeldLine(page)
    write(page, small_desk, PRINTER)
    expect(page.get_by_role("combobox", name="Category")).to_have_value("Printing")
    at_rest(page)
    line.hold()
    page.get_by_label("Short description").fill("vpn connection drops when working from home number 7")
    line.wait_for_answer()
    page.get_by_role("combobox", name="Assignment group").focus()
    page.keyboard.press("Escape")
    line.wait_for_answer()
    line.release()
    at_rest(page)
    expect(page.get_by_role("combobox", name="Category")).to_have_value("VPN")
    expect(page.get_by_text("set by you", exact=True)).to_have_count(1)


def test_a_field_whose_first_run_was_broken_off_is_not_taken_for_emptied_by_the_person(
    small_desk: SmallDesk, page: Page
) -> None:
    line = HeldLine(page)
    page.goto(f"{small_desk.address}/new")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    at_rest(page)
    line.hold()
    for text in (PRINTER, f"{PRINTER} again"):
        page.get_by_label("Short description").fill(text)
        line.wait_for_answer()
    line.release()
    expect(page.get_by_role("combobox", name="Category")).to_have_value("Printing")
    page.get_by_label("Caller").fill("Ada")
    page.get_by_label("Caller").press("Tab")
    at_rest(page)
    expect(page.get_by_role("combobox", name="Category")).to_have_value("Printing")
    expect(page.get_by_text("set by you", exact=True)).to_have_count(0)


def test_the_page_of_a_finished_ticket_without_fields_says_so(small_desk: SmallDesk, page: Page) -> None:
    small_desk.api.put_incident("DONE1", {"short_description": "the attic lamp is dark", "state": "closed"})
    page.goto(f"{small_desk.address}/ticket?number=DONE1")
    expect(page.get_by_text("No field is set.")).to_be_visible()


def test_what_was_typed_stays_where_the_ticket_was_cancelled_meanwhile(small_desk: SmallDesk, page: Page) -> None:
    ticket = {"short_description": PRINTER, "state": "new"}
    small_desk.api.put_incident("GONE1", ticket)
    line = HeldLine(page)
    page.goto(f"{small_desk.address}/ticket?number=GONE1")
    page.get_by_role("button", name="Resolve with KB1").click()
    page.get_by_label("Resolution", exact=True).fill("Cleared by hand, twice.")
    page.get_by_label("Resolution", exact=True).press("Tab")
    at_rest(page)
    line.hold()
    small_desk.api.put_incident("GONE1", {**ticket, "state": "cancelled"})
    page.get_by_role("button", name=re.compile("^Resolve with.*Ctrl")).click()
    line.wait_for_answer()
    line.release()
    at_rest(page)
    expect(page.get_by_text("This ticket is “Cancelled” now, so it cannot be resolved.")).to_be_visible()
    expect(page.get_by_text("Cleared by hand, twice.")).to_be_visible()
    assert small_desk.api.incident("GONE1").state == "cancelled"
    page.reload()
    expect(page.get_by_text("Cleared by hand, twice.")).to_be_visible()
    at_rest(page)
    page.get_by_role("button", name="Discard the text").click()
    expect(page.get_by_text("Cleared by hand, twice.")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Cleared by hand, twice.")).to_be_visible()


def test_a_written_resolution_that_was_replaced_or_taken_away_comes_back_with_undo(
    small_desk: SmallDesk, page: Page
) -> None:
    small_desk.api.put_incident("BACK1", {"short_description": PRINTER, "state": "new"})
    page.goto(f"{small_desk.address}/ticket?number=BACK1")
    resolution = page.get_by_label("Resolution", exact=True)

    def resolve_with_kb1() -> None:
        page.get_by_role("button", name="Show KB1", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Resolve with this").click()
        expect(resolution).to_have_value("Clear the queue.")
        at_rest(page)

    def undo() -> None:
        page.get_by_role("button", name="Undo").click()
        expect(resolution).to_have_value("Cleared by hand.")
        at_rest(page)

    resolve_with_kb1()
    resolution.fill("Cleared by hand.")
    resolve_with_kb1()
    undo()
    page.get_by_role("button", name="Leave the ticket open").click()
    expect(resolution).to_have_count(0)
    undo()
    hand_in(page, "Resolved BACK1 with KB1.")
    assert small_desk.api.incident("BACK1").resolution == "Cleared by hand."


def test_a_ticket_that_is_open_again_does_not_show_the_resolution_of_before(small_desk: SmallDesk, page: Page) -> None:
    for text in ("Cleared by hand.", "Cleared again."):
        small_desk.api.put_incident("AGAIN1", {"short_description": PRINTER, "state": "new"})
        page.goto(f"{small_desk.address}/ticket?number=AGAIN1")
        page.get_by_role("button", name="Show KB1", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Resolve with this").click()
        resolution = page.get_by_label("Resolution", exact=True)
        expect(resolution).to_have_value("Clear the queue.")
        resolution.fill(text)
        hand_in(page, "Resolved AGAIN1 with KB1.")
        assert small_desk.api.incident("AGAIN1").resolution == text
        page.get_by_role("button", name="Hide").click()  # or the message would still be there after the next one
        expect(page.get_by_text("Resolved AGAIN1 with KB1.")).to_have_count(0)


@pytest.mark.parametrize("state", ["cancelled", "closed", "parked on the moon"])
def test_a_ticket_that_is_not_open_offers_nothing_that_would_be_refused(
    small_desk: SmallDesk, page: Page, state: str
) -> None:
    small_desk.api.put_incident("OVER1", {"short_description": PRINTER, "state": state})
    page.goto(f"{small_desk.address}/ticket?number=OVER1")
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    at_rest(page)
    expect(page.get_by_role("button", name="Resolve with")).to_have_count(0)
    if state != "closed":
        page.get_by_role("button", name="Show KB1").click()
        expect(page.get_by_role("dialog").get_by_text("Clear the queue.")).to_be_visible()
        expect(page.get_by_role("button", name="Resolve with")).to_have_count(0)


def test_no_two_buttons_of_a_ticket_have_the_same_name(small_desk: SmallDesk, page: Page) -> None:
    for number in range(4):
        article = {"id": f"KB2{number}", "title": f"{PRINTER} {number}", "resolution": "Clear the queue."}
        small_desk.api.post_article({**article, "state": "validated"})
    write(page, small_desk, PRINTER)
    at_rest(page)
    names = page.locator(".stMain button:visible").evaluate_all("found => found.map(one => one.innerText.trim())")
    named = [name for name in names if name]
    assert len(named) > 8
    assert sorted(set(named)) == sorted(named)
    heading = page.get_by_role("heading", name="Similar resolved tickets").bounding_box()
    assert heading is not None
    assert heading["y"] < 800


@pytest.mark.parametrize(("width", "is_below", "least"), [(1440, False, 140), (1000, True, 170), (400, True, 250)])
def test_on_a_narrow_screen_the_help_is_below_and_the_fields_are_wide(
    small_desk: SmallDesk, page: Page, width: int, is_below: bool, least: int
) -> None:
    write(page, small_desk, PRINTER)
    page.set_viewport_size({"width": width, "height": 900})
    at_rest(page)
    box = page.get_by_role("combobox", name="Category").bounding_box()
    fields = page.get_by_role("heading", name="Fields").bounding_box()
    helping = page.get_by_role("heading", name="Articles that may help").bounding_box()
    assert box is not None
    assert fields is not None
    assert helping is not None
    assert box["width"] > least
    assert (helping["y"] > box["y"]) is is_below
    assert (helping["x"] > fields["x"]) is not is_below
