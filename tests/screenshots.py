"""Take the documentation's pictures from the running product, in light and dark: `make screenshots`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from app.composition import open_services
from app.sample.preparation import prepare
from tests.browser import browser_page, desk_of

IMAGES = Path(__file__).parent.parent / "docs" / "images"


def queue(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("grid", name="Open tickets").wait_for()
    page.get_by_role("button", name="Accept and next").wait_for()


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


def tasks(page: Page, address: str) -> None:
    page.goto(f"{address}/tasks")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_timeout(5000)


def coverage(page: Page, address: str) -> None:
    page.goto(f"{address}/coverage")
    page.get_by_test_id("stVegaLiteChart").first.wait_for(state="attached")


def results(page: Page, address: str) -> None:
    page.goto(f"{address}/results")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_timeout(3000)


def imports(page: Page, address: str) -> None:
    row = "INC{0},printer {0} on floor 2 prints nothing,Print Services,Shipped abroad,0{0}/04/2024"
    rows = "\n".join(row.format(i) for i in range(1, 8))
    page.goto(f"{address}/import")
    export = f"Number,Summary,Crew,Status,Opened\n{rows}\n".encode()
    page.locator("input[type=file]").set_input_files({"name": "export.csv", "mimeType": "text/csv", "buffer": export})
    page.get_by_role("heading", name="Check the dates").wait_for()


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES: tuple[Callable[[Page, str], None], ...] = (
    queue,
    new_ticket,
    ticket,
    articles,
    tasks,
    coverage,
    results,
    imports,
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
                        page.wait_for_timeout(1500)
                        name = picture.__name__.replace("_", "-")
                        page.screenshot(path=IMAGES / (f"{name}.png" if scheme == "light" else f"{name}-dark.png"))


if __name__ == "__main__":
    main()
