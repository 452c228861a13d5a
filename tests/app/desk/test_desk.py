from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, Request, expect

from app.client import Client
from app.desk.drafts import FormDraft, changed
from app.desk.texts import article_html, label, plain
from app.schemas.suggestions import FieldView
from tests.browser import browser_page, desk_of
from tests.conftest import CHROMIUM, served

HOSTILE = (
    "<b>gateway</b> <img src='http://203.0.113.9/x.png' onerror='alert(1)'> "
    "**bold** [click](http://203.0.113.9) :red[x] $x^2$"
)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


@given(st.text(max_size=200))
def test_no_text_becomes_markup(text: str) -> None:
    assert "<" not in plain(text).replace("<br>", "")
    assert "<script" not in article_html(text).lower()


def test_an_article_keeps_its_steps_and_loses_what_could_harm() -> None:
    text = "1. Use `TCP`\n\n<script>alert(1)</script>\n\n![p](http://x.test/p.png) [a](javascript:alert(1)) [b](https://x.test)"
    found = article_html(text)
    assert "<li>Use <code>TCP</code></li>" in found
    assert "<script" not in found
    assert "<img" not in found
    assert "javascript:" not in found.replace("(javascript:alert(1))", "")
    assert 'href="https://x.test"' in found


def test_labels_show_marks_instead_of_obeying_them() -> None:
    assert label("**x** :red[y]") == "\\*\\*x\\*\\* \\:red\\[y\\]"
    assert len(label("x" * 200)) == 80


def test_a_draft_teaches_what_was_chosen_and_is_logged_with_what_was_suggested(sample_copy: Path) -> None:
    with served(sample_copy) as address, Client(address) as client:
        draft = FormDraft(short_description="aquarium in the lobby leaks", caller="Ada")
        suggestion = client.suggest(draft.ticket())
        draft.choose(client, "category", suggestion.fields["category"], "Aquarium", by="Ada")
        again = client.suggest({"short_description": "aquarium leaks in the lobby"}).fields["category"]
        assert "Aquarium" in [again.value, *(entry.value for entry in again.alternatives)]
        draft.solved_by("KB00016")
        draft.solved_by("KB00016")
        draft.log(client, suggestion)
        logged = client.incident(draft.number)
        assert (logged.category, logged.articles, logged.state, logged.caller) == (
            "Aquarium",
            ["KB00016"],
            "resolved",
            "Ada",
        )
        assert logged.assignment_group == suggestion.fields["assignment_group"].value


def test_only_what_an_editor_changed_is_sent() -> None:
    assert changed({"title": "a", "issue": "b"}, {"title": "a", "issue": "c"}) == {"issue": "c"}
    assert FieldView(value=None, confidence=0, decision="unsure", alternatives=[]).value is None


