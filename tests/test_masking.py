from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from app.api.service import create_app
from app.composition import open_desk
from kb.incidents import Incident
from kb.masking import Secret, is_card, is_iban, mask

LINES = yaml.safe_load((Path(__file__).parent / "samples" / "secrets.yaml").read_text(encoding="utf-8"))
PLANTED = [(kind, entry["line"], entry["secret"]) for kind, entries in LINES.items() for entry in entries]


@pytest.mark.parametrize(
    ("kind", "line", "secret"), PLANTED, ids=[f"{kind}-{n}" for n, (kind, *_) in enumerate(PLANTED)]
)
def test_a_secret_is_masked_and_what_surrounds_it_stays(kind: str, line: str, secret: str) -> None:
    masked = mask(line)
    assert secret not in masked.text
    assert "[masked: " in masked.text
    assert masked.found


def test_every_kind_has_lines() -> None:
    assert set(LINES) == {kind.value for kind in Secret}


@pytest.mark.parametrize(
    "line",
    [
        "password reset for erp is not working, password expired",
        "my password is expired and the pin pad is broken",
        "please reset the password of the caller to the default",
        "order 4111111111111112 was not delivered, call 0049 711 1234567",
        "room 4711 at 10:45, ticket INC0012345, serial 1234-5678-9012-3456",
        "Passwort vergessen, bitte zuruecksetzen. Anmeldung an SAP nicht moeglich",
        "the key question is whether the token expired; code page 850",
        "see https://intranet.example.com/help/page?id=1234567890 and j.doe@example.com",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert mask(line).text == line


def test_masking_twice_changes_nothing_more() -> None:
    for _, line, _ in PLANTED:
        once = mask(line).text
        assert mask(once).text == once


def test_check_digits_are_checked() -> None:
    assert is_card("4111 1111 1111 1111")
    assert not is_card("4111 1111 1111 1112")
    assert is_iban("DE89 3704 0044 0532 0130 00")
    assert not is_iban("DE89 3704 0044 0532 0130 01")


def test_huge_and_hostile_texts_are_read_in_time() -> None:
    texts = ("password " * 9_000, "1 " * 40_000, "a:b@" * 20_000, "-----BEGIN PRIVATE KEY-----" * 3_000, "x" * 90_000)
    for text in texts:
        assert mask(text).text


def test_no_planted_secret_is_anywhere_in_the_data_folder(tmp_path: Path) -> None:
    with (
        open_desk(tmp_path / "home") as desk,
        TestClient(create_app(desk, hosts=["testserver"])) as api,
    ):
        for number, (_, line, _) in enumerate(PLANTED):
            ticket = {"short_description": line, "description": f"hello\n{line}", "note": line}
            suggested = api.post("/v1/suggest", json=ticket).json()
            assert suggested["masked"], line
            written = api.put(f"/v1/incidents/INC{number}", json={**ticket, "resolution": line}).json()
            assert written["masked"] == suggested["masked"]
            api.post("/v1/feedback", json={"ticket": ticket, "field": "category", "chosen": "Access"})
            api.post("/v1/searches", json={"text": line, "number": f"INC{number}"})
            captured = api.post(f"/v1/incidents/INC{number}/capture", json={"searched": line}).json()
            api.post(f"/v1/articles/{captured['id']}/flags", json={"reason": "wrong", "comment": line})
        desk.store.put_incidents([Incident(f"B{n}", description=line) for n, (_, line, _) in enumerate(PLANTED)])
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert not [secret for _, _, secret in PLANTED if len(secret) > 5 and secret.encode() in kept]
