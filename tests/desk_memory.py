"""Measure the memory of the desk's process, for one or several checkouts: `python -m tests.desk_memory [FOLDER]...`.

All desks are clients of one service over the sample data. Each page is opened once in a browser; then the kernel says
how much memory the process takes: `PSS` counts pages that processes share in equal parts, `RSS` counts them in full.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from app.composition import open_services
from app.sample.preparation import prepare
from tests.browser import browser_page
from tests.conftest import _stop, free_port, served, wait_for
from tests.screenshots import PAGES


def desk_memory(checkout: Path, home: Path, api: str) -> dict[str, float]:
    """Return the memory in MB that the desk of a checkout takes once each page was opened, by measure."""
    port = free_port()
    desk = subprocess.Popen(
        [sys.executable, "-m", "app", "--home", str(home), "desk", "--port", str(port), "--api", api], cwd=checkout
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/_stcore/health")
        with browser_page() as page:
            for open_page in PAGES:
                open_page(page, address)
        kernel = Path(f"/proc/{desk.pid}/smaps_rollup").read_text(encoding="utf-8")
        return {name: int(size) / 1024 for name, size in re.findall(r"^(Rss|Pss):\s+(\d+) kB", kernel, re.MULTILINE)}
    finally:
        _stop(desk)


def main() -> None:
    checkouts = [Path(argument).resolve() for argument in sys.argv[1:]] or [Path.cwd()]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_services(home) as services:
            prepare(services)
        with served(home) as api:
            for checkout in checkouts:
                taken = desk_memory(checkout, home, api)
                told = ", ".join(f"{name.upper()} {size:.0f} MB" for name, size in taken.items())
                sys.stdout.write(f"{checkout}: {told}\n")


if __name__ == "__main__":
    main()
