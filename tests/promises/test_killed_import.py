"""An import that was started from the desk or the API outlives a service that is killed in the middle of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from app.composition import open_services
from tests.conftest import free_port, served, wait_for

_ROWS = 1_600  # four batches


def _history() -> bytes:
    rows = (
        {"number": f"H-{row}", "short_description": f"printer {row} prints nothing", "state": "Closed"}
        for row in range(_ROWS)
    )
    return "\n".join(map(json.dumps, rows)).encode()


def _imported(http: httpx.Client) -> str:
    answer = http.post("/v1/imports", params={"name": "history.jsonl", "by": "ann"}, content=_history(), timeout=60)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _job_once(http: httpx.Client, key: str, reached: Any) -> dict[str, Any]:
    deadline = time.monotonic() + 200
    while not reached(job := dict(http.get(f"/v1/jobs/{key}").json())):
        assert time.monotonic() < deadline, job
        time.sleep(0.02)
    return job


def test_an_import_goes_on_after_the_service_was_killed_and_nothing_is_doubled(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    address = f"http://127.0.0.1:{port}"
    killed = subprocess.Popen([sys.executable, "-m", "app", "--home", str(home), "serve", "--port", str(port)])
    try:
        wait_for(f"{address}/readyz")
        with httpx.Client(base_url=address, timeout=60) as http:
            key = _imported(http)
            _job_once(http, key, lambda job: job["done"] > 0)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    with open_services(home) as services:
        broken_off = services.jobs.get(key)
        assert broken_off.state == "running"
        assert 0 < services.store.count_incidents() < _ROWS
    with served(home) as again, httpx.Client(base_url=again, timeout=60) as http:
        done = _job_once(http, key, lambda job: job["state"] not in {"queued", "running"})
        assert (done["state"], done["done"], done["rejected"]) == ("done", _ROWS, 0)
        second = _job_once(http, _imported(http), lambda job: job["state"] not in {"queued", "running"})
        assert (second["state"], second["done"], second["written"]) == ("done", _ROWS, 0)
    with open_services(home) as services:
        assert services.store.count_incidents() == _ROWS
        numbers = Counter(one.number for one in services.store.all_incidents())
        assert numbers == {f"H-{row}": 1 for row in range(_ROWS)}
        for number in ("H-0", f"H-{_ROWS // 2}", f"H-{_ROWS - 1}"):
            events = Counter((event.kind, event.happened_at) for event in services.store.events.of(number))
            assert set(events.values()) == {1}, events
