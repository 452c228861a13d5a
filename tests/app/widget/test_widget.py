from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import browser_page
from tests.conftest import served

FORM = """<!doctype html><title>A form</title><form>
<input id="short" aria-label="Short description"><textarea id="long" aria-label="Description"></textarea>
<input id="category" aria-label="Category">
<select id="group" aria-label="Group"><option></option><option>Network</option><option>Print Services</option></select>
</form><script src="{api}/widget.js" defer data-short-description="#short" data-description="#long"
 data-fields="category=#category, assignment_group=#group"></script>"""
FRAME = '<!doctype html><title>Around</title><iframe src="{api}/widget/frame" width="600" height="400"></iframe>'
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> printer [link](javascript:alert(3)) =cmd()"


class _Handler(SimpleHTTPRequestHandler):
    policy = ""

    def end_headers(self) -> None:
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def form_at(folder: Path, page: str, policy: str = "") -> Iterator[str]:
    """A page of another origin than the API's."""
    (folder / "form.html").write_text(page)
    handler = type("Handler", (_Handler,), {"policy": policy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/form.html"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def api(sample_copy: Path) -> Iterator[str]:
    with served(sample_copy) as address:
        yield address


def watched(page: Page) -> list[str]:
    """What a page does that it must not: dialogs, errors of scripts, requests to other machines."""
    seen = list[str]()
    page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: seen.append(f"error {error}"))
    page.on("request", lambda asked: seen.append(asked.url) if "//127.0.0.1:" not in asked.url else None)
    return seen


def test_a_bare_form_gets_suggestions_and_one_key_takes_them(api: str, tmp_path: Path) -> None:
    policy = f"default-src 'none'; script-src {api}; connect-src {api}"
    with form_at(tmp_path, FORM.format(api=api), policy) as address, browser_page() as page:
        seen = watched(page)
        page.goto(address)
        page.get_by_label("Description", exact=True).press_sequentially("vpn drops every few minutes at home", delay=15)
        expect(page.get_by_role("status")).to_contain_text("F8 takes")
        page.keyboard.press("F8")
        assert page.get_by_label("Category").input_value() == "VPN"
        assert page.get_by_label("Group").input_value() == "Network"
        expect(page.get_by_role("status")).to_contain_text("Taken: Category VPN")
        expect(page.get_by_role("heading", name="Similar incidents")).to_be_visible()
        expect(page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Category: VPN"))).to_have_text(
            "Category: VPN sure"
        )
        expect(page.get_by_label("Suggestions")).not_to_contain_text("%")
        assert not seen


def test_what_a_person_has_set_is_left_alone_and_a_late_answer_is_dropped(api: str, tmp_path: Path) -> None:
    with form_at(tmp_path, FORM.format(api=api)) as address, browser_page() as page:
        page.goto(address)
        held = []

        def hold_the_first(route: object) -> None:
            if not held:
                held.append(route)
            else:
                route.continue_()

        page.route("**/v1/suggest", hold_the_first)
        page.get_by_label("Category").fill("My own")
        page.get_by_label("Description", exact=True).fill("the printer on the second floor does not print")
        page.wait_for_timeout(300)
        page.get_by_label("Description", exact=True).fill("vpn drops every few minutes when i work from home")
        expect(page.get_by_role("button", name="Category: VPN")).to_be_visible()
        page.keyboard.press("F8")
        assert page.get_by_label("Category").input_value() == "My own"
        assert held
        expect(page.get_by_role("button", name="Category: VPN")).to_be_visible()
        page.get_by_label("Category").fill("")
        page.get_by_role("button", name="Category: VPN").focus()
        page.keyboard.press("Enter")
        assert page.get_by_label("Category").input_value() == "VPN"


def test_a_form_for_callers_shows_articles_as_links_and_no_tickets_of_others(api: str, tmp_path: Path) -> None:
    more = 'data-similar="off" data-article-link="https://desk.example/articles?article={id}"'
    form = FORM.format(api=api).replace("data-fields", f"{more} data-fields")
    with form_at(tmp_path, form) as address, browser_page() as page:
        page.goto(address)
        page.get_by_label("Description", exact=True).fill("vpn drops every few minutes at home")
        link = page.get_by_role("link", name="VPN connection drops every few minutes")
        expect(link).to_have_attribute("href", "https://desk.example/articles?article=KB00016")
        expect(page.get_by_role("heading", name="Similar incidents")).to_be_hidden()


def test_hostile_text_is_text(api: str, tmp_path: Path) -> None:
    incident = {"description": HOSTILE, "resolution": HOSTILE, "category": "Printing"}
    for number in range(3):
        httpx.put(f"{api}/v1/incidents/BAD{number}", json=incident | {"short_description": f"{HOSTILE} {number}"})
    with form_at(tmp_path, FORM.format(api=api)) as address, browser_page() as page:
        seen = watched(page)
        page.goto(address)
        page.get_by_label("Description", exact=True).fill(HOSTILE)
        expect(page.get_by_text("onerror=alert(1)").first).to_be_visible()
        page.wait_for_timeout(300)
        assert not seen


def test_the_frame_answers_the_page_around_it_and_no_other_may_frame_it(api: str, tmp_path: Path) -> None:
    with form_at(tmp_path, FRAME.format(api=api)) as address, browser_page() as page:
        seen = watched(page)
        page.goto(address)
        page.wait_for_function("frames.length === 1")
        page.wait_for_timeout(300)
        told = page.evaluate(
            """() => new Promise((done) => {
              addEventListener("message", (event) => done(event.data));
              frames[0].postMessage({triage: "ticket", description: "vpn drops every few minutes at home"}, "*");
            })"""
        )
        assert told["fields"]["category"]["value"] == "VPN"
        assert not seen
    headers = httpx.get(f"{api}/widget/frame").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    elsewhere = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    asked = httpx.options(f"{api}/v1/suggest", headers=elsewhere | {"access-control-request-headers": "content-type"})
    assert "access-control-allow-origin" not in asked.headers
    assert "elsewhere" not in headers["content-security-policy"]
