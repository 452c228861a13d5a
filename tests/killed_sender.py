"""Logs tickets and sends notifications in processes that are killed again and again; says what each kill left.

Arguments: data folder, how many kills, seed. Prints a JSON object.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sqlite3
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from app.background.notification_delivery import deliver_notifications, holder_of
from app.composition import open_services
from kb.records.incident import Incident
from kb.records.notification import NotificationState
from kb.storage.schema import notifications

# Enough for some tickets with their mails, so that a kill meets any step of them.
_LONGEST_SECONDS = 0.8


def work(home: Path, ready: int, *, logs_tickets: bool) -> None:
    """Send what is due, and log further tickets until killed; tells the pipe `ready` that it begins."""
    with open_services(home) as services:
        os.write(ready, b".")
        services.notifications.take_back(holder_of(services))
        for turn in itertools.count():
            if logs_tickets:
                number = f"INC{os.getpid()}-{turn}"
                ticket = Incident(number, "No network", state="new", assignment_group="Network")
                services.store.put_incidents([ticket])
            else:
                waiting = notifications.c.state == NotificationState.WAITING.value
                with services.store.database.writing() as connection:  # failed attempts wait for minutes
                    past = datetime.now(UTC) - timedelta(seconds=1)
                    connection.execute(update(notifications).where(waiting).values(next_at=past))
            deliver_notifications(services)
            counts = services.notifications.counts()
            if not logs_tickets and not counts.keys() - {NotificationState.SENT}:
                return


def main(home: Path, kills: int, seed: int) -> None:
    """Kill so many processes at random moments, let the last one finish, and print what they left."""
    chance, left = random.Random(seed), dict[str, int]()
    for _ in range(kills):
        child = _started(home, logs_tickets=True)
        time.sleep(chance.uniform(0, _LONGEST_SECONDS))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for state, count in _held(home):
            left[state] = left.get(state, 0) + count
    status = os.waitstatus_to_exitcode(os.waitpid(_started(home, logs_tickets=False), 0)[1])
    sys.stdout.write(json.dumps({"left": left, "status": status}))


def _started(home: Path, *, logs_tickets: bool) -> int:
    """Start a process that works; returns its id once it has opened the folder, or ended."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work(home, write, logs_tickets=logs_tickets)
        except Exception as error:  # noqa: BLE001 (a forked process must not go on with the code of its parent)
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    os.close(write)
    os.read(read, 1)
    os.close(read)
    return child


def _held(home: Path) -> list[tuple[str, int]]:
    """The messages that a process left unfinished, by state."""
    query = (
        "SELECT state, count(DISTINCT message) FROM notifications WHERE state IN ('sending', 'handed_over') GROUP BY 1"
    )
    connection = sqlite3.connect(home / "triage.db")
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []  # it was killed before there were tables
    finally:
        connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
