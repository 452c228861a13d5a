"""Results, evaluation and data quality in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from app.client import Client
from app.composition import open_services
from app.services.job_reports import FIGURES, PAGE
from kb.records.job import JobKind, JobState, UploadFormat
from kb.records.mode import Mode
from kb.service.job_queue import JobQueue
from kb.service.prediction_log import Prediction
from tests.browser import browser_page, desk_of
from tests.conftest import CHROMIUM, printers_and_vpn
from triage.modes import FieldMode

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")

HOSTILE = "<b>x</b> **y** <img src='http://203.0.113.9/i.png' onerror='alert(1)'>"
SHARE = {"value": 0.81, "low": 0.7, "high": 0.9}
EVALUATED = {
    "examples": 40, "values": 2, "accuracy": SHARE, "top3": SHARE, "precision_asked": 0.95, "automatic_share": SHARE,
    "automatic_right": SHARE,
}  # fmt: skip
EVALUATION = {
    "order": "time", "since": "2026-08-01T00:00:00+00:00", "learnt": 160, "asked": 40, "as_filed": 40,
    "fields": {"category": {**EVALUATED, "precision_asked": 0.8}, "assignment_group": EVALUATED},
    "missed": [{"field": "impact", "value": "1 - High", "examples": 22, "recall": SHARE, "taken_for": "2 - Medium"}],
}  # fmt: skip
CHECKUP = {
    "incidents": 200,
    "fields": [
        {
            "field": "category", "ready": True, "examples": 200, "accuracy": 0.9, "automatic_share": 0.5,
            "best_possible": 0.95, "tickets_needed": 12, "reason": "",
        }
    ],
    "findings": [
        {
            "kind": "contradictory labels", "field": "category", "share": 0.1,
            "message": "about 3 incidents have another category than those like them; check them first",
            "examples": [HOSTILE], "numbers": ["P1", "V2"],
        },
        {
            "kind": "dead value", "field": "category", "share": 0.05,
            "message": f"{HOSTILE!r} has 12 incidents and none since 2026-01-01; retire or rename it",
            "examples": [], "numbers": [],
        },
    ],
    "suspects": [{"number": "P3", "field": "category", "value": HOSTILE, "likely": "VPN", "doubt": 0.9}],
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A desk with live evidence on one field, and with reports that jobs wrote."""
    home = tmp_path_factory.mktemp("insight") / "home"
    with open_services(home) as services:
        services.store.put_incidents(printers_and_vpn(60))
        now = datetime.now(UTC)
        for field in ("category", "priority"):
            services.modes.set(field, FieldMode())
        services.prediction_log.note(
            Prediction(
                f"P{i}", "category", "VPN" if i < 2 else "Printing", 0.97, "automatic", True, "m",
                now - timedelta(minutes=i),
            )
            for i in range(60)
        )  # fmt: skip
        services.prediction_log.flush()
        for kind, figures in ((JobKind.EVALUATE, EVALUATION), (JobKind.DOCTOR, CHECKUP)):
            key = JobQueue.new_id()
            services.jobs.hand_in(key, kind, UploadFormat.NDJSON, total=100, rejects=(), by="ann")
            folder = home / "jobs" / key
            folder.mkdir(parents=True)
            (folder / FIGURES).write_text(json.dumps(figures), encoding="utf-8")
            (folder / PAGE).write_text("<p>report</p>", encoding="utf-8")
            services.jobs.finish(key, JobState.DONE)
    with desk_of(home) as addresses:
        yield addresses


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def test_a_lead_sees_examples_before_a_field_is_filled_in_and_takes_that_back(
    desk: tuple[str, str], page: Page
) -> None:
    address, api = desk
    page.goto(f"{address}/results?field=category")
    expect(page.get_by_text("58 of 60 right on resolved tickets (96.6%).").first).to_be_visible()
    page.get_by_role("button", name="Fill in when sure").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link").first).to_have_text("P0")
    expect(dialog.get_by_text("VPN, should be Printing").first).to_be_visible()
    dialog.get_by_role("button", name="Confirm: Fill in when sure").click()
    expect(page.get_by_role("status").get_by_text("Category is now: Fill in when sure.")).to_be_visible()
    with Client(api) as client:
        assert {one.field: one.mode for one in client.modes().fields}["category"] is Mode.AUTOMATIC
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: “Category is now: Fill in when sure.”")).to_be_visible()
    with Client(api) as client:
        assert {one.field: one.mode for one in client.modes().fields}["category"] is Mode.RECOMMEND


def test_what_a_field_lacks_for_being_filled_in_is_said(desk: tuple[str, str], page: Page) -> None:
    page.goto(f"{desk[0]}/results?field=priority")
    expect(page.get_by_role("button", name="Fill in when sure")).to_be_disabled()
    reason = "is not possible yet: Not enough confident predictions yet (0; at least 100 needed)."
    expect(page.get_by_text(reason)).to_be_visible()
    expect(page.get_by_text("What helps: more resolved tickets")).to_be_visible()
    expect(page.get_by_role("link", name="What is wrong in the data")).to_be_visible()


def test_what_was_reached_has_its_interval_and_says_what_it_was_measured_on(desk: tuple[str, str], page: Page) -> None:
    page.goto(f"{desk[0]}/results?field=category")
    expect(page.get_by_text("very likely between 88.6% and 99.1%")).to_be_visible()
    expect(page.get_by_text("Measured on the newest tickets that were resolved after")).to_be_visible()


def test_an_evaluation_begins_with_its_verdict_and_can_be_downloaded(desk: tuple[str, str], page: Page) -> None:
    page.goto(f"{desk[0]}/evaluation")
    expect(page.get_by_role("heading", name="Assignment group: 8 of 10 right on your newest tickets.")).to_be_visible()
    verdict = "Reach the target when sure: Category. Right less often than the target: Assignment group."
    expect(page.get_by_text(verdict)).to_be_visible()
    missed = "Impact “1 - High”: found for 81% of 22 tickets, mostly taken for “2 - Medium”."
    expect(page.get_by_text(missed)).to_be_visible()
    expect(page.get_by_role("cell", name="95%: missed")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the full report").click()
    assert download.value.path().read_text(encoding="utf-8") == "<p>report</p>"


def test_problems_in_the_data_lead_to_their_tickets(desk: tuple[str, str], page: Page) -> None:
    outside = list[str]()
    page.on("request", lambda request: outside.append(request.url) if "203.0.113.9" in request.url else None)
    page.goto(f"{desk[0]}/quality")
    expect(page.get_by_role("heading", name="2 problems found")).to_be_visible()
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    page.get_by_role("link", name="V2").click()
    expect(page.get_by_text("vpn connection drops when working from home number 2").first).to_be_visible()
    assert outside == []
