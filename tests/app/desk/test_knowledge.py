"""The knowledge pages, as a contributor and a publisher use them in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from app.client import Client
from app.composition import open_services
from kb.records.article import Article, Audience, State
from kb.records.flag import Flag, Reason
from kb.records.life_cycle import Role
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest, browser_page, choose, desk_of
from tests.conftest import CHROMIUM, printers_and_vpn

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

STEPS = "1. Open the queue.\n2. Clear it."
DRAIN = "Hold the power button of the docking station for ten seconds, then connect the monitor again."


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    """A desk with a few articles, of which two say the same, a publisher called Pia, and a first analysis."""
    home = tmp_path_factory.mktemp("library") / "home"
    with open_services(home) as services:
        services.store.put_incidents(printers_and_vpn(8))
        services.store.articles.put(
            [
                Article("KB1", "The printer does not print", issue="Nothing comes out.", resolution=STEPS),
                Article("KB2", "Monitor stays black", issue="The monitor is black when docked.", resolution=DRAIN),
                Article("KB3", "Monitor is black", issue="The monitor is black when docked.", resolution=DRAIN),
                Article("KB4", "VPN drops in hotels", issue="It drops.", resolution=STEPS, state=State.VALIDATED),
            ]
        )
        for number in ("P0", "P1", "P2"):
            services.knowledge.link("KB1", number, by="Ada")
        services.knowledge.people.give("Pia", Role.PUBLISHER, by=None)
        services.knowledge.flag(Flag("KB1", Reason.OUTDATED, "The menu moved.", datetime.now(UTC), by="Ada"))
        services.workbench.refresh()
    with desk_of(home) as (address, api), Client(api) as client:
        yield SmallDesk(address, client)


def visit(page: Page, library: SmallDesk, address: str, *, name: str) -> None:
    page.goto(f"{library.address}/{address}")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your name").press("Enter")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name).first


def test_an_id_finds_its_article_first_and_a_new_one_survives_a_reload(library: SmallDesk, page: Page) -> None:
    visit(page, library, "articles", name="Kaja")
    page.get_by_label("Search").first.fill("kb4")
    expect(page.locator("tbody tr").first).to_contain_text("KB4")
    page.locator("tbody tr").first.click()
    expect(page.get_by_role("heading", name="VPN drops in hotels")).to_be_visible()
    page.get_by_label("Search").first.fill("")
    button(page, "New article").click()
    page.get_by_label("Title").fill("Badge reader blinks red")
    page.get_by_label("Resolution").fill("1. Hold the badge still. <script>alert(1)</script>")
    expect(page.get_by_text("Not saved yet: Title, Resolution")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Badge reader blinks red")
    expect(page.get_by_text("Hold the badge still").last).to_be_visible()
    button(page, "Save").click()
    expect(page.get_by_text("Work in progress").first).to_be_visible()
    (written,) = [one for one in library.api.articles(q="Badge reader blinks red").articles if "Badge" in one.title]
    stored = library.api.article(written.id)
    assert (stored.resolution, stored.history[0].by) == ("1. Hold the badge still. <script>alert(1)</script>", "Kaja")


def test_two_editors_of_one_article_compare_and_merge(library: SmallDesk, page: Page) -> None:
    visit(page, library, "articles?article=KB2", name="Kaja")
    button(page, "Edit").click()
    page.get_by_label("Cause").fill("The dock keeps a charge.")
    expect(page.get_by_text("Not saved yet: Cause")).to_be_visible()
    library.api.patch_article("KB2", {"cause": "A worn cable.", "environment": "Docks of 2024.", "by": "Ada"})
    expect(page.get_by_text("Ada saved this article while you were editing")).to_be_visible()
    expect(page.get_by_role("cell", name="A worn cable.")).to_be_visible()
    page.get_by_text("Keep both, to edit").click()
    button(page, "Go on").click()
    button(page, "Save").click()
    expect(page.get_by_text("Article KB2 saved.")).to_be_visible()
    saved = library.api.article("KB2")
    assert saved.cause == "A worn cable.\n\nThe dock keeps a charge."
    assert saved.environment == "Docks of 2024."
    page.get_by_text("History", exact=True).click()
    expect(page.locator("ins", has_text="The dock keeps a charge.")).to_be_visible()


def test_who_is_writing_goes_on_while_others_save_the_same_article(library: SmallDesk, page: Page) -> None:
    steps = [f"Step {number} of the way." for number in range(12)]
    visit(page, library, "articles?article=KB1&edit=1", name="Kaja")
    cause, issue = (page.get_by_role("textbox", name=name, exact=True) for name in ("Cause", "Issue"))
    cause.click()
    for at, step in enumerate(steps):
        page.keyboard.type(f"{step} ", delay=20)
        if at % 5 == 0:
            library.api.patch_article("KB1", {"issue": f"Nothing comes out {at}.", "by": "Ada"})
            expect(issue).to_have_value(f"Nothing comes out {at}.")
    expect(cause).to_be_focused()
    expect(cause).to_have_value(" ".join([*steps, ""]))
    issue.focus()
    library.api.patch_article("KB1", {"issue": "Paper comes out.", "by": "Ada"})
    expect(issue).to_have_value("Paper comes out.")
    expect(issue).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" Blank.", delay=20)
    at_rest(page)
    library.api.patch_article("KB1", {"issue": "Paper sticks.", "by": "Ada"})
    expect(page.get_by_text("Ada saved this article while you were editing")).to_be_visible()
    page.keyboard.type(" All of it.", delay=20)
    expect(issue).to_have_value("Paper comes out. Blank. All of it.")
    expect(page.get_by_role("button", name="Save", exact=False).first).to_be_disabled()
    page.get_by_text("Keep yours").click()
    button(page, "Go on").click()
    button(page, "Save").click()
    expect(page.get_by_text("Article KB1 saved.")).to_be_visible()
    saved = library.api.article("KB1")
    assert (saved.cause.strip(), saved.issue) == (" ".join(steps), "Paper comes out. Blank. All of it.")


def test_a_contributor_asks_and_a_publisher_publishes_and_can_undo(library: SmallDesk, page: Page) -> None:
    visit(page, library, "articles?article=KB4", name="Cora")
    expect(page.get_by_text("ask a publisher or domain expert (pia). You are a contributor.")).to_be_visible()
    expect(page.get_by_role("button", name="Publish to customers")).to_have_count(0)
    button(page, "Ask a publisher").click()
    expect(page.get_by_text("Approval is asked for")).to_be_visible()
    visit(page, library, "tasks?kind=flag", name="Pia")
    page.locator("tbody tr", has_text="VPN drops in hotels").click()
    expect(page.get_by_text("Cora asks for approval")).to_be_visible()
    page.get_by_role("link", name="Open article KB4").click()
    button(page, "Publish to customers").click()
    expect(page.get_by_text("Publish to customers: article KB4.")).to_be_visible()
    assert library.api.article("KB4").audience is Audience.CUSTOMERS
    assert [flag.closed_by for flag in library.api.flags("KB4").flags] == ["Pia"]
    button(page, "Undo").click()
    expect(page.get_by_text("Undone: “")).to_be_visible()
    assert library.api.article("KB4").audience is Audience.INTERNAL


def test_tasks_say_why_in_the_readers_language(library: SmallDesk, page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    german = browser.new_context(locale="de-DE").new_page()
    german.goto(f"{library.address}/tasks?kind=duplicate")
    expect(german.get_by_text(re.compile("^Dieselbe Frage. Verwendet im letzten Jahr: KB"))).to_be_visible()


def test_a_merge_asks_which_article_stays(library: SmallDesk, page: Page) -> None:
    visit(page, library, "tasks?kind=duplicate", name="Kim")
    button(page, "Not a duplicate").click()
    expect(page.get_by_text("Nothing to do here")).to_be_visible()
    at_rest(page)
    page.get_by_text("Decided", exact=True).click()
    button(page, "Reopen").click()
    expect(page.get_by_text("Nothing was decided yet")).to_be_visible()
    at_rest(page)
    page.get_by_text("Decided", exact=True).click()
    button(page, "Merge…").click()
    expect(page.get_by_role("button", name="Choose the article that stays")).to_be_disabled()
    page.get_by_text("Keep KB3").click()
    button(page, "Merge into KB3").click()
    expect(page.get_by_text("Merged KB2 into KB3.")).to_be_visible()
    assert "kind=duplicate" in page.url
    assert library.api.article("KB2").id == "KB3"


def test_a_measure_leads_to_its_tickets(library: SmallDesk, page: Page) -> None:
    visit(page, library, "coverage", name="Lea")
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    page.get_by_role("button", name="Known and linked", exact=True).click()
    expect(page.get_by_role("grid", name="Known and linked").locator("tbody tr")).to_have_count(3)
    assert "cases=known-known_linked" in page.url
    page.goto(f"{library.address}/coverage?cases=article-KB1")
    page.locator("tbody tr", has_text="P1").click()
    expect(page).to_have_url(f"{library.address}/ticket?number=P1")


@pytest.mark.parametrize(
    ("address", "label", "words"),
    [
        ("articles?state=validated", "Status", ("Validiert", "Validated")),
        ("articles?audience=customers", "Zielgruppe", ("Kunden", "Customers")),
        ("values?field=assignment_group", "Feld", ("Zuweisungsgruppe", "Assignment group")),
    ],
)
def test_what_is_chosen_stands_in_the_address_the_same_in_every_language(
    library: SmallDesk, page: Page, address: str, label: str, words: tuple[str, str]
) -> None:
    browser = page.context.browser
    assert browser is not None
    other = browser.new_context(locale="de-DE").new_page()
    german, english = words
    name, _, chosen = address.partition("?")
    other.goto(f"{library.address}/{name}")
    at_rest(other)
    choose(other, label, german)
    expect(other).to_have_url(re.compile(f"[?&]{chosen}$"))
    page.goto(other.url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    at_rest(page)
    boxes = page.get_by_role("combobox")
    assert english in [box.input_value() for box in boxes.all()]


def test_on_a_narrow_screen_an_article_that_is_opened_comes_into_view(library: SmallDesk) -> None:
    with browser_page(width=400, height=800) as page:
        page.goto(f"{library.address}/articles")
        page.get_by_role("row", name="VPN drops in hotels").click()
        expect(page.get_by_role("heading", name="VPN drops in hotels")).to_be_in_viewport()
        expect(page).to_have_url(f"{library.address}/articles?article=KB4")
        expect(page.locator("tr[data-id=KB4]")).to_have_attribute("aria-selected", "true")
        at_rest(page)
        page.get_by_role("row", name="The printer does not print").click()
        expect(page.get_by_role("heading", name="The printer does not print")).to_be_in_viewport()
        page.goto(f"{library.address}/articles?article=KB4")
        expect(page.get_by_role("heading", name="VPN drops in hotels")).to_be_in_viewport()
