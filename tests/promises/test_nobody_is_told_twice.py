from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from kb.storage.database import Database
from kb.storage.schema import incidents
from tests.mail_server import mail_server, write_practice

GROUP = {"ann@example.org", "bob@example.org"}


def test_processes_killed_at_random_points_tell_nobody_twice_and_leave_nobody_untold(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    kills = pytestconfig.getoption("--kills")
    home = tmp_path / "home"
    with mail_server() as mailbox:
        write_practice(home, "    - {name: New, event: assigned, to: group}\n", port=mailbox.port)
        command = [sys.executable, "-m", "tests.killed_sender", str(home), str(kills), "1"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["status"] == 0, done.stderr
    database = Database.in_folder(home)
    with database.reading() as connection:
        logged = set(connection.execute(incidents.select().with_only_columns(incidents.c.number)).scalars())
    database.close()
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for recipient, mail in mailbox.taken:
        told[recipient, mail["Subject"].split()[0]].add(mail["Message-ID"])
    assert set(told) == {(recipient, number) for recipient in GROUP for number in logged}
    assert all(len(messages) == 1 for messages in told.values())
    # What the server took twice under one Message-ID: killed between the last line and the note of its answer.
    taken = Counter(mail["Message-ID"] for _, mail in mailbox.taken)
    repeated = sum(count - 1 for count in taken.values())
    sys.stdout.write(f"{kills} kills, {len(logged)} tickets, {repeated} repeated, left {report['left']}")
    assert logged
    assert repeated <= report["left"].get("handed_over", 0)
    assert repeated <= len(told) / 20  # a last line that waits for the server's receipts makes them one in eight
