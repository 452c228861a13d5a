"""Addresses: the page of every list, and what is chosen beside it, can be sent to a colleague."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from app.client import Client
from app.composition import open_services
from kb.records.article import Article
from kb.records.incident import Incident
from tests.app.desk.conftest import SmallDesk
from tests.browser import at_rest, desk_of
from tests.conftest import CHROMIUM, printers_and_vpn

with_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")


@pytest.fixture(scope="module")
def long_lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    """A desk whose lists have a second page of one entry: articles, cases of an article, and teams of the board."""
    home = tmp_path_factory.mktemp("long") / "home"
    with open_services(home) as services:
        teams = [
            Incident(f"TEAM{at:02}", f"the lift stands still {at}", state="new", assignment_group=f"Team {at:02}")
            for at in range(11)
        ]
        services.store.put_incidents([*printers_and_vpn(26), *teams])
        services.store.articles.put([Article(f"KB{at:02}", f"Article {at}", resolution="Wait.") for at in range(51)])
        for at in range(26):
            services.knowledge.link("KB00", f"P{at}", by="Ada")
            services.knowledge.link("KB00", f"V{at}", by="Ada")
        services.workbench.refresh()
    with desk_of(home) as (address, api), Client(api) as client:
        yield SmallDesk(address, client)


@with_browser
@pytest.mark.parametrize(
    ("address", "first", "rest"),
    [("articles?", 50, 1), ("coverage?cases=article-KB00", 50, 2)],
)
def test_the_page_of_a_list_stands_in_the_address(
    long_lists: SmallDesk, page: Page, address: str, first: int, rest: int
) -> None:
    page.goto(f"{long_lists.address}/{address}")
    expect(page.locator("tbody tr")).to_have_count(first)
    page.get_by_role("spinbutton", name="Page").fill("2")
    page.get_by_role("spinbutton", name="Page").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(rest)
    expect(page).to_have_url(re.compile(r"[?&]page=2"))
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(rest)


@with_browser
def test_lanes_of_the_board_and_the_tickets_of_a_column_stand_in_the_address(long_lists: SmallDesk, page: Page) -> None:
    page.goto(f"{long_lists.address}/board?by=group&page=2&cards=10")
    expect(page.get_by_role("heading", name="Team 10 1 ticket")).to_be_visible()
    expect(page.get_by_role("combobox", name="Tickets in each column")).to_have_value("10 each")
    at_rest(page)
    page.get_by_test_id("stButtonGroup").get_by_text("No lanes").click()
    expect(page.get_by_text("TEAM00")).to_be_visible()
    expect(page).not_to_have_url(re.compile("page="))


@with_browser
def test_when_an_article_was_changed_is_told_to_the_minute_under_the_pointer(long_lists: SmallDesk, page: Page) -> None:
    page.goto(f"{long_lists.address}/articles")
    changed = page.locator("tbody tr").first.locator("td").last
    expect(changed).to_have_attribute("title", re.compile(r"^\d+/\d+/\d+, \d+:\d+"))


def shown_page(asked: str, at: int | None, total: int, before: tuple[str, int] | None = None) -> tuple[int, list[int]]:
    """Return the page that is shown of a list, ten a page, and the offsets that were read."""

    def listing() -> None:
        import streamlit as st

        from app.desk.address import page_in_address, paged

        state = st.session_state
        state["read"] = []

        def read(offset: int) -> int:
            state["read"].append(offset)
            return int(state["total"])

        paged("list", read, lambda found: found, size=10, asked=state["asked"])
        state["page"] = page_in_address()

    shown = AppTest.from_function(listing)
    for name, value in {"asked": asked, "total": total, "paged-list": before}.items():
        if value is not None:
            shown.session_state[name] = value
    if at is not None:
        shown.query_params["page"] = str(at)
    shown.run()
    return shown.session_state["page"], shown.session_state["read"]


@pytest.mark.parametrize(
    ("at", "total", "before", "page", "read"),
    [
        (None, 30, None, 1, [0]),
        (3, 30, None, 3, [20]),
        (9, 30, None, 3, [80, 20]),
        (3, 0, None, 1, [20, 0]),
        (2, 30, ("printer", 2), 1, [0]),
        (2, 30, ("vpn", 2), 2, [10]),
        (2, 30, ("printer", 1), 2, [10]),
    ],
)
def test_a_page_is_one_that_there_is_and_other_filters_begin_at_the_first(
    at: int | None, total: int, before: tuple[str, int] | None, page: int, read: list[int]
) -> None:
    assert shown_page("vpn", at, total, before) == (page, read)
