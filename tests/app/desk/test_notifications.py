from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.client import Client
from tests.browser import at_rest, browser_page, desk_of
from tests.mail_server import Mailbox, mail_server, write_practice

RULES = """
    - {name: New for the group, event: assigned, to: [group, assignee]}
    - {name: Over, event: resolved, to: group, digest: 2 h}
"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


def test_the_page_says_who_was_told_and_why_what_waits_and_sends_again_what_failed(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    home = tmp_path / "home"
    write_practice(home, RULES, port=mailbox.port)
    hostile = "<b>no</b> network"
    with desk_of(home) as (address, api), Client(api) as client, browser_page() as page:
        ticket = {"short_description": hostile, "state": "new", "assignment_group": "Network", "assigned_to": "zoe"}
        client.put_incident("INC1", ticket)
        client.move_incident("INC1", "resolved", by="ines")
        page.goto(f"{address}/notifications")
        rows = page.get_by_role("grid", name="Notifications").get_by_role("row")
        expect(rows.filter(has_text="Assigned").filter(has_text="ann")).to_contain_text("sent")
        expect(page.get_by_text("1 notification failed.")).to_be_visible()
        rows.filter(has_text="Resolved").filter(has_text="bob").click()
        expect(page.get_by_text("bob belongs to the group that has the ticket.")).to_be_visible()
        expect(page.get_by_text("It waits until")).to_be_visible()
        rows.filter(has_text="zoe").click()
        expect(page.get_by_text("no mail address is known; add it to practice.yaml")).to_be_visible()
        text = (home / "practice.yaml").read_text()
        (home / "practice.yaml").write_text(text.replace("    ann:", "    zoe: {mail: zoe@example.org}\n    ann:"))
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_text("zoe is notified again.")).to_be_visible()
        page.goto(f"{address}/ticket?number=INC1")
        page.get_by_text("Who was notified").click()
        expect(page.get_by_text("Assigned: ann, sent")).to_be_visible()
        expect(page.get_by_text("Resolved: bob, waiting")).to_be_visible()
        at_rest(page)
        page.get_by_role("link", name="Why, and what failed").click()
        expect(page.get_by_label("Ticket number")).to_have_value("INC1")
        expect(rows.filter(has_text="Assigned").filter(has_text="zoe")).to_have_count(1)
        client.put_incident("INC2", {"short_description": "quiet", "state": "new"})
        page.goto(f"{address}/ticket?number=INC2")
        expect(page.get_by_text("Who did what, and when")).to_be_visible()
        expect(page.get_by_text("Who was notified")).to_have_count(0)
        page.goto(f"{address}/notifications?status=waiting&number=INC1")
        expect(rows.filter(has_text="Resolved")).to_have_count(2)
        expect(rows.filter(has_text="ann").filter(has_text="Assigned")).to_have_count(0)
    assert mailbox.recipients() == ["ann@example.org", "bob@example.org", "zoe@example.org"]
