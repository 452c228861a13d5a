"""State files: small JSON files that say which version serves; every process reads them again when they change."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from models.artefacts import ArtefactError
from models.durable_files import write_atomically

PLAIN_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Pattern of folder names that a state file may contain; no such name leads outside."""
_CHECKSUM = "sha256"
# A writer holds the lock for milliseconds; whoever waits longer waits for a process that hangs.
_LOCK_SECONDS = 30.0
_log = logging.getLogger(__name__)

Content = TypeVar("Content")
Stamp = tuple[int, int, int] | None


class StateFileError(ArtefactError):
    """A state file is damaged or cannot be written; the message names the file and the remedy."""


class StateFile(Generic[Content]):
    """A JSON object of one type, replaced as a whole under a lock, so that a reader sees the old one or the new one.

    A process that has read good content keeps it, whatever happens to the file; `warning` then says what is wrong. A
    file holds its own SHA-256; one without, written by hand or by an earlier version, is accepted.
    """

    def __init__(self, path: Path, kind: TypeAdapter[Content], *, empty: Content, remedy: str) -> None:
        """Follow the file at `path`; `empty` stands for a missing one. `remedy` says what to do if it is damaged."""
        self.path = path
        self._kind = kind
        self._empty = empty
        self._remedy = remedy
        self._lock = Lock()
        self._content: Content | None = None
        self._stamp: Stamp = None
        self._warning: str | None = None

    @property
    def warning(self) -> str | None:
        """Return what was wrong with the file when it was last read, `None` where nothing was."""
        return self._warning

    def read(self) -> Content:
        """Return the content; it is parsed again only where the file was replaced.

        Raises StateFileError where the file is damaged and this process has never read a good one.
        """
        with self._lock:
            content, stamp = self._content, self._stat()
            if content is not None and stamp == self._stamp:
                return content
            try:
                content = self._followed(stamp)
            except StateFileError as error:
                if self._content is None:
                    raise
                self._stamp, self._warning = stamp, str(error)
                _log.error("%s; its last good content stays in force", error)
                return self._content
            if self._warning is not None:
                _log.warning("%s: can be read again", self.path)
            self._content, self._stamp, self._warning = content, stamp, None
            return content

    def update(self, change: Callable[[Content], Content]) -> None:
        """Replace the content with `change(content)`, while no other process writes.

        A damaged file is kept as `.damaged`; the change then applies to what this process last read, or to `empty`.
        Raises StateFileError where another process holds the lock for too long.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS):
                plain = self._kind.dump_python(change(self._before()), mode="json")
                write_atomically(self.path, json.dumps({**plain, _CHECKSUM: _checksum(plain)}, sort_keys=True).encode())
        except Timeout:
            raise StateFileError(
                f"{self.path}: another process has held its lock for {_LOCK_SECONDS:.0f} s; end that process, then "
                "try again"
            ) from None

    def _before(self) -> Content:
        try:
            return self._parsed()
        except StateFileError as error:
            kept = self.path.with_name(f"{self.path.name}.damaged")
            self.path.replace(kept)
            _log.error("%s; a new one is written, the damaged one is kept as %s", error, kept.name)
            return self._empty if self._content is None else self._content

    def _stat(self) -> Stamp:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    def _followed(self, stamp: Stamp) -> Content:
        """Return what the file says now, or what it said last where it is gone."""
        if stamp is None and self._content not in (None, self._empty):
            raise StateFileError(f"{self.path}: is gone; {self._remedy}")
        return self._parsed()

    def _parsed(self) -> Content:
        try:
            plain = json.loads(self.path.read_bytes(), parse_constant=_no_number)
        except FileNotFoundError:
            return self._empty
        except (ValueError, RecursionError):
            raise self._damaged("is not JSON") from None
        except OSError as error:
            raise self._damaged(f"cannot be read ({error.strerror})") from None
        if not isinstance(plain, dict):
            raise self._damaged("is not a JSON object")
        stated = plain.pop(_CHECKSUM, None)
        try:
            content = self._kind.validate_json(json.dumps(plain), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the content"
            raise self._damaged(f"is damaged or of a newer version ({where}: {first['msg']})") from None
        if stated is not None and stated != _checksum(plain):
            raise self._damaged(f"does not match its {_CHECKSUM}; leave that out when editing the file by hand")
        return content

    def _damaged(self, what: str) -> StateFileError:
        return StateFileError(f"{self.path}: {what}; {self._remedy}")


def _checksum(plain: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a number")
