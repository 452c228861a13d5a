from __future__ import annotations

import json
import multiprocessing
import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from models.durable_files import write_atomically
from models.state_file import StateFile, StateFileError

NUMBERS = TypeAdapter(dict[str, int])
DAMAGE = {
    "emptied": (b"", "is not JSON"),
    "cut": (b'{"a": 1, "b"', "is not JSON"),
    "garbage": (b"\x00\xff\xfe\x01", "is not JSON"),
    "deep": (b"[" * 100_000, "is not JSON"),
    "no number": (b'{"a": NaN}', "is not JSON"),
    "another shape": (b"[1, 2]", "is not a JSON object"),
    "another type": (b'{"a": "one"}', r"is damaged or of a newer version \(a: Input should be a valid integer\)"),
}


def numbers(path: Path) -> StateFile[dict[str, int]]:
    return StateFile(path, NUMBERS, empty={}, remedy="delete it")


def test_what_one_process_writes_another_reads(tmp_path: Path) -> None:
    one, other = numbers(tmp_path / "folder" / "n.json"), numbers(tmp_path / "folder" / "n.json")
    assert other.read() == {}
    one.update(lambda before: {**before, "a": 1})
    assert other.read() == {"a": 1}
    other.update(lambda before: {**before, "b": 2})
    assert one.read() == {"a": 1, "b": 2}
    assert one.read() is one.read()
    assert one.warning is None


def test_a_file_without_a_checksum_is_read_and_one_that_does_not_fit_its_own_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    path.write_text('{"a": 1}')
    assert numbers(path).read() == {"a": 1}
    numbers(path).update(lambda before: {**before, "b": 2})
    kept = json.loads(path.read_text())
    del kept["a"]
    path.write_text(json.dumps(kept))
    with pytest.raises(StateFileError, match="does not match its sha256; leave that out when editing the file by hand"):
        numbers(path).read()


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_is_told_at_the_start_and_later_the_last_good_content_stays(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content, said = DAMAGE[kind]
    path = tmp_path / "n.json"
    running = numbers(path)
    running.update(lambda _: {"a": 1})
    assert running.read() == {"a": 1}
    path.write_bytes(content)
    with pytest.raises(StateFileError, match=rf"n\.json: {said}; delete it"):
        numbers(path).read()
    assert [running.read() for _ in range(3)] == [{"a": 1}] * 3
    assert running.warning is not None
    assert running.warning.startswith(str(path))
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    path.write_text('{"a": 2}')
    assert (running.read(), running.warning) == ({"a": 2}, None)
    assert caplog.records[-1].getMessage() == f"{path}: can be read again"


def test_a_file_that_vanishes_or_cannot_be_read_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    running = numbers(path)
    running.update(lambda _: {"a": 1})
    assert running.read() == {"a": 1}
    path.unlink()
    assert running.read() == {"a": 1}
    assert running.warning == f"{path}: is gone; delete it"
    path.mkdir()
    with pytest.raises(StateFileError, match=r"cannot be read \(Is a directory\)"):
        numbers(path).read()


def test_writing_over_a_damaged_file_keeps_it_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "n.json"
    path.write_bytes(b"{")
    numbers(path).update(lambda before: {**before, "a": 1})
    assert numbers(path).read() == {"a": 1}
    assert (tmp_path / "n.json.damaged").read_bytes() == b"{"
    assert "a new one is written, the damaged one is kept as n.json.damaged" in caplog.text


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    write_atomically(path, b'{"a": 1}')
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_atomically(path, b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b'{"a": 1}'
    assert sorted(file.name for file in tmp_path.iterdir()) == ["n.json"]


def count_up(path: Path) -> None:
    state = numbers(path)
    for _ in range(25):
        state.update(lambda before: {"a": before.get("a", 0) + 1})


def test_no_change_is_lost_among_threads_and_processes(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=count_up, args=(path,)) for _ in range(2)]
    for process in processes:
        process.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, [path] * 4))
    for process in processes:
        process.join()
    assert numbers(path).read() == {"a": 150}
