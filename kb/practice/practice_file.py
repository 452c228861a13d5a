"""The file `practice.yaml` of a data folder: written on the first start, and read again when it changes."""

from __future__ import annotations

import logging
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout

from kb.practice.located_yaml import Problem
from kb.practice.major_incidents import default_major_incidents
from kb.practice.practice import Practice, read_practice
from models.durable_files import write_atomically
from models.errors import UnavailableError

PRACTICE_FILE = "practice.yaml"
_LAST_GOOD_FILE = "practice.last-good.yaml"
# A thousand targets fill a tenth of it.
_MOST_BYTES = 2_000_000
# Writing takes milliseconds.
_LOCK_SECONDS = 5.0
_log = logging.getLogger(__name__)


class PracticeFileError(UnavailableError):
    """The practice file is missing or has mistakes; the message names the file, the first line and what to do."""


def default_practice() -> str:
    """Return the text of the practice that a data folder begins with."""
    return (files("kb.practice") / "default.yaml").read_text(encoding="utf-8") + default_major_incidents()


def read_practice_file(path: Path) -> Practice:
    """Return the practice of a file, with its problems; raises PracticeFileError where it cannot be read."""
    return read_practice(_text(path))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise PracticeFileError(f"{path}: is larger than {_MOST_BYTES:,} bytes; is it the right file?")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PracticeFileError(f"{path}: is not UTF-8 (byte {error.start:,}); save it as UTF-8") from None
    except FileNotFoundError:
        raise PracticeFileError(f"{path}: is missing; `triage practice init` writes one") from None
    except OSError as error:
        raise PracticeFileError(f"{path}: cannot be read ({error.strerror}); check its owner and the disk") from None


def usable_practice(path: Path) -> Practice:
    """Return the practice of a file; raises PracticeFileError where it has a problem."""
    return _usable(path)[0]


def _usable(path: Path) -> tuple[Practice, str]:
    """Return the practice of a file and its text; raises PracticeFileError where it has a problem."""
    text = _text(path)
    practice = read_practice(text)
    if practice.problems:
        raise PracticeFileError(_mistake(path, practice.problems))
    return practice, text


def _mistake(path: Path, problems: tuple[Problem, ...]) -> str:
    more = f" (and {len(problems) - 1} more: `triage practice check` lists them)" if len(problems) > 1 else ""
    return f"{path}: {problems[0]}{more}"


class PracticeFile:
    """The practice of one data folder.

    While the file has a mistake, the last practice without one stays in force, and `warning` says what is wrong. Its
    text is kept beside the file, so that a process that starts meanwhile works by it too.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / PRACTICE_FILE
        self._last_good = home / _LAST_GOOD_FILE
        self.warning: str | None = None
        self._lock = Lock()
        self._practice: Practice | None = None
        self._stamp: tuple[int, int, int] | None = None

    def begin(self) -> bool:
        """Write the default where there is no file; returns whether that was so."""
        if self.path.exists():
            return False
        write_atomically(self.path, default_practice().encode())
        return True

    def practice(self) -> Practice:
        """Return the practice in force; raises PracticeFileError where there was none without a mistake yet."""
        with self._lock:
            stamp = self._stat()
            if self._practice is not None and stamp == self._stamp:
                return self._practice
            try:
                (self._practice, text), self.warning = _usable(self.path), None
                for doubt in self._practice.doubts:
                    _log.warning("%s: %s", self.path, doubt)
                self._keep(text)
            except PracticeFileError as error:
                self.warning = str(error)
                if self._practice is None:
                    self._practice = self._kept()
                if self._practice is None:
                    raise
                _log.error("%s; the practice before stays in force", error)
            self._stamp = stamp
            return self._practice

    def warnings(self) -> list[str]:
        """Return what is wrong with the file now."""
        with suppress(PracticeFileError):  # which is then the warning
            self.practice()
        return [] if self.warning is None else [self.warning]

    def _kept(self) -> Practice | None:
        """Return the practice that an earlier process, or another one, has read last without a mistake."""
        try:
            return usable_practice(self._last_good)
        except PracticeFileError:
            return None

    def _keep(self, text: str) -> None:
        """Keep a text without a mistake for processes that start while the file has one.

        Another process that holds the lock writes the same. A folder that cannot be written to is no reason to stop.
        """
        content = text.encode()
        with suppress(OSError, Timeout):
            if self._last_good.exists() and self._last_good.read_bytes() == content:
                return
            with FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS):
                write_atomically(self._last_good, content, mode=self.path.stat().st_mode & 0o777)

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size
