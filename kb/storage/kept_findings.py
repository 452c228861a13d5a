"""Kept findings: what the last curation run found is dropped where it may tell what nobody may read any more."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert

from kb.storage.schema import findings

FORGOTTEN_SINCE = "forgotten_since"
"""Kind of the finding that says since when something is to be forgotten: what was read before is not kept any more."""


def forget_findings(connection: Connection, revision: int) -> None:
    """Drop all findings, and see to it that a run under way leaves none that it read before this revision."""
    connection.execute(delete(findings))
    row = {"kind": FORGOTTEN_SINCE, "content": {}, "revision": revision, "at": datetime.now(UTC)}
    connection.execute(insert(findings).values(row))
