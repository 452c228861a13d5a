"""Every page for everybody: no serious fault that axe-core finds, in light and dark, and no sideways scrolling."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import app.desk
from tests.app.desk.conftest import OPEN, SmallDesk
from tests.browser import at_rest, browser_page

MAIN = Path(app.desk.__path__[0]) / "main.py"
PAGES = [
    {"ticket": f"ticket?number={OPEN[0]}", "articles": "articles?article=KB1"}.get(path, path)
    for path in re.findall(r'url_path="(\w+)"', MAIN.read_text(encoding="utf-8"))
]
GRAVE = {"serious", "critical"}
CONTEXT = {
    "exclude": [["[data-testid=stSidebarNavItems]"]]
}  # Streamlit's own list of pages, which nothing here can mend


STILL = "* { transition: none !important; animation: none !important }"  # colours are read as they end, not half faded


def settled(page: Page, address: str) -> None:
    """Open a page and wait until it shows its heading, runs no more and has nothing left of the run before."""
    page.goto(address)
    page.add_style_tag(content=STILL)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    at_rest(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault(small_desk: SmallDesk, scheme: Literal["light", "dark"]) -> None:
    assert len(PAGES) > 10
    axe, faults = Axe(), dict[str, list[str]]()
    with browser_page(width=1440, height=900, color_scheme=scheme) as page:
        for path in PAGES:
            settled(page, f"{small_desk.address}/{path}")
            found = axe.run(page, CONTEXT, options={"resultTypes": ["violations"]}).response["violations"]
            grave = [
                f"{one['id']}: {node['target']} {node['html'][:200]}"
                for one in found
                if one["impact"] in GRAVE
                for node in one["nodes"]
            ]
            if grave:
                faults[path] = grave
    assert faults == {}, "\n".join(f"{path}: {fault}" for path, listed in faults.items() for fault in listed)


@pytest.mark.parametrize("width", [400, 1000])
def test_no_page_scrolls_sideways(small_desk: SmallDesk, width: int) -> None:
    wide = dict[str, int]()
    with browser_page(width=width, height=900) as page:
        for path in PAGES:
            settled(page, f"{small_desk.address}/{path}")
            needed = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
            if needed > page.evaluate("document.querySelector('[data-testid=stMain]').clientWidth") + 1:
                wide[path] = needed
    assert wide == {}
