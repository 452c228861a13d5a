"""Major incidents on top of an open queue: what somebody else declares or decides shows there and is not undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.client import Client
from app.composition import open_services
from kb.records.incident import Incident
from tests.app.desk.conftest import SmallDesk
from tests.app.desk.test_ticket import HeldLine
from tests.app.desk.test_two_people import visit
from tests.browser import desk_of
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """A desk with one proposed major incident."""
    home, now = tmp_path / "home", datetime.now(UTC)
    with open_services(home) as services:
        services.store.put_incidents([Incident("IN9", "mail is slow", state="new", opened_at=now)])
        services.major_proposals.join(["IN9"], now)
    with desk_of(home) as (address, api), Client(api) as client:
        yield SmallDesk(address, client)


def test_what_somebody_else_decides_shows_within_five_seconds(desk: SmallDesk, page: Page) -> None:
    visit(page, desk.address, "Ben")
    expect(page.get_by_role("button", name="Dismiss")).to_be_visible()
    desk.api.decide_major("IN9", "accepted", by="Ada")
    expect(page.get_by_role("button", name="Dismiss")).to_have_count(0, timeout=5000)
    expect(page.get_by_text("Major incident · ")).to_be_visible()


def test_an_old_row_reverses_nobodys_decision(desk: SmallDesk, page: Page) -> None:
    line = HeldLine(page)
    visit(page, desk.address, "Ben")
    expect(page.get_by_role("button", name="Dismiss")).to_be_visible()
    line.hold()
    desk.api.decide_major("IN9", "accepted", by="Ada")
    page.get_by_role("button", name="Dismiss").click()
    line.wait_for_answer()
    line.release()
    expect(
        page.get_by_text("somebody has decided meanwhile: IN9 · Confirmed as a major incident · Ada")
    ).to_be_visible()
    assert desk.api.major_incident("IN9").decision == "accepted"
