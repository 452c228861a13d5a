from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from app.composition import open_services
from app.desk.sign_in import name_of, role_of
from app.settings import Settings
from kb.records.life_cycle import Role
from tests.browser import browser_page, desk_of
from tests.conftest import _stop, free_port, wait_for

CLAIMS = {"sub": "u-17", "email": "ann@example.com", "groups": ["staff", "kcs-editors"]}


@pytest.fixture
def provider() -> Iterator[str]:
    """An OpenID provider on this machine that knows one person."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("oidc-provider-mock")), "--port", str(port)]
    process = subprocess.Popen([*command, "--user-claims", json.dumps(CLAIMS)], stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/.well-known/openid-configuration")
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def test_people_sign_in_work_under_their_name_and_role_and_sign_out(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_OIDC_METADATA_URL", f"{provider}/.well-known/openid-configuration")
    monkeypatch.setenv("TRIAGE_OIDC_CLIENT_SECRET", "quite-secret")
    monkeypatch.setenv("TRIAGE_OIDC_ROLES", '{"kcs-coaches": "coach", "kcs-editors": "publisher"}')
    home = tmp_path / "home"
    with open_services(home):
        pass
    with desk_of(home) as (address, api), browser_page() as page:
        page.goto(address)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert page.get_by_role("link", name="Articles").count() == 0
        page.goto(f"{address}/articles")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{provider}/**")
        page.get_by_role("button", name="u-17").click()
        expect(page.get_by_text("Signed in as ann@example.com")).to_be_visible()
        expect(page.get_by_role("link", name="Articles")).to_be_visible()
        people = httpx.get(f"{api}/v1/people").json()["people"]
        assert [(one["name"], one["role"]) for one in people] == [("ann@example.com", "publisher")]
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="End session").click()  # the provider asks
        page.wait_for_url(f"{address}/**")
        page.goto(address)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    file = home / "sign_in.toml"
    assert file.stat().st_mode & 0o077 == 0


def test_claims_give_name_and_role() -> None:
    chosen = Settings(oidc_roles={"coaches": Role.COACH, "editors": Role.PUBLISHER}, role=Role.CANDIDATE)
    assert name_of({"sub": "17", "email": "a@b.c"}, chosen) == "a@b.c"
    assert name_of({"sub": "17"}, chosen) == "17"
    assert role_of({"groups": ["editors", "coaches"]}, chosen) is Role.COACH
    assert role_of({"groups": "editors"}, chosen) is Role.PUBLISHER
    assert role_of({"groups": ["others"]}, chosen) is Role.CANDIDATE
    assert role_of({}, chosen) is Role.CANDIDATE
