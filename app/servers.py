"""Serving: the API and the desk as processes that listen on a port."""

from __future__ import annotations

import ipaddress
import json
import multiprocessing
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from prometheus_client.multiprocess import mark_process_dead

from app import logs
from app.api.application import create_app
from app.api.middleware.metrics import SHARED_FOLDER
from app.commands import console
from app.composition import Services, open_services
from app.environment import API_VARIABLE, HOME_VARIABLE
from app.settings import Settings, SettingsError, read_settings
from models.durable_files import write_atomically
from models.errors import UnavailableError

PAGES = Path(__file__).parent / "desk" / "main.py"
_SPAWN = multiprocessing.get_context("spawn")
_LOOK_SECONDS = 1.0
_READY_SECONDS = 300.0
_SOON_SECONDS = 60.0
_MOST_PAUSES = 6
_UVICORN: dict[str, Any] = {
    "log_config": None,
    "access_log": False,
    "timeout_graceful_shutdown": 10,
}
_THREADS = ("TRIAGE_ENCODER_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]


class PortTakenError(UnavailableError):
    """Another program listens on the port; the message says which and what to do."""


class NoApiKeyError(UnavailableError):
    """A service that asks for keys would let nobody in."""


def check_port(host: str, port: int, *, option: str = "--port") -> None:
    """Raise PortTakenError where something listens on the port already, or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"cannot listen on {host} port {port} ({error.strerror}): give another one with {option}"
            ) from None


def serve_api(home: Path, *, host: str, port: int, workers: int = 1) -> None:
    """Answer HTTP requests until the process is told to stop: then those that have begun are answered.

    Several worker processes share the port and the cores; each has models and indexes of its own.
    """
    check_port(host, port)
    with ExitStack() as stack:
        services = stack.enter_context(open_services(home))
        _check_keys(services, host)
        console.say(f"API on http://{host}:{port} (documentation at /docs)")
        if workers == 1:
            uvicorn.run(_app(services, host), host=host, port=port, **_UVICORN)
            return
        stack.pop_all().close()
        share = str(max(1, len(os.sched_getaffinity(0)) // workers))
        with tempfile.TemporaryDirectory() as counted:
            os.environ[SHARED_FOLDER] = counted
            for threads in _THREADS:
                os.environ.setdefault(threads, share)
            _supervise(workers, lambda ready: _SPAWN.Process(target=_answer, args=(home, host, port, ready)))


def _supervise(workers: int, made: Callable[[Barrier], SpawnProcess]) -> None:
    """Keep so many processes answering until this one is told to stop; one that ends is replaced.

    Where one ends soon after it began, and again, the next begins after a growing pause, at most a minute. The first
    ones begin to listen together: the earliest alone would get the connections of all clients that wait.
    """
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    running, pauses = list[SpawnProcess](), 0
    all_first, one_later = _SPAWN.Barrier(workers), _SPAWN.Barrier(1)
    ready = all_first
    while not told.is_set():
        started = time.monotonic()
        for _ in range(workers - len(running)):
            process = made(ready)
            process.start()
            running.append(process)
        ready = one_later
        while len(running) == workers and not told.wait(_LOOK_SECONDS):
            running = _living(running)
        pauses = min(pauses + 1, _MOST_PAUSES) if time.monotonic() - started < _SOON_SECONDS else 0
        told.wait(2**pauses - 1)
    for process in running:
        process.terminate()
    for process in running:
        process.join()


def _living(processes: list[SpawnProcess]) -> list[SpawnProcess]:
    """Return the processes that run; of those that ended, no gauge counts any more."""
    living = [process for process in processes if process.is_alive()]
    for process in processes:
        if process not in living:
            mark_process_dead(process.pid)  # type: ignore[no-untyped-call]  # its authors gave no types
    return living


def _answer(home: Path, host: str, port: int, ready: Barrier) -> None:
    """Answer in one of several processes, on a socket of its own on the port that they share.

    The kernel deals connections out among such sockets; of one socket for all, whoever is quickest takes them all.
    """
    with open_services(home) as services, socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        own.bind((host, port))
        app = _app(services, host, before_answering=partial(_wait_for_all, ready))
        uvicorn.Server(uvicorn.Config(app, **_UVICORN)).run(sockets=[own])


def _wait_for_all(ready: Barrier) -> None:
    """Wait until all first processes are ready; where one does not come to be, the others go on without it."""
    with suppress(threading.BrokenBarrierError):
        ready.wait(_READY_SECONDS)


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


def serve_desk(home: Path, *, port: int, api: str) -> None:
    """Serve the desk's pages until the process is told to stop."""
    check_port("127.0.0.1", port)
    address = f"http://127.0.0.1:{port}"
    secrets_file = _sign_in_file(home, read_settings(home), address)
    console.say(f"desk on {address}")
    environment = {**os.environ, API_VARIABLE: api, HOME_VARIABLE: str(home)}
    arguments = [*desk_arguments(port), *([f"--secrets.files={secrets_file}"] if secrets_file else [])]
    os.execve(sys.executable, [sys.executable, *arguments], environment)  # noqa: S606 (our own program)


def _sign_in_file(home: Path, settings: Settings, address: str) -> Path | None:
    """What the desk needs to let people sign in at an OpenID provider, in a file that only its owner reads."""
    if settings.oidc_metadata_url is None:
        return None
    home.mkdir(parents=True, exist_ok=True)
    file = home / "sign_in.toml"
    secret = settings.oidc_client_secret
    entries = {
        "redirect_uri": f"{settings.desk_url or address}/oauth2callback",
        "cookie_secret": _cookie_secret(file) or secrets.token_urlsafe(32),
        "client_id": settings.oidc_client_id,
        "client_secret": secret.get_secret_value() if secret else "",
        "server_metadata_url": settings.oidc_metadata_url,
    }
    lines = (f"{name} = {json.dumps(value)}" for name, value in entries.items())
    write_atomically(file, "\n".join(["[auth]", *lines, ""]).encode(), mode=0o600)
    return file


def _cookie_secret(file: Path) -> str | None:
    """Return the secret by which people stay signed in, `None` at the first start; raises SettingsError."""
    if not file.exists():
        return None
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))["auth"]["cookie_secret"]
    except (ValueError, LookupError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        raise SettingsError(f"{file}: is damaged; delete it and start the desk again: people then sign in anew")
    return found


def desk_arguments(port: int) -> list[str]:
    """Arguments of Python that run the desk: on this machine only, nothing sent anywhere."""
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "logger.level": "warning",
        "logger.hideWelcomeMessage": "true",
        "theme.base": "light",
        "theme.primaryColor": "#1f5f8b",
    }
    return ["-m", "streamlit", "run", str(PAGES), *(f"--{name}={value}" for name, value in options.items())]


def start(*arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    """Start `triage` with these arguments, and settings that nobody has set, beside this process."""
    return subprocess.Popen([sys.executable, "-m", "app", *arguments], env=settings | os.environ)  # noqa: S603 (our own program)


def is_local(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
