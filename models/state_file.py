"""StateFile: a small file that names what serves, followed by every process."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class StateFile:
    """A JSON object in a file that is replaced as a whole, so that a reader sees the old one or the new one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._content: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        """The object, empty where there is no file; it is parsed again only when the file was replaced."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return {}
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._content = json.loads(self.path.read_bytes())
            self._stamp = stamp
        return self._content

    def write(self, content: dict[str, Any]) -> None:
        """Replace the object."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        scratch.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
        scratch.replace(self.path)
