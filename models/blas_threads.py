"""Threads: linear algebra on one of them, since waking and waiting for others takes longer than most of the work here.

On cores that have other work too, which is what a desk's are, those that wait keep them from it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, cast

from threadpoolctl import threadpool_limits


def one_thread() -> AbstractContextManager[Any]:
    """Limit linear algebra to the calling thread inside the block; models are fitted in parallel instead."""
    return cast("AbstractContextManager[Any]", threadpool_limits(limits=1, user_api="blas"))
