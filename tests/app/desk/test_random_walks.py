"""Random walks through the desk: typed text survives other pages, reloads and a service that was away."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.app.desk.conftest import OPEN
from tests.browser import browser_page
from tests.conftest import CHROMIUM, _stop, free_port, wait_for

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium"),
    pytest.mark.timeout(0),  # --walks may ask for hours
]

Texts = dict[tuple[str, str], str]  # by place and label

NEW, TICKET, ARTICLE = "new", f"ticket?number={OPEN[0]}", "articles?article=KB1&edit=1"
PLACES = {
    NEW: ("Caller", "Short description", "Description"),
    TICKET: ("New entry", "Resolution"),
    ARTICLE: ("Title", "Cause"),
}
OTHERS = ("Queue", "Board", "Major incidents", "Articles", "Tasks", "Coverage", "Results", "Import", "People and roles")
WORDS = ("printer", "vpn", "drops", "Ärger", "<b>bold</b>", "=1+1", "“quoted”", "screen", "since", "10:30", "**no**")
STEPS = 8


class Service:
    """The API over a data folder, which can be stopped and started again at the same address."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self._command = [sys.executable, "-m", "app", "--home", str(home), "serve", "--port", str(self.port)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if self._process is None:
            self._process = subprocess.Popen(self._command)
            wait_for(f"{self.address}/readyz")

    def stop(self) -> None:
        if self._process is not None:
            _stop(self._process)
            self._process = None


@contextmanager
def desk_in_front_of(service: Service, home: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "app", "--home", str(home), "desk", "--port", str(port), "--api", service.address]
    process = subprocess.Popen(command)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=label, exact=True)


def come_to(page: Page, place: str) -> None:
    """Come to a place where texts are written; to New ticket by its link, which leads to the ticket begun last."""
    if place == NEW:
        page.get_by_role("link", name="New ticket").click()
    else:
        page.goto(urljoin(page.url, place))
    see(page, place)


def see(page: Page, place: str) -> None:
    """Wait until a place shows its fields."""
    if place == TICKET:
        page.get_by_text("Who did what, and when").click()
    for label in PLACES[place]:
        expect(field(page, label)).to_be_visible()


def begin_resolution(page: Page) -> None:
    page.goto(urljoin(page.url, TICKET))
    page.get_by_role("button", name="Show KB1", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Resolve with this").click()
    expect(field(page, "Resolution")).to_be_visible()


def walk(page: Page, service: Service, seed: int) -> tuple[list[str], Texts, Texts]:
    """Take some random steps; returns them, what was typed into each field, and what stands there at the end."""
    chance, typed, steps = random.Random(seed), Texts(), list[str]()
    begin_resolution(page)
    place = list(PLACES)[seed % len(PLACES)]
    come_to(page, place)
    for _ in range(STEPS):
        step = chance.choice(("type", "type", "type", "page", "reload", "reload at once", "away"))
        steps.append(step)
        if step == "page":
            page.get_by_role("link", name=chance.choice(OTHERS), exact=True).click()
            page.wait_for_timeout(chance.randrange(600))
            place = chance.choice(list(PLACES))
            steps[-1] = place
            come_to(page, place)
        elif step in {"reload", "reload at once"}:
            page.wait_for_timeout(0 if step == "reload at once" else chance.randrange(1500))
            page.reload()
            see(page, place)
        elif step == "away":
            service.stop()
            for _ in range(2):
                typed |= write(page, place, chance)
                page.wait_for_timeout(chance.randrange(800))
            page.wait_for_timeout(chance.randrange(800))
            service.start()
            come_to(page, place)
        else:
            typed |= write(page, place, chance)
    return steps, typed, there(page, typed)


def write(page: Page, place: str, chance: random.Random) -> Texts:
    """Type a few words at the end of a field."""
    label = chance.choice(PLACES[place])
    field(page, label).focus()
    page.keyboard.press("End")
    page.keyboard.type(" ".join(["", *chance.choices(WORDS, k=3)]), delay=3)
    return {(place, label): field(page, label).input_value()}


def there(page: Page, typed: Texts) -> Texts:
    """Return what the fields hold once their pages have had time to show what they keep."""
    kept = Texts()
    for place in PLACES:
        written = {label: text for (where, label), text in typed.items() if where == place}
        if written:
            come_to(page, place)
        for label, text in written.items():
            with suppress(AssertionError):
                expect(field(page, label)).to_have_value(text, timeout=10_000)
            kept[place, label] = field(page, label).input_value()
    return kept


def test_no_text_is_lost_on_random_walks(small_home: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    home = shutil.copytree(small_home, tmp_path / "home")
    service = Service(home)
    lost = list[str]()
    try:
        service.start()
        with desk_in_front_of(service, home) as address:
            for seed in range(pytestconfig.getoption("--walks")):
                with browser_page(width=1440, height=900) as page:
                    page.goto(address)
                    steps, typed, kept = walk(page, service, seed)
                    if kept != typed:
                        lost.append(f"walk {seed} ({', '.join(steps)}): {typed} became {kept}")
    finally:
        service.stop()
    assert not lost, "\n".join(lost)


def test_a_ticket_logged_while_the_service_is_away_is_logged_afterwards(small_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(small_home, tmp_path / "home")
    service = Service(home)
    try:
        service.start()
        with desk_in_front_of(service, home) as address, browser_page(width=1440, height=900) as page:
            page.goto(address)
            come_to(page, NEW)
            service.stop()
            page.get_by_label("Description", exact=True).fill("the garage door does not open")
            expect(page.get_by_text("The service does not answer right now.")).to_have_count(1)
            page.keyboard.press("Control+Enter")
            expect(page.get_by_text("The service does not answer right now.")).to_have_count(2)
            expect(page.get_by_role("button", name="Try again")).to_have_count(2)
            service.start()
            page.get_by_role("button", name="Try again").first.click()
            expect(page.get_by_role("combobox", name="Category")).to_be_visible()
            expect(page.get_by_label("Description", exact=True)).to_have_value("the garage door does not open")
    finally:
        service.stop()
