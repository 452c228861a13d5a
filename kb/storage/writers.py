"""Writers: those of one database take turns, so that none waits for ever while younger ones go first."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from kb.storage.database_errors import UnusableDatabaseError
from models.errors import UnavailableError, disk_error

# An import holds the database for a second or two at a time.
WAIT_SECONDS = 60
# How often a process looks whether another one has finished. SQLite itself looks the less often the longer it has
# waited, at last ten times a second, so that where many write at once those that came last go first.
_POLL_SECONDS = 0.001


class Writers:
    """The turns of a database's writers: threads of this process, and other processes where there is a lock file.

    The lock is the operating system's own and goes with the process that holds it. A turn costs 2 µs; with filelock,
    which opens the file anew for each, it costs 200 µs.
    """

    def __init__(self, name: str, lock_file: Path | None) -> None:
        self._name = name
        self._threads = Lock()
        self._lock_file = lock_file
        self._descriptor: int | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the writers before, and let none begin until the block ends.

        Raises UnavailableError after a minute, StorageFullError and UnusableDatabaseError where the lock file cannot
        be opened.
        """
        until = time.monotonic() + WAIT_SECONDS
        if not self._threads.acquire(timeout=WAIT_SECONDS):
            raise self._busy()
        try:
            if self._lock_file is None:
                yield
                return
            descriptor = self._opened(self._lock_file)
            while not _locked(descriptor):
                if time.monotonic() > until:
                    raise self._busy()
                time.sleep(_POLL_SECONDS)
            try:
                yield
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Close the lock file, which the next turn opens again; one under a turn stays open, so that nobody waits."""
        if not self._threads.acquire(blocking=False):
            return
        try:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
        finally:
            self._threads.release()

    def _opened(self, lock_file: Path) -> int:
        if self._descriptor is None:
            try:
                # for reading: where somebody else, such as root, wrote first, the lock file is theirs
                self._descriptor = os.open(lock_file, os.O_RDONLY | os.O_CREAT, 0o666)
            except OSError as error:
                raise disk_error(error) or UnusableDatabaseError(
                    f"{self._name}: its lock cannot be opened ({error.strerror}); check the folder's owner and how "
                    "many files this machine may open"
                ) from error
        return self._descriptor

    def _busy(self) -> UnavailableError:
        return UnavailableError(f"{self._name}: others have been writing for {WAIT_SECONDS} s; try again")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
