"""The widget: how long after the last key its suggestion is on the page, in a real browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from training.benchmarks.classification import read
from training.benchmarks.product import served
from training.benchmarks.serving import ASKED, history_of_forty_thousand

_TYPED = 100
_KEY_PAUSE_MS = 20
_FORM = """<!doctype html><title>A form</title><textarea id="text"></textarea><input id="category">
<script src="{api}/widget.js" defer data-description="#text" data-fields="category=#category"></script>"""
_WATCH = """() => {
  window.took = [];
  let last = 0;
  document.querySelector("#text").addEventListener("input", () => { last = performance.now(); }, true);
  const shown = () => window.took.push(performance.now() - last);
  document.addEventListener("triage:shown", () => requestAnimationFrame(shown));
}"""
_READ = "(before) => window.took.length > before ? window.took : null"


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Measure the milliseconds from the last key to the frame that shows the suggestion, on 40,000 incidents.

    Of each ticket all but the last word is there already; the last one is typed.
    """
    from playwright.sync_api import sync_playwright

    texts = [row["description"].split() for row in read(data / "tickets_category.csv.gz")[:ASKED]]
    home = history_of_forty_thousand(data, scratch)
    with served(home) as service, _form(service.address) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        page.evaluate(_WATCH)
        text = page.locator("#text")
        took = list[float]()
        for words in [words for words in texts if len(words) > 1][:_TYPED]:
            text.evaluate("(element, value) => { element.value = value; }", " ".join(words[:-1]) + " ")
            text.press_sequentially(words[-1], delay=_KEY_PAUSE_MS)
            took = page.wait_for_function(_READ, arg=len(took)).json_value()
        browser.close()
    shares = {f"p{share}_ms": round(float(np.percentile(took, share))) for share in (50, 95)}
    return {"typed": len(took), "first_ms": round(took[0]), **shares, "most_ms": round(max(took))}


@contextmanager
def _form(api: str) -> Iterator[str]:
    """Return the address of a page that has the widget of an API beside its form."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(_FORM.format(api=api).encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
