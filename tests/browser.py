"""A real browser, and the real service and desk to point it at."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.conftest import CHROMIUM, _stop, free_port, served, wait_for

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_PATIENCE_MS = 90_000
expect.set_options(timeout=_PATIENCE_MS)


@contextmanager
def desk_of(home: Path) -> Iterator[tuple[str, str]]:
    """API and desk over a data folder, as their own processes; gives both addresses."""
    port = free_port()
    with served(home) as api:
        desk = subprocess.Popen(
            [sys.executable, "-m", "app", "--home", str(home), "desk", "--port", str(port), "--api", api]
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}", api
        finally:
            _stop(desk)


@contextmanager
def browser_page(
    *,
    width: int = 1360,
    height: int = 1000,
    color_scheme: Literal["light", "dark"] = "light",
    locale: str = "en-US",
) -> Iterator[Page]:
    """A page of a fresh Chromium, for a reader who prefers light or dark, and a language."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            size: ViewportSize = {"width": width, "height": height}
            page = browser.new_page(viewport=size, color_scheme=color_scheme, locale=locale)
            page.set_default_timeout(_PATIENCE_MS)
            yield page
        finally:
            browser.close()


def at_rest(page: Page) -> None:
    """Wait until the page has run, shows nothing of a run before, and has stayed so for half a second."""
    page.wait_for_function(
        """() => {
            const app = document.querySelector("[data-testid=stApp]");
            const rests = app?.dataset.testScriptState === "notRunning" && !document.querySelector("[data-stale=true]");
            const now = performance.now();
            window.restsSince = rests ? window.restsSince ?? now : undefined;
            return rests && now - window.restsSince > 500;
        }"""
    )
    page.evaluate("() => { window.restsSince = undefined }")


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a select box, once its list has settled on what was typed, and wait until the page has run anew."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.keyboard.press("Control+a")
    page.keyboard.type(option)
    listed = page.get_by_role("option")
    expect(listed.filter(has_text=option).first).to_be_visible()
    before = list[str]()
    while not before or listed.all_inner_texts() != before:
        before = listed.all_inner_texts()
        page.wait_for_timeout(300)
    listed.filter(has_text=re.compile(f"^{re.escape(option)}")).first.click()
    expect(page.get_by_role("listbox")).to_have_count(0)
    at_rest(page)
