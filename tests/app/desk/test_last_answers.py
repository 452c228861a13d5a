"""What a page shows while the service is away: what it showed before, with the text that somebody is writing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.client import Client
from tests.app.desk.conftest import OPEN, TEXTS
from tests.app.desk.test_random_walks import Service, desk_in_front_of
from tests.browser import at_rest
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


@pytest.fixture(scope="module")
def service(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(shutil.copytree(small_home, tmp_path_factory.mktemp("away") / "home"))
    yield service
    service.stop()


@pytest.fixture(scope="module")
def desk(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    service.start()
    with desk_in_front_of(service, tmp_path_factory.mktemp("desk")) as address:
        yield address


@pytest.fixture
def api(service: Service) -> Iterator[Client]:
    service.start()
    with Client(service.address) as api:
        yield api


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=label, exact=True)


def write_through_an_outage(page: Page, service: Service, text: Locator) -> None:
    """Type three words into a field: before, while and after the service is away, without a click."""
    away = page.get_by_text("The service does not answer right now. What you typed is safe.")
    text.focus()
    page.keyboard.press("End")
    page.keyboard.type(" before", delay=20)
    at_rest(page)
    service.stop()
    page.keyboard.type(" while", delay=20)
    expect(away).to_have_count(1)
    at_rest(page)
    page.keyboard.type(" still", delay=20)
    at_rest(page)
    expect(away).to_have_count(1)
    expect(text).to_be_focused()
    service.start()
    expect(away).to_have_count(0)
    page.keyboard.type(" after", delay=20)
    expect(text).to_be_focused()
    at_rest(page)


def test_a_resolution_and_a_note_are_written_on_while_the_service_is_away(
    service: Service, desk: str, api: Client, page: Page
) -> None:
    page.goto(f"{desk}/ticket?number={OPEN[0]}")
    page.get_by_text("Who did what, and when").click()
    page.get_by_role("button", name="Resolve in your own words").click()
    at_rest(page)
    write_through_an_outage(page, service, field(page, "Resolution"))
    service.stop()
    field(page, "New entry").focus()
    page.keyboard.type("called back", delay=20)
    expect(page.get_by_text("The service does not answer right now.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(TEXTS[0])
    expect(page.get_by_role("combobox", name="Category")).to_have_value("Printing")
    at_rest(page)
    page.get_by_role("button", name="Add entry").click()
    expect(page.get_by_text("The service does not answer right now.")).to_have_count(2)
    page.reload()
    page.get_by_text("Who did what, and when").click()
    expect(field(page, "New entry")).to_have_value("called back")
    expect(field(page, "Resolution")).to_have_value(" before while still after")
    service.start()
    expect(page.get_by_text("The service does not answer right now.")).to_have_count(0)
    assert api.incident(OPEN[0]).stage == "new"


def test_an_article_is_written_on_while_the_service_is_away_and_then_saved(
    service: Service, desk: str, api: Client, page: Page
) -> None:
    page.goto(f"{desk}/articles?article=KB1&edit=1")
    expect(field(page, "Cause")).to_be_visible()
    at_rest(page)
    write_through_an_outage(page, service, field(page, "Cause"))
    service.stop()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The service does not answer right now.")).to_have_count(2)
    expect(field(page, "Cause")).to_have_value(" before while still after")
    service.start()
    expect(page.get_by_text("The service does not answer right now.")).to_have_count(0)
    at_rest(page)
    page.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.get_by_text("Article KB1 saved.")).to_be_visible()
    assert api.article("KB1").cause.strip() == "before while still after"


def test_a_ticket_that_was_never_shown_comes_once_the_service_is_back(
    service: Service, desk: str, api: Client, page: Page
) -> None:
    service.stop()
    page.goto(f"{desk}/ticket?number={OPEN[1]}")
    expect(page.get_by_text("The service does not answer right now.")).to_be_visible()
    expect(page.get_by_text(TEXTS[1])).to_have_count(0)
    service.start()
    expect(page.get_by_role("heading", level=1)).to_have_text(TEXTS[1])
