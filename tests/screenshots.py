"""Take the documentation's pictures from the running product, in light and dark: `make screenshots`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page

from app.composition import open_services
from app.sample import security
from app.sample.preparation import prepare
from tests.browser import at_rest, browser_page, desk_of

IMAGES = Path(__file__).parent.parent / "docs" / "images"


COLOURS = 256
"""Enough for a page of text and charts, and a third of the bytes."""


def settled(page: Page, address: str) -> None:
    """Open a page and wait until it shows its heading and everything below it."""
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    at_rest(page)


def queue(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("grid", name="Open tickets").wait_for()
    page.get_by_role("button", name="Accept and next").wait_for()
    while page.get_by_text("Suggestions are on their way.").count():
        page.wait_for_timeout(2000)
        page.get_by_role("button", name="Refresh").click()
        at_rest(page)


def new_ticket(page: Page, address: str) -> None:
    page.goto(f"{address}/new")
    page.get_by_label("Caller").fill("Ada Brinkhoff")
    page.get_by_label("Short description").fill("second monitor stays black")
    page.get_by_label("Description", exact=True).fill(
        "Since the update this morning my right screen is black at the docking station. Replugging did not help."
    )
    page.get_by_role("heading", name="Similar resolved tickets").wait_for()


def ticket(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("grid", name="Open tickets").wait_for()
    number = page.locator("tbody tr").nth(4).get_attribute("data-id")
    page.goto(f"{address}/ticket?number={number}")
    page.get_by_role("heading", name="Fields").wait_for()


def articles(page: Page, address: str) -> None:
    page.goto(f"{address}/articles?article=KB00016")
    page.get_by_text("VPN connection drops every few minutes").first.wait_for()


def board(page: Page, address: str) -> None:
    settled(page, f"{address}/board")
    page.get_by_role("listitem").first.wait_for()


def major_incidents(page: Page, address: str) -> None:
    settled(page, f"{address}/majors")
    page.get_by_role("link", name="Open INC").first.wait_for()


def proposed_major_incident(page: Page, address: str) -> None:
    major_incidents(page, address)
    page.get_by_role("link", name="Open INC").first.click()
    page.get_by_role("button", name="Confirm major incident").wait_for()
    page.get_by_test_id("stVegaLiteChart").first.wait_for(state="attached")


def past_major_incident(page: Page, address: str) -> None:
    major_incidents(page, address)
    page.get_by_role("link", name="Open INC").last.click()
    page.get_by_role("heading", name="Roles").wait_for()


def restricted_ticket(page: Page, address: str) -> None:
    settled(page, f"{address}/ticket?number={security.NUMBER}")
    page.get_by_label("Your name").fill(security.LEAD)
    page.get_by_label("Your name").press("Enter")
    page.get_by_text("Only these see it").wait_for()


def tasks(page: Page, address: str) -> None:
    settled(page, f"{address}/tasks")
    page.get_by_role("grid").first.wait_for()


def coverage(page: Page, address: str) -> None:
    settled(page, f"{address}/coverage")
    page.get_by_test_id("stVegaLiteChart").first.wait_for(state="attached")


def results(page: Page, address: str) -> None:
    settled(page, f"{address}/results")


def evaluation(page: Page, address: str) -> None:
    settled(page, f"{address}/evaluation")


def data_quality(page: Page, address: str) -> None:
    settled(page, f"{address}/quality")


def imports(page: Page, address: str) -> None:
    row = "INC{0},printer {0} on floor 2 prints nothing,Print Services,Shipped abroad,0{0}/04/2024"
    rows = "\n".join(row.format(i) for i in range(1, 8))
    page.goto(f"{address}/import")
    export = f"Number,Summary,Crew,Status,Opened\n{rows}\n".encode()
    page.locator("input[type=file]").set_input_files({"name": "export.csv", "mimeType": "text/csv", "buffer": export})
    page.get_by_role("heading", name="Check the dates").wait_for()


def people_and_roles(page: Page, address: str) -> None:
    settled(page, f"{address}/people")


def api_keys(page: Page, address: str) -> None:
    settled(page, f"{address}/keys")


def values(page: Page, address: str) -> None:
    settled(page, f"{address}/values")


def label_changes(page: Page, address: str) -> None:
    settled(page, f"{address}/labels")


def notifications(page: Page, address: str) -> None:
    settled(page, f"{address}/notifications")


def models(page: Page, address: str) -> None:
    settled(page, f"{address}/models")


def _save(picture: bytes, path: Path) -> None:
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS).save(path, optimize=True)


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES: tuple[Callable[[Page, str], None], ...] = (
    queue,
    new_ticket,
    ticket,
    board,
    major_incidents,
    proposed_major_incident,
    past_major_incident,
    restricted_ticket,
    articles,
    tasks,
    coverage,
    results,
    evaluation,
    data_quality,
    imports,
    people_and_roles,
    api_keys,
    values,
    label_changes,
    notifications,
    models,
)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_services(home) as services:
            prepare(services)
        with desk_of(home) as (address, _):
            for scheme in SCHEMES:
                with browser_page(width=1440, height=900, color_scheme=scheme) as page:
                    for picture in PAGES:
                        picture(page, address)
                        at_rest(page)
                        page.wait_for_timeout(1000)  # charts draw themselves after the page has run
                        name = picture.__name__.replace("_", "-")
                        _save(page.screenshot(), IMAGES / f"{name}{'-dark' if scheme == 'dark' else ''}.png")


if __name__ == "__main__":
    main()
