"""Load: many clients at once on two worker processes, while incidents are written and an article is edited."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from training.benchmarks.classification import read
from training.benchmarks.product import served
from training.benchmarks.serving import ASKED, history_of_forty_thousand

CLIENTS = 32
SECONDS = 60
_WRITE_PAUSE_SECONDS = 0.2
_EDIT_PAUSE_SECONDS = 1.0


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Measure suggestions a second and their latency with 32 clients over 60 s, and how many answers were errors."""
    texts = [row["description"] for row in read(data / "tickets_category.csv.gz")[:ASKED]]
    home = history_of_forty_thousand(data, scratch)
    with served(home, "--workers", "2") as service:
        article = service.post("/v1/articles", {"title": "Under load", "resolution": "Wait."})["id"]
        ends = time.monotonic() + SECONDS
        took, failed = list[float](), list[str]()
        written = {"incidents": 0, "edits": 0}

        def ask(client: int, turn: int) -> None:
            _suggestion(connections[client], texts[(client + turn) % len(texts)], took, failed)

        def write(_: int, turn: int) -> None:
            body = {"description": texts[turn % len(texts)], "category": "Load", "state": "resolved"}
            _sent(connections[CLIENTS], "PUT", f"/v1/incidents/LOAD{turn}", body, failed)
            written["incidents"] += 1
            time.sleep(_WRITE_PAUSE_SECONDS)

        def edit(_: int, turn: int) -> None:
            body = {"resolution": f"Wait {turn} seconds."}
            _sent(connections[CLIENTS + 1], "PATCH", f"/v1/articles/{article}", body, failed)
            written["edits"] += 1
            time.sleep(_EDIT_PAUSE_SECONDS)

        address = urlsplit(service.address)
        connections = [
            http.client.HTTPConnection(address.hostname or "", address.port, timeout=30) for _ in range(CLIENTS + 2)
        ]
        threads = [threading.Thread(target=_until, args=(ends, act, i)) for i, act in _acts(ask, write, edit)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - started
    shares = {f"p{share}_ms": round(float(np.percentile(took, share))) for share in (50, 95, 99)}
    return {"clients": CLIENTS, "suggestions_a_second": round(len(took) / seconds, 1), **shares} | {
        "errors": len(failed),
        "written": written,
    }


def _acts(
    ask: Callable[[int, int], None], write: Callable[[int, int], None], edit: Callable[[int, int], None]
) -> list[tuple[int, Callable[[int, int], None]]]:
    return [*((client, ask) for client in range(CLIENTS)), (CLIENTS, write), (CLIENTS + 1, edit)]


def _until(ends: float, act: Callable[[int, int], None], client: int) -> None:
    turn = 0
    while time.monotonic() < ends:
        act(client, turn)
        turn += 1


def _suggestion(connection: http.client.HTTPConnection, text: str, took: list[float], failed: list[str]) -> None:
    started = time.perf_counter()
    _sent(connection, "POST", "/v1/suggest", {"description": text}, failed)
    took.append(1000 * (time.perf_counter() - started))


def _sent(connection: http.client.HTTPConnection, method: str, path: str, body: Any, failed: list[str]) -> None:
    """Send a body and read the answer; note a failure or a broken connection."""
    try:
        connection.request(method, path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            failed.append(f"{method} {answer.status}")
    except (OSError, http.client.HTTPException) as error:
        failed.append(f"{method} {type(error).__name__}")
        connection.close()
