"""The product from outside: commands run to their end, and a served API."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """One command: its seconds, the most memory that any command has taken so far in MB, and its JSON answer."""

    seconds: float
    peak_mb: float
    answer: Any


def run(home: Path, *arguments: str, statuses: tuple[int, ...] = (0,), program: tuple[str, str] = ("-m", "app")) -> Run:
    """Run `triage`, or a changed `program` of Python, with `--json`; raises RuntimeError with its messages."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *program, "--home", str(home), *arguments, "--json"],
        check=False,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - started
    if done.returncode not in statuses:
        raise RuntimeError(done.stderr[-2000:])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Run(seconds, peak, json.loads(done.stdout))


@dataclass(frozen=True, slots=True)
class Service:
    """A served API: its address, process and the seconds from its start to its first answer."""

    address: str
    process: subprocess.Popen[bytes]
    start_seconds: float

    def post(self, path: str, body: Any) -> Any:
        """Send a body and return the answer."""
        return self._send(path, json.dumps(body).encode(), "POST")

    def put(self, path: str, body: Any) -> Any:
        """Write a record and return the answer."""
        return self._send(path, json.dumps(body).encode(), "PUT")

    def get(self, path: str) -> Any:
        """Read something."""
        return self._send(path, None, "GET")

    def _send(self, path: str, body: bytes | None, method: str) -> Any:
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.address + path, body, headers, method=method)  # noqa: S310 (our own)
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 (our own)
            return json.loads(response.read())

    def memory_mb(self) -> float:
        """Return the resident memory of the process."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def served(home: Path, *options: str) -> Iterator[Service]:
    """Serve an API over a data folder inside the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    command = [sys.executable, "-m", "app", "--home", str(home), "serve", "--port", str(port), *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        service = Service(f"http://127.0.0.1:{port}", process, 0.0)
        while True:
            try:
                service.post("/v1/suggest", {"description": "first ticket"})
                break
            except urllib.error.URLError:
                if process.poll() is not None:
                    raise
                time.sleep(0.02)
        yield Service(service.address, process, time.perf_counter() - started)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
