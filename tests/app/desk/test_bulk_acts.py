"""Acts on many tickets of the queue: summed up, done to each apart, told where they are refused, undone as one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.client import Client
from kb.practice.practice_file import PRACTICE_FILE, default_practice
from kb.vocabulary.stage import Stage
from tests.app.desk.conftest import SmallDesk
from tests.app.desk.test_two_people import log, visit
from tests.browser import desk_of
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

LIMIT = "\nboard: {person: 1, over_limit: refuse}\n"


@pytest.fixture(scope="module")
def small_desk(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    """A desk at which nobody may work on more than one ticket at a time."""
    home = shutil.copytree(small_home, tmp_path_factory.mktemp("bulk") / "home")
    practice = default_practice().split("\nboard:")[0]
    (home / PRACTICE_FILE).write_text(practice + LIMIT, encoding="utf-8")
    with desk_of(home) as (address, api), Client(api) as client:
        yield SmallDesk(address, client)


def tick(page: Page, small_desk: SmallDesk, *numbers: str) -> None:
    visit(page, f"{small_desk.address}/?text={numbers[0].split('-')[0]}", "Ada")
    for number in numbers:
        page.get_by_role("checkbox", name=number).check()


def pick(dialog: Locator, field: str, value: str) -> None:
    dialog.get_by_role("combobox", name=field).fill(value)
    dialog.page.get_by_role("option", name=value, exact=True).click()


def dialog_of(page: Page, button: str) -> Locator:
    page.get_by_role("button", name=button).click()
    return page.get_by_role("dialog")


def test_group_and_priority_of_many_tickets_are_set_after_a_summary_and_undone(
    small_desk: SmallDesk, page: Page
) -> None:
    numbers = [log(small_desk, f"GROUP-{at}") for at in range(3)]
    small_desk.api.act([{"number": numbers[0], "act": "set", "fields": {"assignment_group": "Network"}}], by="Bo")
    small_desk.api.act(
        [{"number": numbers[1], "act": "set", "fields": {"priority": "3", "assignment_group": "X"}}], by="Bo"
    )
    tick(page, small_desk, *numbers)
    dialog = dialog_of(page, "Assign or change 3 tickets")
    expect(dialog.get_by_role("button", name="Choose a value")).to_be_disabled()
    pick(dialog, "Assignment group", "Network")
    expect(dialog.get_by_text(f"{numbers[1]} Assignment group: Network (now X)")).to_be_visible()
    expect(dialog.get_by_text(f"{numbers[2]} Assignment group: Network (now empty)")).to_be_visible()
    expect(dialog.get_by_text("1 ticket has these values already.")).to_be_visible()
    dialog.get_by_role("button", name="Change 2 tickets").click()
    expect(page.get_by_text("Changed 2 tickets.", exact=True)).to_be_visible()
    assert [small_desk.api.incident(number).assignment_group for number in numbers] == ["Network"] * 3
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    assert [small_desk.api.incident(number).assignment_group for number in numbers] == ["Network", "X", None]


def test_a_limit_refuses_some_of_many_tickets_and_says_so(small_desk: SmallDesk, page: Page) -> None:
    numbers = [log(small_desk, f"LIMIT-{at}", state="in progress") for at in range(2)]
    tick(page, small_desk, *numbers)
    dialog = dialog_of(page, "Assign or change 2 tickets")
    pick(dialog, "Assigned to", "Ada")
    dialog.get_by_role("button", name="Change 2 tickets").click()
    words = "Changed 1 ticket. 1 ticket was left as it is: LIMIT-[01]: the work of Ada has .* of at most 1 incidents"
    expect(page.get_by_role("status").get_by_text(re.compile(words))).to_be_visible()
    assert sorted(small_desk.api.incident(number).assigned_to or "" for number in numbers) == ["", "Ada"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    assert [small_desk.api.incident(number).assigned_to for number in numbers] == [None, None]


def test_what_somebody_else_set_meanwhile_stays(small_desk: SmallDesk, page: Page) -> None:
    numbers = [log(small_desk, f"MEANWHILE-{at}") for at in range(2)]
    tick(page, small_desk, *numbers)
    dialog = dialog_of(page, "Assign or change 2 tickets")
    pick(dialog, "Assignment group", "Network")
    expect(dialog.get_by_role("button", name="Change 2 tickets")).to_be_enabled()
    small_desk.api.act(
        [{"number": numbers[0], "act": "set", "fields": {"assignment_group": "Print Services"}}], by="Bo"
    )
    dialog.get_by_role("button", name="Change 2 tickets").click()
    expect(page.get_by_text(f"{numbers[0]}: assignment group is “Print Services” now")).to_be_visible()
    groups = [small_desk.api.incident(number).assignment_group for number in numbers]
    assert groups == ["Print Services", "Network"]


def test_many_tickets_are_resolved_with_one_text_and_undone(small_desk: SmallDesk, page: Page) -> None:
    numbers = [log(small_desk, f"RESOLVE-{at}") for at in range(2)]
    tick(page, small_desk, *numbers)
    dialog = dialog_of(page, "Resolve 2 tickets")
    for number in numbers:
        expect(dialog.get_by_text(number)).to_be_visible()
    expect(dialog.get_by_role("button", name="Resolve 2 tickets")).to_be_disabled()
    dialog.get_by_label("Resolution").fill("The print server was restarted.")
    dialog.get_by_role("button", name="Resolve 2 tickets").click()
    expect(page.get_by_text("Resolved 2 tickets.", exact=True)).to_be_visible()
    for number in numbers:
        kept = small_desk.api.incident(number)
        assert (kept.stage, kept.resolution) == (Stage.RESOLVED, "The print server was restarted.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    assert {small_desk.api.incident(number).stage for number in numbers} == {Stage.NEW}


def test_a_ticket_that_somebody_took_meanwhile_is_not_resolved_with_the_others(
    small_desk: SmallDesk, page: Page
) -> None:
    numbers = [log(small_desk, f"TAKEN-{at}") for at in range(2)]
    tick(page, small_desk, *numbers)
    dialog = dialog_of(page, "Resolve 2 tickets")
    dialog.get_by_label("Resolution").fill("The print server was restarted.")
    expect(dialog.get_by_role("button", name="Resolve 2 tickets")).to_be_enabled()
    small_desk.api.act([{"number": numbers[0], "act": "set", "fields": {"assigned_to": "Bo"}}], by="Bo")
    dialog.get_by_role("button", name="Resolve 2 tickets").click()
    expect(page.get_by_text(f"{numbers[0]}: assigned to is “Bo” now")).to_be_visible()
    assert [small_desk.api.incident(number).stage for number in numbers] == [Stage.NEW, Stage.RESOLVED]
    small_desk.api.act([{"number": numbers[0], "act": "set", "fields": {"assigned_to": None}}], by="Bo")


def test_undo_leaves_only_what_somebody_has_changed_since_and_nothing_stays_ticked(
    small_desk: SmallDesk, page: Page
) -> None:
    numbers = [log(small_desk, f"SINCE-{at}") for at in range(3)]
    tick(page, small_desk, *numbers)
    dialog = dialog_of(page, "Resolve 3 tickets")
    dialog.get_by_label("Resolution").fill("The print server was restarted.")
    dialog.get_by_role("button", name="Resolve 3 tickets").click()
    expect(page.get_by_text("Resolved 3 tickets.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Resolve 3 tickets")).to_have_count(0)
    small_desk.api.move_incident(numbers[0], Stage.CLOSED, by="Bo")
    page.get_by_role("button", name="Undo").click()
    told = page.get_by_text(re.compile(f"Undone on 2 tickets. {numbers[0]}: Not undone: state has been changed since"))
    expect(told).to_be_visible()
    stages = [small_desk.api.incident(number).stage for number in numbers]
    assert stages == [Stage.CLOSED, Stage.NEW, Stage.NEW]
