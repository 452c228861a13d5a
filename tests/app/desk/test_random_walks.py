"""Random walks through the desk: typed text survives other pages, reloads and a service that was away."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import browser_page
from tests.conftest import CHROMIUM, _stop, free_port, wait_for

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium"),
    pytest.mark.timeout(0),  # --walks may ask for hours
]

FIELDS = ("Caller", "Short description", "Description")
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


def to_the_form(page: Page) -> None:
    page.get_by_role("link", name="New ticket").click()
    expect(page.get_by_label("Description", exact=True)).to_be_visible()


def walk(page: Page, service: Service, seed: int) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Take some random steps; returns them, what was typed into each field, and what stands there at the end."""
    chance, typed, steps = random.Random(seed), dict[str, str](), list[str]()
    to_the_form(page)
    for _ in range(STEPS):
        step = chance.choice(("type", "type", "type", "page", "reload", "reload at once", "away"))
        steps.append(step)
        if step == "page":
            page.get_by_role("link", name=chance.choice(OTHERS), exact=True).click()
            page.wait_for_timeout(chance.randrange(600))
            to_the_form(page)
        elif step in {"reload", "reload at once"}:
            page.wait_for_timeout(0 if step == "reload at once" else chance.randrange(1500))
            page.reload()
            expect(page.get_by_label("Description", exact=True)).to_be_visible()
        elif step == "away":
            service.stop()
            typed |= write(page, chance)
            page.wait_for_timeout(chance.randrange(800))
            service.start()
        else:
            typed |= write(page, chance)
    return steps, typed, there(page, typed)


def write(page: Page, chance: random.Random) -> dict[str, str]:
    """Type a few words at the end of a field."""
    label = chance.choice(FIELDS)
    field = page.get_by_label(label, exact=True)
    field.focus()
    page.keyboard.press("End")
    page.keyboard.type(" ".join(["", *chance.choices(WORDS, k=3)]), delay=3)
    return {label: field.input_value()}


def there(page: Page, typed: dict[str, str]) -> dict[str, str]:
    """Return what the fields hold once the page has had time to show what it keeps."""
    to_the_form(page)
    for label, text in typed.items():
        try:
            expect(page.get_by_label(label, exact=True)).to_have_value(text, timeout=10_000)
        except AssertionError:
            break
    return {label: page.get_by_label(label, exact=True).input_value() for label in typed}


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
            to_the_form(page)
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
