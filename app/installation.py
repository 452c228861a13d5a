"""Installation: what the product needs, put into a virtual environment; this module needs nothing but Python."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO, cast

from app.ports import PortTakenError, check_port
from models.errors import UnavailableError

ROOT = Path(__file__).parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)

_STAMP = VENV / ".installed"
_LOCAL = "127.0.0.1"
_PORT, _DESK_PORT = 8000, 8501
_STARTED_WITH_VARIABLE = "TRIAGE_STARTED_WITH"
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPED = 128 + signal.SIGINT  # what shells answer
_STOP_SECONDS = 3.0
_LOOK_SECONDS = 0.1
_LINE_SECONDS = 10.0
_LAST_LINES = 5


class InstallationError(UnavailableError):
    """Something could not be installed; the message says what."""


class StopRequest(BaseException):
    """Somebody has asked to stop."""


def is_installed(extras: Sequence[str]) -> bool:
    """Return whether everything is in place for the product as it is now, with these extras."""
    stamp = _stamp()
    return stamp.get("of") == _digest() and {*extras} <= _extras(stamp) and PYTHON.exists()


def install(runner: Runner, extras: Sequence[str]) -> None:
    """Put what the product needs into `.venv`; raises InstallationError and StopRequest."""
    wanted = sorted({*extras} | _extras(_stamp()))
    runner.say(
        f"installing {' and '.join(['what triage needs', *wanted])} into {VENV.name}; "
        "this is done once and takes a few minutes"
    )
    began = time.monotonic()
    if not _has_pip():
        runner.run("making a virtual environment", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    _remove_broken_off()
    what = f".[{','.join(wanted)}]" if wanted else "."
    options = ["--disable-pip-version-check", "--progress-bar=off", "--constraint=constraints.txt", "--editable"]
    runner.run("installing", [str(PYTHON), "-m", "pip", "install", *options, what])
    _STAMP.write_text(json.dumps({"of": _digest(), "extras": wanted}), encoding="utf-8")
    runner.say(f"installed in {time.monotonic() - began:.0f} s")


def _stamp() -> dict[str, object]:
    """Return what was installed the last time, nothing where that is not known."""
    try:
        stamp = json.loads(_STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _extras(stamp: dict[str, object]) -> set[str]:
    extras = stamp.get("extras")
    return {str(extra) for extra in extras} if isinstance(extras, list) else set()


def _digest() -> str:
    """Return a digest of what says which packages are needed, and which commands they bring."""
    import tomllib  # noqa: PLC0415 (an older Python lacks it, and is to be told so)

    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = json.dumps([described["project"], described["build-system"]], sort_keys=True)
    return hashlib.sha256(project.encode() + (ROOT / "constraints.txt").read_bytes()).hexdigest()


def _has_pip() -> bool:
    """Return whether the virtual environment is whole, so that only packages can be missing."""
    if not PYTHON.exists():
        return False
    command = [str(PYTHON), "-m", "pip", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 (our own program)


def _remove_broken_off() -> None:
    """Remove the metadata of packages that were not installed to the end, so that pip installs them anew.

    pip writes the record of a package last, and takes any package with metadata for installed.
    """
    for metadata in VENV.glob("lib*/python*/site-packages/*.dist-info"):
        if not (metadata / "RECORD").exists():
            shutil.rmtree(metadata)


class Runner:
    """Runs programs one after the other, says how far they are, and stops with what they have started when asked to.

    They are no foreground processes of the terminal: Ctrl-C reaches only this one.
    """

    def __init__(self) -> None:
        self._in_terminal = sys.stderr.isatty()
        self._asked: int | None = None
        for number in _STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as SIGINT is under make, and SIGHUP under nohup
                signal.signal(number, self._ask)

    def _ask(self, number: int, _: FrameType | None) -> None:
        self._asked = number

    def check(self) -> None:
        """Raise StopRequest if somebody has asked to stop, or closed the terminal."""
        if self._asked is not None or (self._in_terminal and not sys.stderr.isatty()):
            raise StopRequest

    def say(self, message: str) -> None:
        """Tell people something, over what stands in the line, such as the `^C` that a terminal shows."""
        with contextlib.suppress(OSError):  # the terminal may be gone
            sys.stderr.write(f"\r\033[K{message}\n" if self._in_terminal else f"{message}\n")
            sys.stderr.flush()

    def run(self, words: str, command: Sequence[str]) -> None:
        """Run a program to its end; raises InstallationError where it fails."""
        self.check()
        process = subprocess.Popen(  # noqa: S603 (Python and pip)
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        output = cast("IO[bytes]", process.stdout)
        os.set_blocking(output.fileno(), False)
        progress = _Progress(words)
        try:
            while process.poll() is None:
                time.sleep(_LOOK_SECONDS)
                self.check()
                progress.take(output.read() or b"")
                self._show(progress)
            progress.take(output.read() or b"")
        finally:
            _stop(process)
            output.close()
        if process.returncode:
            raise InstallationError(progress.reason())

    def _show(self, progress: _Progress) -> None:
        """Show how far a program is: in a terminal in one line that changes, elsewhere every few seconds."""
        if self._in_terminal:
            width = shutil.get_terminal_size().columns - 1
            with contextlib.suppress(OSError):
                sys.stderr.write(f"\r\033[K{progress.line()[:width]}")
                sys.stderr.flush()
        elif progress.is_due():
            self.say(progress.line())


class _Progress:
    """How far pip is, by what it writes."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._began = self._told_at = time.monotonic()
        self._output = b""
        self._packages = 0
        self._doing = ""

    def take(self, output: bytes) -> None:
        """Take in what was written."""
        unread = self._output.rpartition(b"\n")[2] + output
        self._output += output
        for line in unread.split(b"\n")[:-1]:
            text = line.decode(errors="replace").strip()
            if text.startswith("Collecting "):
                self._packages += 1
            if text.startswith(("Collecting ", "Downloading ", "Building ", "Preparing ")):
                self._doing = text[0].lower() + text[1:]
            if text.startswith("Installing collected packages"):
                self._doing = "putting them in place"

    def line(self) -> str:
        """Return how far it is."""
        packages = f", {self._packages} packages" if self._packages else ""
        doing = f": {self._doing}" if self._doing else ""
        return f"{self._words} ({time.monotonic() - self._began:.0f} s{packages}){doing}"

    def is_due(self) -> bool:
        """Return whether that should be said again where lines stay."""
        if time.monotonic() - self._told_at < _LINE_SECONDS:
            return False
        self._told_at = time.monotonic()
        return True

    def reason(self) -> str:
        """Return why it failed, as far as what was written says so."""
        lines = [line for line in self._output.decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith("error")]
        return "\n".join((errors or lines)[-_LAST_LINES:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a program with all that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)


def _replace_by_demo(runner: Runner, port: int, desk_port: int, started_with: str) -> None:
    """Become the demo."""
    runner.check()
    arguments = [str(PYTHON), "-m", "app", "demo", "--port", str(port), "--desk-port", str(desk_port)]
    os.execve(str(PYTHON), arguments, {**os.environ, _STARTED_WITH_VARIABLE: started_with})  # noqa: S606 (our own program)


def _run(runner: Runner, port: int, desk_port: int) -> int:
    """Install what is missing and run the demo; the exit status, where it comes to one."""
    ports = {"PORT": (port, _PORT), "DESK_PORT": (desk_port, _DESK_PORT)}
    chosen = " ".join(["make run", *(f"{name}={port}" for name, (port, usual) in ports.items() if port != usual)])
    try:
        check_port(_LOCAL, port, option="make run PORT=", avoid=(desk_port,))
        check_port(_LOCAL, desk_port, option="make run DESK_PORT=", avoid=(port,))
        runner.say(f"starting the sample desk in {os.environ.get('TRIAGE_HOME', 'its folder')}; Ctrl-C stops it")
        if not is_installed(()):
            install(runner, ())
        _replace_by_demo(runner, port, desk_port, chosen)
    except StopRequest:
        runner.say(f"stopped; what was done is kept. Start again with {chosen}")
    return 0  # make would call anything else an error


def main() -> int:
    """Install what the command line names, or run the demo."""
    parser = argparse.ArgumentParser(description="Install what is needed into .venv, or run the demo.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install").add_argument("extras", nargs="*")
    demo = commands.add_parser("run")
    demo.add_argument("--port", type=int, default=_PORT)
    demo.add_argument("--desk-port", type=int, default=_DESK_PORT)
    asked = parser.parse_args()
    runner = Runner()
    if sys.version_info < OLDEST:
        runner.say(f"error: Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; name it with make PYTHON=...")
        return 1
    try:
        if asked.command == "run":
            return _run(runner, asked.port, asked.desk_port)
        if not is_installed(asked.extras):
            install(runner, asked.extras)
    except StopRequest:
        runner.say("stopped; what was done is kept. Go on with the same command")
        return _STOPPED
    except (InstallationError, OSError, PortTakenError) as error:
        runner.say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
