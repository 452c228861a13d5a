from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.app.desk.conftest import SmallDesk


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
