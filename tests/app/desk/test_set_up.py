"""People, keys, values and label changes in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.client import Client
from app.composition import open_services
from kb.records.incident import Incident
from kb.records.life_cycle import Role
from models.errors import UnauthenticatedError
from tests.browser import browser_page, choose, desk_of
from tests.conftest import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

HOSTILE = "<b>x</b> **y** <img src='http://203.0.113.9/i.png' onerror='alert(1)'>"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    home: Path = tmp_path_factory.mktemp("set-up") / "home"
    with open_services(home) as services:
        values = ["Mail", "E-Mail", "Printing", HOSTILE]
        services.store.put_incidents(
            [
                Incident(f"T{place}{i}", description="fan is loud", category=value)
                for place, value in enumerate(values)
                for i in range(2)
            ]
        )
    with desk_of(home) as addresses:
        yield addresses


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def test_a_role_is_given_and_taken_back(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/people")
    page.get_by_label("Name", exact=True).fill("Kim Lee")
    choose(page, "Role", "Publisher")
    page.get_by_role("button", name="Save role").click()
    expect(page.get_by_role("status").get_by_text("Kim Lee is now: Publisher.")).to_be_visible()
    with Client(api) as client:
        assert [(one.name, one.role) for one in client.people().people] == [("kim lee", "publisher")]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: “Kim Lee is now: Publisher.”")).to_be_visible()
    with Client(api) as client:
        assert client.people().people == []


def test_the_groups_of_a_person_are_added_to_and_put_back(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    with Client(api) as client:
        client.give_role("Lou Roy", Role.COACH, groups=["privacy"])
        page.goto(f"{address}/people?person=lou+roy")
        expect(page.get_by_role("row", name="lou roy").get_by_text("privacy")).to_be_visible()
        add_group(page, "info, sec")
        page.get_by_role("button", name="Save role and groups").click()
        said = "lou roy is now: Coach, in privacy, info, sec."
        expect(page.get_by_role("status").get_by_text(said)).to_be_visible()
        assert [(one.role, one.groups) for one in client.people().people] == [("coach", ["privacy", "info, sec"])]
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text(f"Undone: “{said}")).to_be_visible()
        assert [(one.role, one.groups) for one in client.people().people] == [("coach", ["privacy"])]
        page.get_by_role("button", name="Remove role").click()
        expect(page.get_by_text("lou roy has the role of everybody now.")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Undone: “lou roy has the role")).to_be_visible()
        assert [(one.role, one.groups) for one in client.people().people] == [("coach", ["privacy"])]
        client.take_role("lou roy")


def test_a_key_is_created_with_groups(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/keys")
    page.get_by_label("Name of the person or program").fill("siem")
    add_group(page, "infosec")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("button", name="I have copied the key").click()
    expect(page.get_by_text("Groups: infosec")).to_be_visible()
    with Client(api) as client:
        (made,) = (key for key in client.keys().keys if key.name == "siem")
        assert made.groups == ["infosec"]
        client.revoke_key(made.id)


def test_a_key_is_shown_once_works_and_is_revoked_after_a_question(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/keys")
    page.get_by_label("Name of the person or program").fill("portal")
    page.get_by_role("button", name="Create key").click()
    text = page.get_by_test_id("stCode").inner_text().strip()
    with Client(api, key=text) as client:
        assert client.ready().incidents == 8
        assert client.field_values("category").values
    page.get_by_role("button", name="I have copied the key").click()
    expect(page.get_by_text(text)).to_have_count(0)
    page.get_by_role("button", name="Revoke key").click()
    page.get_by_role("button", name="Revoke for good").click()
    expect(page.get_by_role("status").get_by_text("The key of portal is revoked.")).to_be_visible()
    with Client(api, key=text) as client, pytest.raises(UnauthenticatedError):
        client.field_values("category")


def test_the_list_of_values_is_closed_added_to_and_thinned_out(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/values?field=category")
    expect(page.get_by_text(HOSTILE, exact=True)).to_be_visible()
    page.get_by_role("button", name="Allow only these 4 values").click()
    expect(page.get_by_text("Only these values are allowed.")).to_be_visible()
    page.get_by_label("New value").fill("Network")
    page.get_by_role("button", name="Add value").click()
    expect(page.get_by_role("status").get_by_text("Added: Network")).to_be_visible()
    page.get_by_role("checkbox", name="Select Printing").check()
    page.get_by_role("button", name="Retire 1 value").click()
    expect(page.get_by_role("status").get_by_text("Retired: Printing")).to_be_visible()
    with Client(api) as client:
        assert sorted(client.catalogue().fields["category"]) == sorted(["Mail", "E-Mail", HOSTILE, "Network"])
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Undone: “Retired: Printing")).to_be_visible()
        assert "Printing" in client.catalogue().fields["category"]
        client.set_catalogue("category", [])


def test_values_are_merged_and_apart_again(desk: tuple[str, str], page: Page) -> None:
    address, api = desk
    page.goto(f"{address}/labels?field=category")
    choose(page, "Value", "E-Mail")
    choose(page, "It is called now", "Mail")
    expect(page.get_by_text("2 resolved tickets will be read as Mail.")).to_be_visible()
    page.get_by_role("button", name="Save change").click()
    expect(page.get_by_role("status").get_by_text("Category: E-Mail became Mail.")).to_be_visible()
    with Client(api) as client:
        assert {one.value: one.count for one in client.field_values("category").values}["Mail"] == 4
        page.get_by_role("row", name="Category: E-Mail became Mail.").click()
        page.get_by_role("button", name="Withdraw this change").click()
        expect(page.get_by_text("Withdrawn: Category: E-Mail became Mail.")).to_be_visible()
        assert {one.value: one.count for one in client.field_values("category").values}["Mail"] == 2


def add_group(page: Page, name: str) -> None:
    """Name a group that is not in the list yet."""
    page.get_by_role("combobox", name="Groups").click()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stMultiSelect").filter(has_text="Groups").get_by_text(name, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
