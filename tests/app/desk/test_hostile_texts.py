"""Hostile texts wherever somebody can write one: each page shows them as text, and asks nobody outside for anything."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FilePayload, Page, expect

from app.client import Client
from kb.records.api_key import Scope
from kb.records.life_cycle import Role
from tests.app.desk.conftest import OPEN, SmallDesk
from tests.app.desk.test_accessibility import PAGES, settled
from tests.conftest import CHROMIUM
from tests.promises.test_hostile_input import HOSTILE, watched

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

ALL = "\n".join(HOSTILE)
LINES = [text.replace("\r", " ").replace("\n", " ").replace("\t", " ").strip() for text in HOSTILE]
CALLED_SCRIPT = LINES[0]

# Pages that show no text of these here: figures, jobs, models, a page without what its address names, another ticket.
SILENT = {"coverage", "evaluation", "import", "major", "models", "new", "notifications", "quality", "results"}
SILENT |= {f"ticket?number={OPEN[0]}"}

SHOWN = "() => /<script>|onerror=|<iframe/.test(document.body.innerText)"

# A link in an article's text may lead outside, where it says so; nothing else may, and nothing is fetched.
LED_ASTRAY = """() => [...document.querySelectorAll('a:not([rel~=noopener]), form, img, iframe, video, link')].filter(
    (one) => [one.href, one.action, one.src].some((url) => /^(https?:..203|javascript|data:text)/.test(String(url)))
).map((one) => one.outerHTML)"""


def plant(api: Client) -> str:
    """Write the texts into tickets, articles, people, keys, values and a major incident; returns the latter's id."""
    api.put_incidents(
        [
            {
                "number": f"HOSTILE-{place} {text}"[:60],
                "short_description": text[:200],
                "description": ALL,
                "caller": text[:100],
                "category": text[:100],
                "assignment_group": text[:100],
                "service": text[:100],
                "priority": text[:100],
                "resolution": text,
                "state": "new" if place % 2 else "resolved",
            }
            for place, text in enumerate(LINES)
        ]
    )
    for place, text in enumerate(LINES[:20]):
        article = {"id": f"HK{place}", "title": text[:200], "resolution": ALL, "workaround": text, "cause": ALL}
        api.post_article({**article, "category": text[:100], "by": text[:100]})
        api.flag_article(f"HK{place}", "wrong", text, by=text[:100])
        api.give_role(text[:80].replace("/", "|"), Role.PUBLISHER, groups=[text[:80]], by=text[:80])
        api.make_key(text[:80], [Scope.SUGGEST], groups=[text[:80]])
        api.change_label("category", text[:100], [f"{place} {text}"[:90]], by=text[:80])
        api.not_found(text, by=text[:80])
    api.set_catalogue("category", [text[:100] for text in LINES])
    api.set_states({text[:60]: "waiting" for text in LINES[:20]}, by=CALLED_SCRIPT)
    api.put_incident("HOSTILE-MAJOR", {"short_description": CALLED_SCRIPT, "description": ALL, "state": "new"})
    major = api.declare_major("HOSTILE-MAJOR", by=CALLED_SCRIPT).id
    room = api.major(major)
    room.describe(resources=ALL, investigation=ALL, workaround=ALL, criteria=[LINES[1], LINES[10]], by=CALLED_SCRIPT)
    room.add_task(LINES[1], by=LINES[2])
    room.add_entry(ALL, pinned=True, by=LINES[3])
    room.send("users", LINES[4], ALL, by=LINES[5])
    room.hand_over("manager", LINES[6], expected=None, note=LINES[7], by=LINES[8])
    room.add_action(LINES[9], by=LINES[10])
    return major


def test_every_page_shows_them_as_text(small_desk: SmallDesk, page: Page) -> None:
    major = plant(small_desk.api)
    seen, asked = watched(page), set[str]()
    page.on("request", lambda request: asked.add(urlsplit(request.url).hostname or ""))
    tickets = [one.incident.number for one in small_desk.api.queue(limit=100).incidents]
    hostile = next(number for number in tickets if number.startswith("HOSTILE-1 "))
    parts = [f"major?id={major}&room={part}" for part in ("work", "timeline", "messages", "children", "review")]
    paths = [*PAGES, "ticket?number=HOSTILE-MAJOR", "articles?article=HK0", "articles?article=HK10", *parts]
    shown = set[str]()
    for path in paths:
        settled(page, f"{small_desk.address}/{path}")
        assert page.get_by_test_id("stException").count() == 0, path
        if path not in SILENT:
            page.wait_for_function(SHOWN)
        assert page.evaluate(LED_ASTRAY) == [], path
        if page.evaluate(SHOWN):
            shown.add(path)
    settled(page, f"{small_desk.address}/new")
    page.get_by_label("Description", exact=True).fill(ALL)
    expect(page.get_by_role("heading", name="Similar resolved tickets")).to_be_visible()
    settled(page, f"{small_desk.address}/?text={hostile[:9]}")
    expect(page.locator("tbody")).to_contain_text("<script>")
    settled(page, f"{small_desk.address}/import")
    file = io.StringIO()
    rows = [(str(place), text, text) for place, text in enumerate(LINES)]
    csv.writer(file).writerows([("Number", "<img src=x onerror=alert(1)>", "State"), *rows])
    export = FilePayload(name="<b>hostile.csv", mimeType="text/csv", buffer=file.getvalue().encode())
    page.locator("input[type=file]").set_input_files(export)
    expect(page.get_by_text(re.compile("Check the columns"))).to_be_visible()
    assert page.evaluate(LED_ASTRAY) == []
    assert not seen
    assert asked <= {"127.0.0.1", ""}  # not even an icon comes from elsewhere; data and blob addresses name no host
    assert set(paths) - shown == SILENT
