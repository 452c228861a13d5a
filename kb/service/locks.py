"""Alone: of several processes on one data folder, one does a thing."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import ConflictError


class LockHeldError(ConflictError):
    """Another process does it already."""


@contextmanager
def file_lock(file: Path) -> Iterator[None]:
    """Hold a lock on a file, which goes with the process that holds it; raises LockHeldError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LockHeldError(f"another process holds {file.name}") from None
        yield
