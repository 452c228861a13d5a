from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from app.background.subprocesses import start, start_program, stop

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(600)
"""


def is_there(pid: int) -> bool:
    """Whether a process runs; one that ended and was not asked after has no command line any more."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except FileNotFoundError:
        return False


def waited_for(path: Path) -> str:
    for _ in range(600):
        if path.exists() and (content := path.read_text()):
            return content
        time.sleep(0.05)
    raise AssertionError(f"{path} was never written")


def test_what_a_background_process_has_started_ends_with_it(tmp_path: Path) -> None:
    process = start_program([sys.executable, "-c", PARENT, str(tmp_path / "child")])
    child = int(waited_for(tmp_path / "child"))
    assert is_there(child)
    assert os.getpgid(process.pid) != os.getpgid(0)
    assert os.getsid(process.pid) == os.getsid(0)
    stop(process)
    assert process.returncode is not None
    for _ in range(100):
        if not is_there(child):
            break
        time.sleep(0.05)
    assert not is_there(child)


def test_stopping_what_has_ended_does_nothing(tmp_path: Path) -> None:
    process = start(tmp_path / "home", "models", "--help")
    process.wait(60)
    stop(process)
    assert process.returncode == 0
