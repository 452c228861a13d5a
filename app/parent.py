"""Parent: the process that started this one, which hears how far this one is, and with which this one ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache

PARENT_VARIABLE = "TRIAGE_PARENT"
"""Names the file descriptor of the connection to the parent."""

_STOP_SECONDS = 1.0  # the parent may have been killed after a time of waiting already


@dataclass(frozen=True, slots=True)
class Step:
    """How far a task is, in words, and `done` of `total`.

    `total` is 1.0 where only the share that is done is known, `None` where not even that is.
    """

    task: str
    words: str
    done: float = 0.0
    total: float | None = None


ReportStep = Callable[[Step], None]


class Parent:
    """The process that started this one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def report(self, step: Step) -> None:
        """Tell the parent how far this process is."""
        with suppress(OSError):  # it has ended, which `end_together` sees to
            self._connection.sendall(json.dumps(asdict(step)).encode() + b"\n")

    def handed_on(self) -> dict[str, str]:
        """Return the environment by which a program that replaces this one has the same parent."""
        self._connection.set_inheritable(True)
        return {PARENT_VARIABLE: str(self._connection.fileno())}

    def end_together(self) -> None:
        """End this process and all that it has started once the parent has ended."""
        threading.Thread(target=self._wait_for_its_end, name="parent", daemon=True).start()

    def _wait_for_its_end(self) -> None:
        with suppress(OSError):
            while self._connection.recv(1):
                pass
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.killpg(0, number)
            time.sleep(_STOP_SECONDS)


@cache
def parent() -> Parent | None:
    """Return the process that waits for this one, `None` where nobody does; what this one starts has another."""
    number = os.environ.pop(PARENT_VARIABLE, None)
    if number is None or os.getpgrp() != os.getpid():
        return None
    connection = socket.socket(fileno=int(number))
    connection.set_inheritable(False)
    return Parent(connection)
