"""Serving: the API and the desk as processes that listen on a port."""

from __future__ import annotations

import atexit
import ipaddress
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from app import logs
from app.api.metrics import SHARED_FOLDER
from app.api.service import create_app
from app.commands import console
from app.composition import Desk, open_desk

PAGES = Path(__file__).parent / "desk" / "main.py"
API_VARIABLE = "TRIAGE_API"
KEY_VARIABLE = "TRIAGE_KEY"
_HOME, _HOST = "TRIAGE_HOME", "TRIAGE_HOST"
_UVICORN: dict[str, Any] = {
    "log_config": None,
    "access_log": False,
    "timeout_graceful_shutdown": 10,
    "http": "httptools",
}
_LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]


class PortTakenError(RuntimeError):
    """Another program listens on the port; the message says which and what to do."""


class NoKeysError(RuntimeError):
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
        desk = stack.enter_context(open_desk(home))
        _check_keys(desk, host)
        console.say(f"API on http://{host}:{port} (documentation at /docs)")
        if workers == 1:
            uvicorn.run(_app(desk, host), host=host, port=port, **_UVICORN)
            return
        stack.pop_all().close()
        cores = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
        with tempfile.TemporaryDirectory() as counted:
            os.environ |= {_HOME: str(home), _HOST: host, SHARED_FOLDER: counted}
            os.environ.setdefault("TRIAGE_ENCODER_THREADS", str(max(1, (cores or 1) // workers)))
            uvicorn.run("app.serving:worker", factory=True, workers=workers, host=host, port=port, **_UVICORN)


def worker() -> FastAPI:
    """The API in one of several processes, as `serve_api` told it by the environment."""
    stack = ExitStack()
    desk = stack.enter_context(open_desk(Path(os.environ[_HOME])))
    atexit.register(stack.close)
    return _app(desk, os.environ[_HOST])


def _app(desk: Desk, host: str) -> FastAPI:
    logs.configure(desk.settings.log_level)
    hosts = _LOCAL_NAMES if is_local(host) else ["*"]
    return create_app(desk, hosts=hosts, asks_for_keys=_asks_for_keys(desk, host))


def _asks_for_keys(desk: Desk, host: str) -> bool:
    return desk.settings.always_ask_for_keys or not is_local(host)


def _check_keys(desk: Desk, host: str) -> None:
    """Raise NoKeysError where nobody could get in."""
    if _asks_for_keys(desk, host) and not desk.keys.any_holds():
        why = "TRIAGE_ALWAYS_ASK_FOR_KEYS is set" if is_local(host) else f"{host} can be reached from other machines"
        raise NoKeysError(f"{why} and there is no key yet: make one with `triage keys make NAME --scope suggest`")


def serve_desk(*, port: int, api: str) -> None:
    """Serve the desk's pages until the process is told to stop."""
    check_port("127.0.0.1", port)
    console.say(f"desk on http://127.0.0.1:{port}")
    environment = {**os.environ, API_VARIABLE: api}
    os.execve(sys.executable, [sys.executable, *desk_arguments(port)], environment)  # noqa: S606 (our own program)


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
