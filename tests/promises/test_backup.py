"""The commands of `docs/operate.md` back up a folder that is written to, and restore all that was acknowledged."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import httpx
import pytest

from tests.conftest import served

_OPERATE = Path(__file__).parents[2] / "docs" / "operate.md"


def _commands() -> tuple[str, str]:
    """Return the documented commands that back up an SQLite folder, and those that restore one."""
    section = _OPERATE.read_text(encoding="utf-8").partition("## Backup and restore")[2].partition("\n## ")[0]
    backup, restore = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    return backup, restore


def _shell(commands: str, home: Path, folder: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-ec", commands],  # -e: a backup of which one command fails is none
        cwd=folder,
        env={**os.environ, "TRIAGE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _write(address: str, acknowledged: list[str], stop: threading.Event) -> None:
    with httpx.Client(base_url=address, timeout=60) as client:
        while not stop.is_set():
            number = f"INC{len(acknowledged)}"
            body = {"number": number, "short_description": "printer jams", "state": "open"}
            client.put(f"/v1/incidents/{number}", json=body).raise_for_status()
            acknowledged.append(number)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the command sqlite3 is not installed")
def test_a_backup_made_while_callers_write_restores_what_was_acknowledged_before(tmp_path: Path) -> None:
    home, restored = tmp_path / "home", tmp_path / "restored"
    backup, restore = _commands()
    acknowledged, stop = list[str](), threading.Event()
    with served(home) as address:
        (home / "practice.yaml").write_text("# ours\n", encoding="utf-8")
        writer = threading.Thread(target=_write, args=(address, acknowledged, stop))
        writer.start()
        try:
            while len(acknowledged) < 20 and writer.is_alive():
                stop.wait(0.05)
            before = list(acknowledged)
            _shell(backup, home, tmp_path)
        finally:
            stop.set()
            writer.join()
    assert len(before) >= 20
    restored.mkdir()
    _shell(restore, restored, tmp_path)
    assert (restored / "practice.yaml").read_text(encoding="utf-8") == "# ours\n"
    with served(restored) as address, httpx.Client(base_url=address, timeout=60) as client:
        for number in before:
            assert client.get(f"/v1/incidents/{number}").raise_for_status().json()["number"] == number
