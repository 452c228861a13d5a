"""Background: large work as a process of its own, with whatever processes that starts in turn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_STOP_SECONDS = 10.0

Process = subprocess.Popen[bytes]


def start(home: Path, *arguments: str) -> Process:
    """Run a `triage` command on a data folder, apart from the process that starts it."""
    return start_program([sys.executable, "-m", "app", "--home", str(home), *arguments])


def start_program(command: Sequence[str]) -> Process:
    """Run a program as the head of a group of processes, which `stop` stops as a whole.

    It stays in the session: Linux shares time among sessions first, so that in one of its own the lowest priority
    would not make it give way.
    """
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, process_group=0)  # noqa: S603 (our own program)


def stop(process: Process) -> None:
    """Ask a process and all that it has started to end; what is left once it has, or after ten seconds, is made to."""
    for name in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, name)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
