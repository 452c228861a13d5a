from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.app.desk.conftest import TEXTS, SmallDesk
from tests.browser import at_rest, browser_page
from tests.proxy import proxied


def test_a_page_by_its_address_looks_for_the_service_at_the_root(small_desk: SmallDesk, page: Page) -> None:
    heard = list[str]()
    page.on("response", lambda response: heard.append(response.url))
    page.on("websocket", lambda line: heard.append(line.url))
    page.goto(f"{small_desk.address}/articles?find=printer")
    expect(page.get_by_role("heading", name="Articles", level=1)).to_be_visible()
    expect(page.get_by_text("The printer does not print").first).to_be_visible()
    assert f"{small_desk.address}/_stcore/stream".replace("http:", "ws:") in heard
    assert not [url for url in heard if "/articles/_stcore/" in url], "asked for below the page's address"
    page.get_by_role("link", name="Tasks").click()
    expect(page).to_have_url(f"{small_desk.address}/tasks")


def test_a_file_beside_the_pages_is_still_found(small_desk: SmallDesk, page: Page) -> None:
    for path, kind in (("favicon.png", "image/png"), ("manifest.json", "application/json")):
        answer = page.request.get(f"{small_desk.address}/{path}")
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, kind)
    assert page.request.get(f"{small_desk.address}/articles/").url == f"{small_desk.address}/articles"


@pytest.mark.parametrize(
    ("start", "link", "end"),
    [("new", "Coverage", "coverage"), ("?ticket=OPEN2", "OPEN2", "ticket?number=OPEN2")],
    ids=["page", "ticket"],
)
def test_a_click_on_a_link_is_not_lost_when_a_field_speaks_up_after_it(
    small_desk: SmallDesk, page: Page, start: str, link: str, end: str
) -> None:
    """The line repeats what a field said before, right after the click, as a busy browser does."""
    said = list[str | bytes]()
    repeated = list[str | bytes]()

    def connect(line: WebSocketRoute) -> None:
        desk = line.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            desk.send(message)
            if said and not repeated and is_clicked:
                repeated.append(said[-1])
                desk.send(said[-1])
            assert isinstance(message, bytes)
            if not BackMsg.FromString(message).rerun_script.is_auto_rerun:
                said.append(message)

        line.on_message(pass_on)

    is_clicked = False
    page.route_web_socket(re.compile("_stcore/stream"), connect)
    page.goto(f"{small_desk.address}/{start}")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Enter")
    at_rest(page)
    is_clicked = True
    page.get_by_role("link", name=link, exact=True).click()
    expect(page).to_have_url(f"{small_desk.address}/{end}")
    expect(page.get_by_role("heading", name="Open tickets")).to_have_count(0)
    assert repeated


def test_a_page_stays_when_a_part_of_the_page_before_speaks_up_late(small_desk: SmallDesk, page: Page) -> None:
    """The line brings what a part of the page that is left says, once the desk has begun with the next page."""
    said = list[bytes]()
    late = list[bytes]()

    def connect(line: WebSocketRoute) -> None:
        desk = line.connect_to_server()

        def from_page(message: str | bytes) -> None:
            assert isinstance(message, bytes)
            if BackMsg.FromString(message).rerun_script.fragment_id:
                said.append(message)
            desk.send(message)

        def from_desk(message: str | bytes) -> None:
            assert isinstance(message, bytes)
            line.send(message)
            if is_clicked and not late and ForwardMsg.FromString(message).HasField("new_session"):
                late.append(said[-1])
                desk.send(said[-1])

        line.on_message(from_page)
        desk.on_message(from_desk)

    is_clicked = False
    page.route_web_socket(re.compile("_stcore/stream"), connect)
    page.goto(f"{small_desk.address}/new")
    page.get_by_label("Description", exact=True).fill(TEXTS[0])
    expect(page.get_by_text("sure", exact=True).first).to_be_visible()
    page.get_by_role("heading", name="Conversation").click()
    while not said:  # the form says a moment later what it shows
        page.wait_for_timeout(100)
    at_rest(page)
    is_clicked = True
    page.get_by_role("link", name="Coverage").click()
    expect(page.get_by_role("heading", name="Coverage", level=1)).to_be_visible()
    at_rest(page)
    expect(page.get_by_role("heading", name="Coverage", level=1)).to_be_visible()
    assert late


def test_below_the_path_of_a_proxy_pages_connect_and_lead_to_each_other(small_desk: SmallDesk, page: Page) -> None:
    outside = list[str]()
    with proxied(small_desk.address, "/triage") as address:
        host = address.removesuffix("/triage")
        page.on("request", lambda asked: None if asked.url.startswith(address) else outside.append(asked.url))
        page.goto(f"{address}/")
        expect(page.get_by_role("grid", name="Open tickets").get_by_text("I need help").first).to_be_visible()
        page.get_by_role("link", name="Tasks").click()
        expect(page).to_have_url(f"{address}/tasks")
        page.goto(f"{address}/articles?find=printer")
        expect(page.get_by_text("The printer does not print").first).to_be_visible()
        page.goto(f"{address}/ticket?number=OPEN0")
        expect(page.get_by_role("heading", name="Fields")).to_be_visible()
        assert [url for url in outside if url.startswith(host)] == []


def test_the_uploader_speaks_the_readers_language(small_desk: SmallDesk) -> None:
    with browser_page(locale="de-DE") as page:
        page.goto(f"{small_desk.address}/import")
        uploader = page.get_by_test_id("stFileUploaderDropzone")
        expect(uploader.get_by_role("button", name="Datei hochladen")).to_be_visible()
        said = uploader.evaluate("one => getComputedStyle(one.lastElementChild, '::after').content")
        assert "höchstens 64 MB: csv" in said
