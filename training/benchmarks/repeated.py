"""Repeated writes: incidents that are sent again, in any order and from many clients, are stored once."""

from __future__ import annotations

import http.client
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local
from typing import Any
from urllib.parse import urlsplit

from training.benchmarks.classification import read
from training.benchmarks.product import served

INCIDENTS = 10_000
_CLIENTS = 8
_CONFLICT, _TURNS = 409, 200


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Return the number of incidents after 10,000 were each sent one to three times, in random order, by eight clients.

    A client that learns that the same request is still being answered asks again, as it should.
    """
    rows = read(data / "tickets_category.csv.gz")[:INCIDENTS]
    chance = random.Random(0)  # noqa: S311 (the order of requests)
    order = [number for number in range(INCIDENTS) for _ in range(chance.randint(1, 3))]
    chance.shuffle(order)
    answers, replayed = Counter[int](), Counter[bool]()
    with served(scratch / "home", "--workers", "2") as service:
        address, mine = urlsplit(service.address), local()

        def send(number: int) -> tuple[int, bool]:
            if not hasattr(mine, "connection"):
                mine.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
            incident = {"number": f"R{number}", "description": rows[number]["description"], "state": "resolved"}
            headers = {"content-type": "application/json", "idempotency-key": f"repeated-{number}"}
            for _ in range(_TURNS):
                mine.connection.request("POST", "/v1/incidents", json.dumps({"incidents": [incident]}), headers)
                answer = mine.connection.getresponse()
                answer.read()
                if answer.status != _CONFLICT:
                    break
            return answer.status, answer.getheader("idempotency-replayed") is not None

        with ThreadPoolExecutor(_CLIENTS) as clients:
            for status, again in clients.map(send, order):
                answers[status] += 1
                replayed[again] += 1
        stored = service.get("/readyz")["incidents"]
    return {
        "incidents": INCIDENTS,
        "requests": len(order),
        "answers": {str(status): count for status, count in answers.items()},
        "replayed": replayed[True],
        "stored": stored,
    }
