"""The desk: how long each page takes on a big desk, beside a page of Streamlit with nothing on it."""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.benchmarks.classification import read, write
from training.benchmarks.product import run, served
from training.benchmarks.workbench import big_desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

OPEN = 2_000
ROUNDS = 7
TYPED = 30
_STREAMLIT = (
    "--server.headless=true",
    "--server.address=127.0.0.1",
    "--server.fileWatcherType=none",
    "--browser.gatherUsageStats=false",
)
_TABLE = "tbody tr"
_TEXT = ".t-writing textarea"
_FORM = "[data-testid=stMain] [data-testid=stTextInputField]"
_COMPONENT = "[data-testid=stMain] [data-testid=stBidiComponentRegular] *"
FIRST_USEFUL = {
    "": _TABLE,
    "new": _TEXT,
    "ticket?number=OPEN7": "[data-testid=stMain] .stSelectbox",
    "board": "[data-testid=stMain] li",
    "majors": "[data-testid=stMain] h2",
    "articles": _TABLE,
    "tasks": _TABLE,
    "coverage": "[data-testid=stMetric], table",
    "results": _COMPONENT,
    "evaluation": "[data-testid=stBaseButton-primary], [data-testid=stBaseButton-secondary]",
    "quality": "[data-testid=stMain] [data-testid=stBaseButton-primary]",
    "import": "[data-testid=stFileUploaderDropzone]",
    "people": _FORM,
    "keys": _FORM,
    "values": _COMPONENT,
    "labels": "[data-testid=stMain] [data-testid=stSelectbox]",
    "notifications": "[data-testid=stMain] [data-testid=stAlert]",
    "models": _COMPONENT,
}
"""By the address of a page: what a reader can first do something with."""

_SHOWN = """(selector) => [...document.querySelectorAll(selector)].some((one) => one.checkVisibility())
  && performance.now() / 1000"""

_WATCH = """(text) => new Promise((resolve) => {
  const field = document.querySelector(".t-writing textarea");
  const started = performance.now();
  const shown = () => document.querySelector("[data-testid=stMain] .stSelectbox");
  new MutationObserver((_, watching) => {
    if (!shown()) return;
    watching.disconnect();
    requestAnimationFrame(() => resolve((performance.now() - started) / 1000));
  }).observe(document.body, { childList: true, subtree: true });
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Measure every page on 50,000 incidents, 5,000 articles and 2,000 open tickets, and a suggestion while typing.

    Of each page the median of several loads, from asking for the address to its first useful content, as a ratio to
    the same of a page of Streamlit with one line of text; both are asked for in turn.
    """
    from playwright.sync_api import sync_playwright

    home = big_desk(data, scratch)
    _open_tickets(data, scratch, home)
    empty = scratch / "empty.py"
    empty.write_text("import streamlit as st\n\nst.title('Empty')\nst.write('Nothing here.')\n", encoding="utf-8")
    with (
        served(home) as service,
        _answering("app", "--home", str(home), "desk", "--api", service.address, "--port") as desk,
        _answering("streamlit", "run", *_STREAMLIT, str(empty), "--server.port") as nothing,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        took: dict[str, list[float]] = {path: [] for path in FIRST_USEFUL}
        took_empty = list[float]()
        for turn in range(ROUNDS + 1):  # the first fills the caches and does not count
            for path, selector in FIRST_USEFUL.items():
                beside = _loaded(page, nothing, "[data-testid=stMarkdown]")
                seconds = _loaded(page, f"{desk}/{path}", selector)
                if turn:
                    took_empty.append(beside)
                    took[path].append(seconds)
        suggested = _typed(page, desk, data)
        browser.close()
    base = statistics.median(took_empty)
    return {
        "empty_page_ms": round(1000 * base),
        "ratios": {path or "queue": round(statistics.median(seconds) / base, 2) for path, seconds in took.items()},
        "suggestion_p50_ms": round(1000 * statistics.median(suggested)),
        "suggestion_p95_ms": round(1000 * statistics.quantiles(suggested, n=20)[-1]),
    }


def _open_tickets(data: Path, scratch: Path, home: Path) -> None:
    now = datetime.now(UTC)
    rows = read(data / "tickets_category.csv.gz")
    waiting = [
        {
            "number": f"OPEN{n}",
            "short_description": " ".join(rows[-n - 1]["description"].split()[:8]),
            "description": f"{rows[-n - 1]['description']} {n}",
            "caller": f"Caller {n % 400}",
            "assignment_group": f"Team {n % 12}",
            "state": "new",
            "opened": (now - timedelta(minutes=20 * n)).isoformat(),
        }
        for n in range(OPEN)
    ]
    write(scratch / "open.csv", waiting)
    run(home, "import", "incidents", str(scratch / "open.csv"), statuses=(0, 1))
    run(home, "train")
    run(home, "worklist", "--limit", "1")  # else the page of tasks would say that they are being looked for


@contextmanager
def _answering(*command: str) -> Iterator[str]:
    """Return the address of a desk or page that a module of Python serves, on the port that ends its command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", *command, str(port)], stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=10).close()  # noqa: S310 (our own)
                break
            except (urllib.error.URLError, ConnectionError):
                if process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _loaded(page: Page, address: str, selector: str) -> float:
    """Return the seconds from asking for a page to the first frame that shows something useful."""
    page.goto(address, wait_until="commit")
    return float(page.wait_for_function(_SHOWN, arg=selector, timeout=120_000).json_value())


def _typed(page: Page, desk: str, data: Path) -> list[float]:
    """Return the seconds from the last key of new tickets to the frame that shows their suggested fields."""
    seconds = list[float]()
    for row in read(data / "tickets_category.csv.gz")[:TYPED]:
        page.goto(f"{desk}/new")
        field = page.locator(_TEXT).first
        field.wait_for()
        page.wait_for_timeout(1500)
        seconds.append(float(page.evaluate(_WATCH, row["description"])))
        page.get_by_role("button", name="Start another ticket").click()
        page.wait_for_timeout(500)
    return seconds
