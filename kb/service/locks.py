"""Locks: of several processes on one data folder, one does a thing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from models.errors import ConflictError


class LockHeldError(ConflictError):
    """Another process does it already."""


@contextmanager
def file_lock(file: Path) -> Iterator[None]:
    """Hold a lock on a file, which goes with the process that holds it.

    Raises LockHeldError where another process holds it, and OSError where the file cannot be opened.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise LockHeldError(f"another process holds {file.name}") from None
    try:
        yield
    finally:
        lock.release()
