"""The views of the queue for a person's own tickets and those of their team."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from kb.records.life_cycle import Role
from tests.app.desk.conftest import SmallDesk
from tests.app.desk.test_two_people import log, visit
from tests.browser import choose
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


def listed(page: Page, *numbers: str) -> None:
    """Wait until these tickets are listed and no others."""
    expect(page.locator("tbody tr")).to_have_count(len(numbers))
    for number in numbers:
        expect(page.locator(f"tr[data-id={number}]")).to_be_visible()


def test_mine_lists_what_is_assigned_to_the_person(small_desk: SmallDesk, page: Page) -> None:
    log(small_desk, "MINE-1", assigned_to="Ada")
    log(small_desk, "MINE-2", assigned_to="Bo")
    page.goto(f"{small_desk.address}/?view=mine")
    expect(page.get_by_text("Enter your name on the left to see your tickets.")).to_be_visible()
    visit(page, small_desk.address, "Ada")
    page.get_by_role("radio", name="Mine").click()
    expect(page).to_have_url(re.compile(r"[?&]view=mine"))
    listed(page, "MINE-1")


def test_my_team_is_asked_once_and_a_link_to_another_team_leaves_it(small_desk: SmallDesk, page: Page) -> None:
    log(small_desk, "TEAM-1", assignment_group="Network")
    log(small_desk, "TEAM-2", assignment_group="Print Services")
    visit(page, f"{small_desk.address}/?view=team", "Cleo")
    expect(page.get_by_text("Choose your team to see its tickets.")).to_be_visible()
    choose(page, "Your team", "Network")
    listed(page, "TEAM-1")
    expect(page).to_have_url(re.compile(r"[?&]team=Network"))
    visit(page, f"{small_desk.address}/?view=team&team=Print+Services", "Cleo")
    listed(page, "TEAM-2")
    page.get_by_role("radio", name="All").click()
    expect(page).not_to_have_url(re.compile("team="))
    page.get_by_role("radio", name="My team").click()
    listed(page, "TEAM-1")


def test_a_named_group_that_tickets_go_to_is_the_team(small_desk: SmallDesk, page: Page) -> None:
    log(small_desk, "TEAM-1", assignment_group="Network")
    small_desk.api.give_role("Dana", Role.CONTRIBUTOR, groups=["CERT", "Network"])
    visit(page, small_desk.address, "Dana")
    page.get_by_role("radio", name="My team").click()
    listed(page, "TEAM-1")
