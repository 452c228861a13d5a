"""A full disk is called a full disk, by every face, and nothing that was acknowledged is lost by it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import open_services
from models.errors import disk_error
from tests.conftest import printers_and_vpn, triage


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here; tests/kb/storage/test_database_errors.py limits the database instead")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError as error:
            assert "the disk is full" in str(disk_error(error))
    return filler


def test_the_service_answers_507_and_goes_on_once_there_is_space(small_disk: Path) -> None:
    body = {"description": "printer jams " * 500}
    with (
        open_services(small_disk / "home") as services,
        TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as api,
    ):
        kept = [number for number in range(3) if api.put(f"/v1/incidents/{number}", json=body).status_code == 200]
        filler = fill(small_disk)
        refused = []
        for number in range(3, 2000):
            answer = api.put(f"/v1/incidents/{number}", json=body)
            if answer.status_code != 200:
                refused.append(answer)
                break
            kept.append(number)
        (answer,) = refused
        assert (answer.status_code, answer.json()["type"]) == (507, "/problems/storage-full")
        assert "triage.db: the disk is full, so this was not written; free space" in answer.json()["detail"]
        assert api.get("/v1/incidents/0").status_code == 200
        assert api.post("/v1/suggest", json=body).status_code == 200
        rows = "number,description\n" + "1,printer jams\n" * 100_000
        uploaded = api.post("/v1/jobs?kind=classify", content=rows, headers={"content-type": "text/csv"})
        assert (uploaded.status_code, "the disk is full" in uploaded.json()["detail"]) == (507, True)
        filler.unlink()
        assert api.put("/v1/incidents/after", json=body).status_code == 200
        assert [number for number in kept if api.get(f"/v1/incidents/{number}").status_code != 200] == []
        assert api.get("/v1/incidents/2000").status_code == 404


def test_commands_say_so_too_and_can_be_repeated(small_disk: Path, tmp_path: Path) -> None:
    home = small_disk / "home"
    with open_services(home) as services:
        services.store.put_incidents(printers_and_vpn())
    table = tmp_path / "incidents.csv"
    rows = [f"N{number},printer {number} {'jams ' * 40}" for number in range(4000)]
    table.write_text("\n".join(["number,description", *rows]))
    filler = fill(small_disk)
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - 200_000)
    said = triage("--home", str(home), "import", "incidents", str(table), status=1).stderr
    assert "triage.db: the disk is full, so this was not written; free space, then do it again" in said
    said = triage("--home", str(home), "train", "--fields", "category", status=1).stderr
    assert "the disk is full" in said
    assert not list(home.glob("models/*/manifest.json"))
    filler.unlink()
    triage("--home", str(home), "train", "--fields", "category")
    assert len(list(home.glob("models/*/manifest.json"))) == len(list(home.glob("models/*/"))) == 1
