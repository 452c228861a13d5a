"""BLAS threads: limits linear algebra to one thread, because starting others takes longer than most operations here.

Waiting threads would also keep the cores from other work.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, cast

from threadpoolctl import threadpool_limits


def one_thread() -> AbstractContextManager[Any]:
    """Limit linear algebra to the calling thread inside the block; models are fitted in parallel instead."""
    return cast("AbstractContextManager[Any]", threadpool_limits(limits=1, user_api="blas"))
