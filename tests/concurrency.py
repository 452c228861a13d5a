"""Calls at the same moment, and how many transactions they cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
from sqlalchemy import Connection, Engine, event

Call = Callable[[], httpx.Response]


def at_once(calls: Sequence[Call]) -> list[httpx.Response]:
    """Answers to calls that begin at the same moment; none of them is a failure of the service."""
    start = threading.Barrier(len(calls))

    def call(one: Call) -> httpx.Response:
        start.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as threads:
        answers = list(threads.map(call, calls))
    for answer in answers:
        assert answer.status_code < 500, answer.text
    return answers


@contextmanager
def counted_transactions() -> Iterator[list[str]]:
    """Collect the names of the threads in which transactions begin, on whatever database."""
    begun = list[str]()

    def note(_: Connection) -> None:
        begun.append(threading.current_thread().name)

    event.listen(Engine, "begin", note)
    try:
        yield begun
    finally:
        event.remove(Engine, "begin", note)