@pytest.fixture(scope="module")
def desk(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    home = shutil.copytree(sample_home, tmp_path_factory.mktemp("desk") / "home")
    with desk_of(home) as addresses:
        yield addresses


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


@needs_browser
def test_an_agent_logs_a_ticket_with_suggestions_and_evidence(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(address)
    page.get_by_label("Short description").fill("printer on floor 2 prints nothing")
    page.get_by_label("Description", exact=True).fill("jobs stay in the queue")
    page.get_by_label("Caller").click()
    expect(page.get_by_text("Print Services").first).to_be_visible()
    expect(page.get_by_text("Print jobs stay in the queue").first).to_be_visible()
    expect(page.get_by_text("Resolution", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Accept").first.click()
    expect(page.get_by_text("chosen", exact=True)).to_be_visible()
    page.get_by_role("button", name="This solved it").first.click()
    expect(page.get_by_role("button", name="Solved by this")).to_be_visible()
    page.get_by_role("button", name="Log ticket").click()
    message = page.get_by_text("Logged as DESK")
    expect(message).to_be_visible()
    number = message.inner_text().removeprefix("Logged as ")
    with Client(api) as client:
        logged = client.incident(number)
    assert (logged.category, logged.state, len(logged.articles)) == ("Printing", "resolved", 1)


@needs_browser
def test_an_agent_corrects_a_field(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(address)
    page.get_by_label("Short description").fill("the lobby fountain is dry")
    page.get_by_label("Caller").click()
    page.get_by_role("button", name="Correct").first.click()
    page.get_by_role("combobox", name="Category").fill("Facilities")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_text("Facilities").first).to_be_visible()
    expect(page.get_by_text("chosen", exact=True)).to_be_visible()
    with Client(api) as client:
        category = client.suggest({"short_description": "lobby fountain is dry"}).fields["category"]
    assert "Facilities" in [category.value, *(entry.value for entry in category.alternatives)]


@needs_browser
def test_review_begins_with_the_unclear_and_accepting_takes_a_ticket_off(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/review")
    expect(page.get_by_text("open tickets to decide")).to_be_visible()
    with Client(api) as client:
        before = client.review(limit=100).tickets
    expect(page.get_by_text(before[0].incident.number)).to_be_visible()
    sure = next(ticket for ticket in before if all(field.value for field in ticket.fields.values()))
    row = page.locator("div[data-testid='stVerticalBlock']").filter(has_text=sure.incident.number).last
    row.get_by_role("button", name="Accept").click()
    expect(page.get_by_text(sure.incident.number)).to_have_count(0)
    with Client(api) as client:
        assert client.incident(sure.incident.number).category == sure.fields["category"].value


@needs_browser
def test_a_knowledge_manager_finds_reads_and_edits_an_article(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/knowledge")
    page.get_by_label("Your name").fill("Kaja")
    page.get_by_label("Search").fill("paper jam in the copier")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Paper jam in a floor printer").click()
    expect(page.get_by_role("listitem").filter(has_text="Take out the duplex unit")).to_be_visible()
    page.get_by_role("tab", name="Edit").click()
    page.get_by_label("Cause").fill("A scrap of paper. <script>alert(1)</script>")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("version 2").first).to_be_visible()
    page.get_by_role("tab", name="Read").click()
    expect(page.get_by_text("<script>alert(1)</script>").first).to_be_visible()
    with Client(api) as client:
        (found, *_) = client.search("paper jam in the copier", kind="articles").results
        assert client.article(found.id).history[-1].by == "Kaja"


@needs_browser
def test_a_ticket_is_captured_while_it_is_fresh(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(address)
    page.get_by_label("Your name").fill("Cora")
    page.get_by_label("Short description").fill("the coffee machine on floor 3 shows error E5")
    page.get_by_label("Caller").click()
    page.get_by_role("button", name="No article helps").click()
    expect(page.get_by_role("button", name="No article helps")).to_be_disabled()
    page.get_by_role("button", name="Log ticket").click()
    page.get_by_role("button", name="Capture as article").click()
    expect(page.get_by_text("Work in progress").first).to_be_visible()
    with Client(api) as client:
        (found,) = [one for one in client.articles(state="work_in_progress").articles if "coffee" in one.title]
        article = client.article(found.id)
    assert article.extra["searched"].startswith("the coffee machine")
    assert article.history[0].by == "Cora"


@needs_browser
def test_a_knowledge_manager_works_through_the_list(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/worklist")
    page.get_by_label("Your name").fill("Kim")
    page.get_by_label("Your name").press("Enter")
    expect(page.get_by_text("to do; as of")).to_be_visible(timeout=60_000)
    page.get_by_text("Evidence", exact=True).nth(1).click()
    expect(page.get_by_text("draft, quoted from incidents")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("button", name="Merge")).to_have_count(0)
    page.get_by_role("button", name="Write the draft").first.click()
    expect(page.get_by_text("Work in progress").first).to_be_visible()
    page.get_by_role("tab", name="Coach").click()
    expect(page.get_by_text("linked", exact=True).first).to_be_visible()
    with Client(api) as client:
        assert client.article("KB00031").id == "KB00030"
        assert {person.person for person in client.contributions().people} >= {"Kim"}


@needs_browser
def test_a_flag_a_difference_and_the_measures_are_shown(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    with Client(api) as client:
        client.patch_article("KB00051", {"cause": "It ran out.", "by": "Ada"})
    page.goto(f"{address}/knowledge")
    page.get_by_label("Search").fill("intranet does not answer")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Intranet does not answer").click()
    page.get_by_role("tab", name="History").click()
    page.get_by_text("What changed").first.click()
    expect(page.get_by_text("It ran out.").last).to_be_visible()
    page.get_by_role("tab", name="Flags").click()
    page.get_by_label("Comment").fill("The page moved.")
    page.get_by_role("button", name="Flag", exact=True).click()
    expect(page.get_by_text("The page moved.").first).to_be_visible()
    page.goto(f"{address}/measures")
    expect(page.get_by_text("Known against new")).to_be_visible(timeout=60_000)
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts.nth(0).get_by_text("known and linked")).to_be_visible()
    expect(charts.nth(1).get_by_text("link rate", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Reuse and links").click()
    expect(page.get_by_text("Links to look at")).to_be_visible()
    with Client(api) as client:
        most_linked = client.measures().reuse[0]
    expect(page.get_by_role("cell", name=most_linked.title, exact=True).first).to_be_visible()


@needs_browser
def test_what_is_no_help_or_not_similar_goes_and_a_value_is_refused(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(address)
    page.get_by_label("Short description").fill("badge reader at the east door blinks red")
    page.get_by_label("Caller").click()
    expect(page.get_by_text("Similar incidents")).to_be_visible()
    with Client(api) as client:
        before = client.suggest({"short_description": "badge reader at the east door blinks red"})
    number, category = before.similar_incidents[0].number, before.fields["category"].value
    page.get_by_role("button", name="Not similar").first.click()
    expect(page.get_by_text(number)).to_have_count(0)
    page.get_by_role("button", name="Correct").first.click()
    page.get_by_role("button", name=f"Never {category} for such a ticket").click()
    expect(page.get_by_role("button", name=f"Never {category} for such a ticket")).to_have_count(0)
    with Client(api) as client:
        after = client.suggest({"short_description": "badge reader at the east door blinks red"})
    assert after.fields["category"].value != category
    assert number not in [incident.number for incident in after.similar_incidents]


@needs_browser
def test_a_lead_sees_the_evidence_and_switches_a_field(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/health")
    expect(page.get_by_text("incidents since then")).to_be_visible()
    expect(page.get_by_text("automatic values were right (held out)").first).to_be_visible()
    page.get_by_text("monitor", exact=True).first.click()
    expect(page.get_by_text("predicted silently")).to_be_visible()
    with Client(api) as client:
        changed_field = next(entry for entry in client.modes().fields if entry.mode == "monitor")
        assert changed_field.field not in client.suggest({"description": "vpn drops"}).fields
        client.set_mode(changed_field.field, "recommend")


@needs_browser
def test_hostile_text_is_shown_as_text_and_no_request_leaves(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    outside, dialogs = list[str](), list[str]()

    def watch(request: Request) -> None:
        if "203.0.113.9" in request.url:
            outside.append(request.url)

    page.on("request", watch)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    with Client(api) as client:
        client.put_incident(
            "HOSTILE-1",
            {"short_description": HOSTILE, "description": HOSTILE, "category": HOSTILE, "resolution": HOSTILE},
        )
        client.put_incident("HOSTILE-2", {"short_description": HOSTILE, "description": HOSTILE, "state": "new"})
    page.goto(address)
    page.get_by_label("Short description").fill(HOSTILE)
    page.get_by_label("Caller").click()
    expect(page.get_by_text("Similar incidents")).to_be_visible()
    expect(page.locator(".t-head", has_text="<b>gateway</b>").first).to_be_visible()
    page.get_by_role("button", name="Correct").first.click()
    page.goto(f"{address}/review")
    expect(page.locator(".t-head", has_text="**bold**").first).to_be_visible()
    assert page.locator("img[src*='203.0.113.9'], a[href*='203.0.113.9']").count() == 0
    assert (outside, dialogs) == ([], [])
