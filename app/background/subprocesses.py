"""Background: programs as processes of their own, each with all that it starts in turn, which end with this process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from app.parent import PARENT_VARIABLE, Step

# Together below the 5 s in which a person who presses Ctrl-C expects a service to be gone. What is killed loses
# nothing: whatever was acknowledged is on disk.
_STOP_SECONDS = 2.5
_LOOK_SECONDS = 0.02
_CHUNK = 65536


class Process(subprocess.Popen[bytes]):
    """A program as the head of a group of processes, which `stop` stops as a whole.

    A `triage` command ends when this process does, however that ends; what it reports can be read (see `app.parent`).
    The group stays in the session: Linux shares time among sessions first, so that in one of its own the lowest
    priority would not make it give way. It is no foreground group of a terminal, so Ctrl-C does not reach it.
    """

    def __init__(
        self, command: Sequence[str], *, settings: Mapping[str, str] | None = None, stderr: int | IO[bytes] | None
    ) -> None:
        """Start a program; `settings` are environment variables beside those of this process."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._line = ours.detach()
        weakref.finalize(self, os.close, self._line)
        self._unread = b""
        with theirs:
            super().__init__(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                process_group=0,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **(settings or {}), PARENT_VARIABLE: str(theirs.fileno())},
            )

    def steps(self) -> list[Step]:
        """Return the steps that the process has reported since the last call."""
        with suppress(BlockingIOError, ConnectionResetError):
            while chunk := os.read(self._line, _CHUNK):
                self._unread += chunk
        *lines, self._unread = self._unread.split(b"\n")
        return [Step(**json.loads(line)) for line in lines]


def start(home: Path, *arguments: str) -> Process:
    """Run a `triage` command on a data folder, apart from the process that starts it."""
    return start_program([sys.executable, "-m", "app", "--home", str(home), *arguments])


def start_program(command: Sequence[str]) -> Process:
    """Run a program apart from the process that starts it."""
    return Process(command, stderr=subprocess.DEVNULL)


def stop(*processes: subprocess.Popen[bytes], within: float = _STOP_SECONDS) -> None:
    """Ask heads of groups and all that they have started to end; what is left after some seconds is made to."""
    _signal(processes, signal.SIGTERM)
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and any(process.poll() is None for process in processes):
        time.sleep(_LOOK_SECONDS)
    _signal(processes, signal.SIGKILL)
    for process in processes:
        process.wait()


def _signal(processes: Sequence[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of which nothing is left
            os.killpg(process.pid, number)
