"""The demo: prepare and serve the made-up sample organisation, each part in a separate process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, cast

from app.background.subprocesses import Process, stop
from app.commands import console
from app.commands.displays.suggestions import print_suggestion
from app.commands.steps import StepDisplay
from app.parent import Step
from app.ports import check_port
from models.errors import UnavailableError

EXAMPLE = (
    "vpn drops every few minutes when i work from home, have to sign in again each time. "
    "colleagues in the office are fine"
)
STARTED_WITH_VARIABLE = "TRIAGE_STARTED_WITH"
"""Names the command line that a person typed, where it was another one than `triage demo`."""

_LOCAL = "127.0.0.1"
_LOOK_SECONDS = 0.1
_ANSWER_SECONDS = 1.0  # while it waits for an answer, nobody is heard who wants to stop
_EXAMPLE_SECONDS = 2.0
_GRACE_SECONDS = 1
_STOP_SECONDS = 3.0  # with the rest of stopping, less than the 5 s after which a person presses Ctrl-C again
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LAST_LINE_SECONDS = 2.0  # a process that fails ends within this time of saying why


class _StopRequest(BaseException):
    """Somebody has asked the demo to stop."""


class PartEndedError(UnavailableError):
    """A process of the demo ended; the message says which and why."""


def run_demo(home: Path, *, port: int, desk_port: int) -> None:
    """Prepare the sample desk, show one suggestion, and serve until stopped.

    Raises PortTakenError before anything is done, and PartEndedError where a process ends that should not.
    """
    _check_ports(port, desk_port)
    with _Parts() as parts:
        try:
            if STARTED_WITH_VARIABLE not in os.environ:  # which says so before Python has loaded anything
                console.say(f"starting the sample desk in {home}; Ctrl-C stops it")
            _start(parts, home, port, desk_port)
            _show_example(port)
            console.say(
                f"\nready: desk http://{_LOCAL}:{desk_port}   API http://{_LOCAL}:{port}/docs   Ctrl-C stops both"
            )
            while True:
                parts.wait()
        except _StopRequest:
            pass
    started_with = os.environ.get(STARTED_WITH_VARIABLE, "triage demo")
    console.end_line(f"stopped; what was done is kept. Start again with {started_with}")


def _check_ports(port: int, desk_port: int) -> None:
    """Raise PortTakenError, with what to type, unless both ports are free."""
    by_make = STARTED_WITH_VARIABLE in os.environ
    options = ("make run PORT=", "make run DESK_PORT=") if by_make else ("--port ", "--desk-port ")
    check_port(_LOCAL, port, option=options[0], avoid=(desk_port,))
    check_port(_LOCAL, desk_port, option=options[1], avoid=(port,))


def _start(parts: _Parts, home: Path, port: int, desk_port: int) -> None:
    """Load and learn what is not yet, then start service and desk and wait until both answer."""
    with StepDisplay() as display:
        if not _is_prepared(home):
            display.show(Step("folder", "opening the data folder"))
            preparation = parts.start("preparation", home, "demo", "--prepare", lasts=False)
            while preparation.process.poll() is None:
                parts.look(display)
            parts.finish(preparation)
        parts.start("service", home, "serve", "--port", str(port), "--grace", str(_GRACE_SECONDS))
        parts.start("desk", home, "desk", "--port", str(desk_port), "--api", f"http://{_LOCAL}:{port}")
        for name, address in (("service", (port, "/readyz")), ("desk", (desk_port, "/_stcore/health"))):
            display.show(Step(name, f"starting the {name}"))
            while not _answers(*address):
                parts.look(display)


def _is_prepared(home: Path) -> bool:
    """Return whether a start has come to its end before: what it does last is to let a model serve.

    Where settings may name another database, that says nothing.
    """
    has_settings = "TRIAGE_DATABASE_URL" in os.environ or (home / "settings.env").exists()
    return not has_settings and (home / "models" / "serving.json").exists()


def _show_example(port: int) -> None:
    """Show what the service suggests for a ticket."""
    connection = http.client.HTTPConnection(_LOCAL, port, timeout=_EXAMPLE_SECONDS)
    ticket = json.dumps({"description": EXAMPLE})
    try:
        with contextlib.closing(connection):
            connection.request("POST", "/v1/suggest", ticket, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
    except TimeoutError:
        console.say("no example: the service is busy")
        return
    if answer.status != http.HTTPStatus.OK:
        console.say(f"no example: the service answered {answer.status} {answer.reason}")
        return
    from app.schemas.suggestions import SuggestionView  # noqa: PLC0415 (not before the first line of a start)

    console.say(f"\nA ticket comes in: “{EXAMPLE}”\n")
    print_suggestion(SuggestionView.model_validate_json(body))


def _answers(port: int, path: str) -> bool:
    """Return whether a service on this machine answers a request."""
    connection = http.client.HTTPConnection(_LOCAL, port, timeout=_ANSWER_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


class _Part:
    """A process of the demo; one that lasts must not end before it is stopped."""

    def __init__(self, name: str, home: Path, *arguments: str, lasts: bool = True) -> None:
        self.name = name
        self.process = Process(
            [sys.executable, "-m", "app", "--home", str(home), *arguments],
            settings={"TRIAGE_LOG_LEVEL": os.environ.get("TRIAGE_LOG_LEVEL", "warning")},
            stderr=subprocess.PIPE,
        )
        self._lasts = lasts
        self._stderr = cast("IO[bytes]", self.process.stderr)
        os.set_blocking(self._stderr.fileno(), False)
        self._unread = b""
        self._last: str | None = None
        self._heard_at = 0.0

    def messages(self) -> Iterator[str]:
        """Yield what the process wrote; the last line only once it has lived on for a moment.

        Raises PartEndedError where it failed; that line says why, then, and is not yielded.
        """
        status = self.process.poll()
        for line in self._new_lines(all_of_it=status is not None):
            if self._last is not None:
                yield self._last
            self._last, self._heard_at = line, time.monotonic()
        if status or (status == 0 and self._lasts):
            why = (self._last or "").removeprefix("error: ")
            raise PartEndedError(f"the {self.name} ended ({_cause(status)}){': ' if why else ''}{why}")
        if self._last is not None and (status == 0 or time.monotonic() - self._heard_at > _LAST_LINE_SECONDS):
            yield self._last
            self._last = None

    def _new_lines(self, *, all_of_it: bool) -> list[str]:
        self._unread += self._stderr.read() or b""
        *lines, self._unread = (self._unread + (b"\n" if all_of_it else b"")).split(b"\n")
        return [line.decode(errors="replace") for line in lines if line.strip()]

    def close(self) -> None:
        """Hear no more of the process."""
        self._stderr.close()


def _cause(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"


class _Parts:
    """The processes of the demo, which are stopped together when the block ends, and what asks it to end."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._asked: int | None = None
        self._in_terminal = sys.stderr.isatty()

    def __enter__(self) -> _Parts:
        """Take Ctrl-C, SIGTERM and the end of the terminal for requests to stop."""
        for number in _STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as SIGINT is under make, and SIGHUP under nohup
                signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop every process."""
        stop(*(part.process for part in self._parts), within=_STOP_SECONDS)
        for part in self._parts:
            part.close()

    def _ask(self, number: int, _: FrameType | None) -> None:
        self._asked = number

    def start(self, name: str, home: Path, *arguments: str, lasts: bool = True) -> _Part:
        """Start a `triage` command as one part."""
        part = _Part(name, home, *arguments, lasts=lasts)
        self._parts.append(part)
        return part

    def finish(self, part: _Part) -> None:
        """Pass on the last words of a part that has done its work."""
        self._pass_on(part)
        stop(part.process)
        part.close()
        self._parts.remove(part)

    def look(self, display: StepDisplay) -> None:
        """Wait a moment, then pass on what the parts say and show how far they are.

        Raises _StopRequest once somebody asked for that, and PartEndedError where a part failed.
        """
        self.wait()
        for part in self._parts:
            for step in part.process.steps():
                display.show(step)
        display.wait()

    def wait(self) -> None:
        """Wait a moment, then pass on what the parts say; raises as `look` does."""
        time.sleep(_LOOK_SECONDS)
        if self._in_terminal and not sys.stderr.isatty():  # it was closed; not everybody is sent a signal then
            self._asked = signal.SIGHUP
        if self._asked == signal.SIGHUP:
            _write_nowhere()
        if self._asked is not None:
            raise _StopRequest
        for part in self._parts:
            self._pass_on(part)

    @staticmethod
    def _pass_on(part: _Part) -> None:
        for line in part.messages():
            console.say(line)


def _write_nowhere() -> None:
    """Drop what is written from now on, since the terminal is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
