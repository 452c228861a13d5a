"""Let many callers act at once, in full: `python -m tests.stress [--callers N] [--acts N] [--database NAME]`.

The test in `tests/promises/test_acts.py` does the same in small. Prints one JSON line a database; ends with an
AssertionError where something acknowledged is lost or an answer is neither done nor refused.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.conftest import served
from tests.postgresql import postgresql_server
from tests.promises.acts import act_at_random, check, prepare


def stress(database: str, *, callers: int, acts: int) -> dict[str, object]:
    """Return what was done to a service of two workers over an empty database, once all of it is found there."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        if database == "postgresql":
            new_database = stack.enter_context(postgresql_server(folder))
            os.environ["TRIAGE_DATABASE_URL"] = new_database()
            stack.callback(os.environ.pop, "TRIAGE_DATABASE_URL")
        address = stack.enter_context(served(folder / "home", "--workers", "2"))
        client = stack.enter_context(httpx.Client(base_url=address, timeout=600))
        prepare(client)
        start = time.monotonic()
        expected = act_at_random(address, callers=callers, acts=acts, seed=1)
        seconds = time.monotonic() - start
        check(client, expected)
        return {
            "database": database,
            "acts": dict(expected.acts),
            "links": len(expected.links),
            "merges": len(expected.merged),
            "imports": len(expected.imports),
            "acts_a_second": round(callers * acts / seconds, 1),
        }


def main() -> None:
    """Read the command line and print what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--acts", type=int, default=5000, help="acts of each caller")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    options = parser.parse_args()
    for database in options.database or ["sqlite", "postgresql"]:
        sys.stdout.write(json.dumps(stress(database, callers=options.callers, acts=options.acts)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
