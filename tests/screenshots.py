"""Take the README's pictures from the running product: `make screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from app.composition import open_services
from app.sample.preparation import prepare
from tests.browser import browser_page, desk_of

IMAGES = Path(__file__).parent.parent / "docs" / "images"


def new_ticket(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Short description").fill("second monitor stays black")
    page.get_by_label("Description", exact=True).fill(
        "Since the update this morning my right screen is black at the docking station. Replugging did not help."
    )
    page.get_by_label("Caller").fill("Ada Brinkhoff")
    page.get_by_label("Short description").click()
    page.get_by_text("Known workarounds").wait_for()


def review(page: Page, address: str) -> None:
    page.goto(f"{address}/review")
    page.get_by_text("open tickets to decide").wait_for()


def knowledge(page: Page, address: str) -> None:
    page.goto(f"{address}/knowledge")
    page.get_by_label("Search").fill("no mails on my phone")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Mail does not come in on the phone").click()
    page.get_by_role("tab", name="Read").wait_for()


def health(page: Page, address: str) -> None:
    page.goto(f"{address}/health")
    page.get_by_role("heading", name="What is moving").wait_for()


def worklist(page: Page, address: str) -> None:
    page.goto(f"{address}/worklist")
    page.get_by_text("to do; as of").wait_for(timeout=60_000)
    page.get_by_text("Evidence", exact=True).nth(1).click()
    page.get_by_text("draft, quoted from incidents").wait_for()
    page.get_by_role("heading", name="Worklist").scroll_into_view_if_needed()


def measures(page: Page, address: str) -> None:
    page.goto(f"{address}/measures")
    page.get_by_text("Links to look at").wait_for(state="attached")


PAGES = (new_ticket, review, knowledge, worklist, measures, health)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_services(home) as services:
            prepare(services)
        with desk_of(home) as (address, _), browser_page(height=1180) as page:
            for picture in PAGES:
                picture(page, address)
                page.wait_for_timeout(1500)
                page.screenshot(path=IMAGES / f"{picture.__name__.replace('_', '-')}.png")


if __name__ == "__main__":
    main()
