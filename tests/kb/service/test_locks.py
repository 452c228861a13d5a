from __future__ import annotations

import errno
import multiprocessing
import resource
from pathlib import Path

import pytest

from kb.service.locks import LockHeldError, file_lock


def is_free(path: Path) -> bool:
    try:
        with file_lock(path):
            return True
    except LockHeldError:
        return False


def test_a_lock_is_held_by_one_process_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.lock"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(is_free, (path,))
        with file_lock(path):
            assert not pool.apply(is_free, (path,))
            assert not is_free(path)
        assert pool.apply(is_free, (path,))
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
