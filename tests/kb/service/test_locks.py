from __future__ import annotations

import errno
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from kb.service.locks import LockHeldError, file_lock

HOLD = """
import sys
import time
from pathlib import Path
from kb.service.locks import file_lock

with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def is_free(path: Path) -> bool:
    try:
        with file_lock(path):
            return True
    except LockHeldError:
        return False


def test_a_lock_is_held_by_one_process_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.lock"
    other = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert not is_free(path)
    finally:
        other.kill()
        other.communicate()
    assert is_free(path)
    with file_lock(path):
        assert not is_free(path)
        refused = subprocess.run([sys.executable, "-c", HOLD, path], capture_output=True, text=True, check=False)
        assert "LockHeldError" in refused.stderr
    assert is_free(path)


def test_a_lock_that_cannot_be_opened_is_another_matter_than_one_that_is_held(tmp_path: Path) -> None:
    (tmp_path / "a.lock").mkdir()
    with pytest.raises(IsADirectoryError), file_lock(tmp_path / "a.lock"):
        pass
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(OSError, match="open files") as raised, file_lock(tmp_path / "b.lock"):
            pass
        assert raised.value.errno == errno.EMFILE
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert is_free(tmp_path / "b.lock")
