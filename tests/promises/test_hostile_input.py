"""Sixty hostile texts through every face: shown as text, no request leaves the machine, no dialog, no formula."""

from __future__ import annotations

import csv
import io
from itertools import islice, product
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.desk.texts import article_html
from app.services.classified_file import harmless
from tests.app.widget.test_widget import FORM, form_at
from tests.browser import browser_page, desk_of
from tests.conftest import CHROMIUM

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

OUT = "http://203.0.113.9"
PLAIN = [
    "<script>alert(1)</script>",
    f"<img src={OUT}/a.png onerror=alert(1)>",
    f"<svg onload=alert(1)><image href={OUT}/b.png></svg>",
    f"<iframe src={OUT}></iframe>",
    f"<link rel=stylesheet href={OUT}/c.css><style>@import '{OUT}/d.css';</style>",
    f"<video src={OUT}/e.mp4 autoplay onerror=alert(1)></video>",
    f"<a href=\"javascript:alert(1)\">x</a><base href='{OUT}/'>",
    f"<meta http-equiv=refresh content='0;url={OUT}'>",
    f"<form action={OUT}><button autofocus onfocus=alert(1)>x</button></form>",
    "<details open ontoggle=alert(1)>x</details>",
    f"![pixel]({OUT}/f.png)",
    f"[click]({OUT}) [run](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>)",
    f"![ref][r]\n\n[r]: {OUT}/g.png",
    "$\\href{javascript:alert(1)}{x}$ $$\\unicode{<img/onerror=alert(1)>}$$",
    f"$\\includegraphics{{{OUT}/h.png}}$ \\(x^2\\) :red[x] :material/home:",
    "=cmd|' /C calc'!A0",
    f'=HYPERLINK("{OUT}","x") =IMPORTXML("{OUT}","//a")',
    "+SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
]
TAGS = ("script", "img", "svg", "iframe", "video", "form", "style", "meta", "link", "base")
WAYS = ["{}", "printer says \"'>{}<!--", "\t{}\r\n</textarea></script>{}"]
HOSTILE = [way.replace("{}", text) for way, text in islice(product(WAYS, PLAIN), 60)]


def watched(page: Page) -> list[str]:
    """Dialogs, and requests to anything but this machine."""
    seen = list[str]()
    page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda asked: seen.append(asked.url) if OUT in asked.url or "203.0.113.9" in asked.url else None)
    return seen


def test_in_files_no_cell_is_a_formula_and_articles_are_harmless() -> None:
    assert len(HOSTILE) == 60
    for text in HOSTILE:
        assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))
        shown = article_html(text).lower()
        assert not any(
            f"<{tag}" in shown for tag in ("script", "img", "svg", "iframe", "video", "form", "style", "meta")
        )
        assert '<a href="javascript' not in shown
        assert '<a href="data' not in shown


@needs_browser
def test_through_api_exports_desk_and_widget(sample_copy: Path, tmp_path: Path) -> None:
    with desk_of(sample_copy) as (address, api), httpx.Client(base_url=api, timeout=60) as http, browser_page() as page:
        for number, text in enumerate(HOSTILE):
            body = {"short_description": text[:200], "description": text, "resolution": text, "category": text[:100]}
            assert http.put(f"/v1/incidents/H{number}", json=body).status_code == 200
            open_one = {"short_description": f"{number} {text}"[:200], "description": text, "state": "new"}
            assert http.put(f"/v1/incidents/O{number}", json=open_one).status_code == 200
            article = {"id": f"HK{number}", "title": f"{number} {text}"[:200], "resolution": text, "workaround": text}
            assert http.post("/v1/articles", json=article).status_code == 201
        assert [http.get(f"/v1/incidents/H{number}").json()["description"] for number in range(60)] == list(HOSTILE)
        table = io.StringIO()
        csv.writer(table).writerows([("number", "description"), *(("T", text) for text in HOSTILE)])
        kind, headers = {"kind": "classify"}, {"content-type": "text/csv"}
        job = http.post("/v1/jobs", params=kind, content=table.getvalue(), headers=headers).json()["id"]
        with http.stream("GET", f"/v1/jobs/{job}/events") as stream:
            assert "finished" in "".join(stream.iter_text())
        for row in csv.DictReader(io.StringIO(http.get(f"/v1/jobs/{job}/result").text)):
            assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in row.values())
        seen = watched(page)
        with form_at(tmp_path, FORM.format(api=api)) as form:
            page.goto(form)
            for text in HOSTILE:
                with page.expect_response("**/v1/suggest"):
                    page.get_by_label("Description", exact=True).fill(text)
                page.wait_for_timeout(40)
            expect(page.get_by_role("heading", name="Similar incidents")).to_be_visible()
        page.goto(address)
        expect(page.get_by_role("grid", name="Open tickets")).to_be_visible()
        page.goto(f"{address}/articles")
        for text in HOSTILE[::12]:
            page.get_by_role("textbox", name="Search").fill(text.split("\n")[0][:100])
            page.keyboard.press("Enter")
            page.wait_for_timeout(700)
        page.goto(f"{address}/new")
        for text in HOSTILE[::12]:
            page.get_by_label("Short description").fill(text.split("\n")[0][:150])
            page.get_by_label("Caller").click()
            page.wait_for_timeout(900)
        expect(page.get_by_role("heading", name="Similar resolved tickets")).to_be_visible()
        assert page.locator("img[src*='203.0.113.9'], a[href*='203.0.113.9'], iframe[src*='203.0.113.9']").count() == 0
        assert not seen
