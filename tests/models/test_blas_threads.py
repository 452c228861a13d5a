from __future__ import annotations

from pathlib import Path

from threadpoolctl import threadpool_info, threadpool_limits

from app.composition import open_services


def algebra_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_linear_algebra_keeps_to_one_thread_while_a_desk_is_open(tmp_path: Path) -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        assert algebra_threads() == {2}
        with open_services(tmp_path):
            assert algebra_threads() == {1}
        assert algebra_threads() == {2}
