from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from tests.mail_server import write_practice

RULES = """
    - {name: New for the group, event: assigned, to: group}
    - {name: Resolved, event: resolved, to: [assignee, ines]}
"""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    write_practice(tmp_path / "home", RULES)
    with open_services(tmp_path / "home") as services:
        yield services


def test_everybody_who_is_told_is_listed_with_the_reason(services: Services) -> None:
    api = TestClient(create_app(services, hosts=["testserver"]))
    ticket = {"description": "no network", "state": "new", "assignment_group": "Network", "assigned_to": "zoe"}
    api.put("/v1/incidents/INC1", json=ticket | {"opened_at": datetime.now(UTC).isoformat()})
    api.post("/v1/incidents/INC1/transitions", json={"to": "resolved", "by": "bob"})
    found = api.get("/v1/notifications", params={"number": "INC1"}).json()
    assert found["is_on"]
    assert found["counts"] == {"waiting": 3, "failed": 1}
    by_name = {(one["name"], one["event"]): one for one in found["notifications"]}
    assert by_name["ann", "assigned"]["reason"] == ('ann belongs to the group that has it; rule "New for the group".')
    assert by_name["ines", "resolved"]["audience"] == "named"
    lost = by_name["zoe", "resolved"]
    assert (lost["state"], lost["address"]) == ("failed", None)
    assert "no mail address is known" in lost["reason"]
    assert [one["id"] for one in api.get("/v1/notifications?status=failed").json()["notifications"]] == [lost["id"]]
    assert api.get("/v1/notifications?number=INC2").json()["notifications"] == []
    refused = api.post(f"/v1/notifications/{lost['id']}/retry")
    assert (refused.status_code, "has no mail address" in refused.text) == (409, True)
    assert api.post(f"/v1/notifications/{by_name['ann', 'assigned']['id']}/retry").status_code == 409
    assert api.post("/v1/notifications/not_there/retry").status_code == 404
    text = (services.home / "practice.yaml").read_text()
    (services.home / "practice.yaml").write_text(text.replace("    ann:", "    zoe: {mail: zoe@example.org}\n    ann:"))
    again = api.post(f"/v1/notifications/{lost['id']}/retry").json()
    assert (again["state"], again["address"]) == ("waiting", "zoe@example.org")


def test_a_change_that_is_refused_tells_nobody(services: Services) -> None:
    api = TestClient(create_app(services, hosts=["testserver"]))
    api.put("/v1/incidents/INC1", json={"description": "no network", "state": "resolved", "assigned_to": "ann"})
    before = api.get("/v1/notifications").json()["notifications"]
    assert api.post("/v1/incidents/INC1/transitions", json={"to": "waiting", "by": "bob"}).status_code == 409
    assert api.get("/v1/notifications").json()["notifications"] == before
