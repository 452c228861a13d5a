"""Random acts of many callers at once over HTTP, and the plain model that says what must be there afterwards."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

SHARED = [f"S{i}" for i in range(24)]
ARTICLES = [f"KB-{i}" for i in range(16)]
# The longest that all imports that still wait at the end may take; each of them is five rows.
_IMPORT_SECONDS = 600
_REFUSED = frozenset({404, 409, 412})
"""Answers by which an act says that it did not happen: the article is gone, merged, or changed meanwhile."""


@dataclass
class Expected:
    """What was acknowledged: links, corrections, reassignments, reopenings, captures, merges, writes and imports."""

    links: list[tuple[str, str]] = field(default_factory=list)
    corrections: dict[tuple[str, str], str] = field(default_factory=dict)
    reassigned: Counter[str] = field(default_factory=Counter)
    reopened: Counter[str] = field(default_factory=Counter)
    captured: list[tuple[str, str]] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    imports: list[str] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def prepare(client: httpx.Client) -> None:
    """Write the incidents and articles that all callers share."""
    body = {"incidents": [_incident(number, "as it was filed") for number in SHARED]}
    client.post("/v1/incidents", json=body).raise_for_status()
    for key in ARTICLES:
        article = {"id": key, "title": f"How to mend {key}", "issue": "It is broken.", "resolution": f"Mend {key}."}
        client.post("/v1/articles", json=article).raise_for_status()


def act_at_random(address: str, *, callers: int, acts: int, seed: int) -> Expected:
    """Let callers do so many acts each, all at the same time; returns what was acknowledged to them.

    Raises AssertionError for an answer that says neither that the act was done nor that it was refused.
    """
    expected, failures = Expected(), list[str]()

    def work(caller: int) -> None:
        try:
            with httpx.Client(base_url=address, timeout=120) as client:
                _Caller(client, caller, random.Random(seed + caller), expected).work(acts)
        except Exception as error:  # noqa: BLE001 (it is told by the thread that waits)
            failures.append(f"caller {caller}: {type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:5]
    return expected


def check(client: httpx.Client, expected: Expected) -> None:
    """Compare what is there with what was acknowledged; nothing may be lost and nothing may lead in a circle."""
    for job in expected.imports:
        _wait_for_import(client, job)
    survivors = {key: _survivor(client, key) for key in [*ARTICLES, *(key for _, key in expected.captured)]}
    incidents = {number: client.get(f"/v1/incidents/{number}").raise_for_status().json() for number in SHARED}
    for number, article in expected.links:
        assert survivors[article] in incidents[number]["articles"], (number, article)
    for incident in incidents.values():
        assert len(set(incident["articles"])) == len(incident["articles"])
        for linked in incident["articles"]:
            assert survivors[linked] == linked, f"{incident['number']} is linked to {linked}, which was merged"
    for (number, name), value in expected.corrections.items():
        found = incidents[number]
        assert (found["extra"].get(name) or found.get(name)) == value, (number, name)
    for number in SHARED:
        assert (incidents[number]["reassignment_count"] or 0) == expected.reassigned[number], number
        assert (incidents[number]["reopen_count"] or 0) == expected.reopened[number], number
    assert max(Counter(number for number, _ in expected.captured).values(), default=1) == 1
    for gone, kept in expected.merged.items():
        assert client.get(f"/v1/articles/{gone}", params={"follow": False}).json()["merged_into"] == kept
    for number, text in expected.written.items():
        assert client.get(f"/v1/incidents/{number}").raise_for_status().json()["description"] == text, number


class _Caller:
    """One caller: the acts that it may do, each noted as soon as it is acknowledged."""

    def __init__(self, client: httpx.Client, caller: int, random: random.Random, expected: Expected) -> None:
        self._client, self._caller, self._random, self._expected = client, caller, random, expected
        self._count = 0

    def work(self, acts: int) -> None:
        doing = [self.put, self.put_shared, self.link, self.correct, self.reassign, self.reopen, self.capture]
        doing += [self.merge, self.write_batch, self.link, self.correct, self.put_shared, self.import_file]
        for _ in range(acts):
            self._count += 1
            act = self._random.choice(doing)
            act()
            with self._expected.lock:
                self._expected.acts[act.__name__] += 1

    def put(self) -> None:
        number, text = f"P{self._caller}-{self._random.randrange(4)}", f"the {self._count}th text of {self._caller}"
        self._send("PUT", f"/v1/incidents/{number}", _incident(number, text))
        self._expected.written[number] = text

    def put_shared(self) -> None:
        """Write as a ticket system does that knows nothing of links, corrections and counts made here."""
        number = self._random.choice(SHARED)
        self._send("PUT", f"/v1/incidents/{number}", _incident(number, f"said again by {self._caller}"))

    def link(self) -> None:
        number, article = self._random.choice(SHARED), self._random.choice(ARTICLES)
        self._send("POST", f"/v1/incidents/{number}/articles", {"article": article})
        with self._expected.lock:
            self._expected.links.append((number, article))

    def correct(self) -> None:
        """Correct a field that no other caller corrects, so that the last value is known."""
        number, name, value = self._random.choice(SHARED), f"column_{self._caller}", f"value {self._count}"
        body = {"number": number, "field": name, "suggested": "another", "chosen": value}
        self._send("POST", "/v1/feedback", body)
        self._expected.corrections[number, name] = value

    def reassign(self) -> None:
        number = self._random.choice(SHARED)
        body = {"number": number, "outcome": "reassigned", "assignment_group": f"Group {self._caller}"}
        self._send("POST", "/v1/outcomes", body)
        with self._expected.lock:
            self._expected.reassigned[number] += 1

    def reopen(self) -> None:
        number = self._random.choice(SHARED)
        self._send("POST", "/v1/outcomes", {"number": number, "outcome": "reopened"})
        with self._expected.lock:
            self._expected.reopened[number] += 1

    def capture(self) -> None:
        number = self._random.choice(SHARED)
        made = self._send("POST", f"/v1/incidents/{number}/capture", {}, may_be_refused=True)
        if made is not None:
            with self._expected.lock:
                self._expected.captured.append((number, made["id"]))
                self._expected.links.append((number, made["id"]))

    def merge(self) -> None:
        gone, kept = self._random.sample(ARTICLES, 2)
        if self._random.random() < 0.3:  # so that articles to link are left until the end
            done = self._send("POST", f"/v1/articles/{gone}/merge", {"into": kept}, may_be_refused=True)
            if done is not None:
                with self._expected.lock:
                    self._expected.merged[gone] = kept

    def write_batch(self) -> None:
        numbers = [f"B{self._caller}-{self._count}-{i}" for i in range(10)]
        texts = {number: f"imported as {number}" for number in numbers}
        self._send("POST", "/v1/incidents", {"incidents": [_incident(number, text) for number, text in texts.items()]})
        with self._expected.lock:
            self._expected.written |= texts

    def import_file(self) -> None:
        """Hand in a file, which is imported in the background; seldom, since one is imported after another."""
        if self._random.random() > 0.2:
            return
        texts = {f"F{self._caller}-{self._count}-{i}": f"row {i} of the {self._count}th file" for i in range(5)}
        rows = "\n".join(json.dumps(_incident(number, text)) for number, text in texts.items())
        answer = self._client.post(
            "/v1/jobs", params={"kind": "import"}, content=rows, headers={"Content-Type": "application/x-ndjson"}
        )
        assert answer.status_code == 202, f"import of a file: {answer.status_code} {answer.text[:300]}"
        with self._expected.lock:
            self._expected.imports.append(answer.json()["id"])
            self._expected.written |= texts

    def _send(self, method: str, path: str, body: dict[str, Any], *, may_be_refused: bool = False) -> Any:
        answer = self._client.request(method, path, json=body)
        if may_be_refused and answer.status_code in _REFUSED:
            return None
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()


def _incident(number: str, text: str) -> dict[str, Any]:
    return {"number": number, "short_description": f"{number} does not work", "description": text, "state": "open"}


def _wait_for_import(client: httpx.Client, job: str) -> None:
    """Wait until a file is imported; each row must have been taken."""
    until = time.monotonic() + _IMPORT_SECONDS
    while (found := client.get(f"/v1/jobs/{job}").raise_for_status().json())["state"] in ("queued", "running"):
        assert time.monotonic() < until, found
        time.sleep(0.2)
    assert found["state"] == "done", found


def _survivor(client: httpx.Client, key: str) -> str:
    """Id of the article that a reader of this one is led to; a circle would never end."""
    answer = client.get(f"/v1/articles/{key}", follow_redirects=True).raise_for_status()
    found: str = answer.json()["id"]
    return found
