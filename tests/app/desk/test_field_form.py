"""The fields of a ticket and the values to choose from, where the service was away for a moment."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.client import Client
from tests.app.desk.test_random_walks import Service, desk_in_front_of
from tests.browser import at_rest, browser_page
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


def test_values_are_there_as_soon_as_the_service_answers_again(small_home: Path, tmp_path: Path) -> None:
    home = shutil.copytree(small_home, tmp_path / "home")
    service = Service(home)
    try:
        service.start()
        with Client(service.address) as api:
            api.post_article({"id": "KB2", "title": "No paper", "category": "Printing"})
        with desk_in_front_of(service, home) as address, browser_page() as page:
            away = page.get_by_text("The service does not answer right now.")
            service.stop()
            for path in ("articles?category=Printing", "?group=Network"):
                page.goto(f"{address}/{path}")
                expect(away).to_be_visible()
                at_rest(page)
            service.start()
            page.get_by_role("button", name="Try again").click()
            expect(page.get_by_text("No open ticket matches.")).to_be_visible()
            expect(page.get_by_role("combobox", name="Team")).to_have_value("Network")
            expect(page).to_have_url(re.compile("group=Network"))
            page.goto(f"{address}/articles?category=Printing")
            expect(page.get_by_role("combobox", name="Category")).to_have_value("Printing")
    finally:
        service.stop()
