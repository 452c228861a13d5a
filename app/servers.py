"""Serving: the API as one process or several that listen on a port."""

from __future__ import annotations

import ipaddress
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType
from typing import Any, Self

import uvicorn
from fastapi import FastAPI
from prometheus_client.multiprocess import mark_process_dead

from app import logs
from app.api.application import create_app
from app.api.middleware.metrics import SHARED_FOLDER
from app.commands import console
from app.commands.steps import reported_steps
from app.composition import Services, open_services
from app.parent import ReportStep, Step, parent
from app.ports import check_port
from models.errors import UnavailableError

_SPAWN = multiprocessing.get_context("spawn")
_LOOK_SECONDS = 0.5
_SILENT_SECONDS = 300.0  # a worker that starts and reports nothing for so long is waited for no more
_SOON_SECONDS = 60.0
_MOST_PAUSES = 6
_STOP_SECONDS = 3.0  # beyond what requests get: to stop background work and to close the database
# Longer than clients and proxies keep an idle connection (httpx 5 s, many proxies 60 s), so that it is they who close
# it: a request sent into a connection that is just being closed finds nobody.
_IDLE_SECONDS = 75
_UVICORN: dict[str, Any] = {"log_config": None, "access_log": False, "timeout_keep_alive": _IDLE_SECONDS}
_THREADS = ("TRIAGE_ENCODER_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]


class NoApiKeyError(UnavailableError):
    """A service that asks for keys would let nobody in."""


def serve_api(home: Path, *, host: str, port: int, workers: int, grace: int) -> None:
    """Answer HTTP requests until a stop signal; running requests then get `grace` seconds.

    Several worker processes share the port and the cores; each loads its own models and indexes.
    """
    check_port(host, port)
    if parent() is None:
        console.say(f"starting the API on http://{host}:{port} (documentation at /docs)")
    if workers > 1:
        _serve_with_workers(home, host, port, workers, grace)
        return
    with ExitStack() as opened:
        with reported_steps() as report:
            services = opened.enter_context(_opened(home, host, report))
        uvicorn.run(_app(services, host), host=host, port=port, timeout_graceful_shutdown=grace, **_UVICORN)


@contextmanager
def _opened(home: Path, host: str, report: ReportStep) -> Iterator[Services]:
    """Give the services of a data folder, with all that an answer needs in memory."""
    report(Step("service", "starting the service: opening the data folder"))
    with open_services(home) as services:
        _check_keys(services, host)
        report(Step("service", "starting the service: reading incidents, articles and models"))
        services.warm_up()
        yield services


def _serve_with_workers(home: Path, host: str, port: int, workers: int, grace: int) -> None:
    with open_services(home) as services:  # what is wrong with the folder is said once, not by each worker
        _check_keys(services, host)
    share = str(max(1, len(os.sched_getaffinity(0)) // workers))
    with tempfile.TemporaryDirectory() as counted:
        os.environ[SHARED_FOLDER] = counted
        for threads in _THREADS:
            os.environ.setdefault(threads, share)
        _Supervisor(workers, partial(_Worker.start, home, host, port, grace)).run(within=grace + _STOP_SECONDS)


@dataclass(eq=False, slots=True)
class _Worker:
    """A process that answers; it reports its steps over a line, and answers once it is told so over the same."""

    process: SpawnProcess
    line: Connection
    heard_at: float
    is_ready: bool = False
    answers: bool = False

    @classmethod
    def start(cls, home: Path, host: str, port: int, grace: int) -> Self:
        """Start a process that Ctrl-C does not reach: the supervisor stops it."""
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_answer, args=(home, host, port, grace, theirs))
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process begins with what is blocked here
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        theirs.close()
        return cls(process, ours, time.monotonic())

    def hear(self) -> None:
        """Take in what the process has reported."""
        with suppress(EOFError, OSError):
            while self.line.poll():
                self.is_ready |= self.line.recv() is None
                self.heard_at = time.monotonic()

    def hinders(self) -> bool:
        """Return whether others should wait for this one: it starts, and gets on with that."""
        return not self.is_ready and time.monotonic() - self.heard_at < _SILENT_SECONDS

    def let_answer(self) -> None:
        """Tell the process to answer, if it can and does not yet."""
        if self.is_ready and not self.answers:
            self.answers = True
            with suppress(OSError):
                self.line.send(None)


class _Supervisor:
    """Keeps so many workers answering; one that ends is replaced.

    Where one ends soon after it began, and again, the next begins after a growing pause, at most a minute. The first
    ones begin to answer together: the earliest alone would get the connections of all clients that wait.
    """

    def __init__(self, workers: int, start: Callable[[], _Worker]) -> None:
        self._count = workers
        self._start = start
        self._workers: list[_Worker] = []
        self._asked_to_stop = False

    def run(self, *, within: float) -> None:
        """Keep the workers answering until this process is told to stop; then they have so many seconds."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)
        pauses = 0
        try:
            self._begin()
            while not self._asked_to_stop:
                began = time.monotonic()
                self._fill()
                while len(self._workers) == self._count and not self._asked_to_stop:
                    self._look()
                pauses = min(pauses + 1, _MOST_PAUSES) if time.monotonic() - began < _SOON_SECONDS else 0
                self._pause(2**pauses - 1)
        finally:
            self._stop(within)

    def _ask_to_stop(self, _: int, __: FrameType | None) -> None:
        self._asked_to_stop = True

    def _begin(self) -> None:
        """Start the first workers and let them answer once all that get on with starting are ready."""
        self._fill()
        with reported_steps() as report:
            while not self._asked_to_stop and len(self._workers) == self._count:
                ready = sum(worker.is_ready for worker in self._workers)
                report(Step("workers", "starting the service: workers that are ready", ready, self._count))
                if not any(worker.hinders() for worker in self._workers):
                    return
                self._hear()

    def _fill(self) -> None:
        self._workers += [self._start() for _ in range(self._count - len(self._workers))]

    def _look(self) -> None:
        """Let every worker answer that could."""
        for worker in self._workers:
            worker.let_answer()
        self._hear()

    def _hear(self) -> None:
        """Wait until workers report something, or a moment; drop those that ended, whose gauges count no more."""
        connection.wait([worker.line for worker in self._workers], timeout=_LOOK_SECONDS)
        for worker in self._workers:
            worker.hear()
        ended = [worker for worker in self._workers if not worker.process.is_alive()]
        for worker in ended:
            mark_process_dead(worker.process.pid)  # type: ignore[no-untyped-call]  # its authors gave no types
            worker.line.close()
            self._workers.remove(worker)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._asked_to_stop:
            time.sleep(_LOOK_SECONDS)

    def _stop(self, within: float) -> None:
        deadline = time.monotonic() + within
        for worker in self._workers:
            worker.process.terminate()
            worker.line.close()
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            worker.process.kill()
            worker.process.join()


def _answer(home: Path, host: str, port: int, grace: int, line: Connection) -> None:
    """Answer in one of several processes, on a socket of its own on the port that they share.

    The kernel deals connections out among such sockets; of one socket for all, whoever is quickest takes them all.

    The protocol of the socket is named, because asyncio switches Nagle's algorithm off only where it is. With that
    algorithm every later answer on a connection waits 40 ms for the client's acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    own = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with _opened(home, host, line.send) as services, own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        own.bind((host, port))
        app = _app(services, host, before_answering=partial(_wait_to_answer, line))
        config = uvicorn.Config(app, timeout_graceful_shutdown=grace, **_UVICORN)
        uvicorn.Server(config).run(sockets=[own])


def _wait_to_answer(line: Connection) -> None:
    """Tell the supervisor that this process could answer, wait until it may, and from then on end with it."""
    with suppress(EOFError, OSError):
        line.send(None)
        line.recv()
    threading.Thread(target=_end_with, args=(line,), name="supervisor", daemon=True).start()


def _end_with(line: Connection) -> None:
    with suppress(EOFError, OSError):
        line.recv()
    os.kill(os.getpid(), signal.SIGTERM)


def _app(services: Services, host: str, *, before_answering: Callable[[], None] = lambda: None) -> FastAPI:
    logs.configure(services.settings.log_level)
    hosts = _LOCAL_NAMES if is_local(host) else ["*"]
    asks = _asks_for_keys(services, host)
    return create_app(services, hosts=hosts, asks_for_keys=asks, before_answering=before_answering)


def _asks_for_keys(services: Services, host: str) -> bool:
    return services.settings.always_ask_for_keys or not is_local(host)


def _check_keys(services: Services, host: str) -> None:
    """Raise NoApiKeyError where nobody could get in."""
    if _asks_for_keys(services, host) and not services.keys.any_holds():
        why = "TRIAGE_ALWAYS_ASK_FOR_KEYS is set" if is_local(host) else f"{host} can be reached from other machines"
        raise NoApiKeyError(f"{why} and there is no key yet: make one with `triage keys make NAME --scope suggest`")


def is_local(host: str) -> bool:
    """Return whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
