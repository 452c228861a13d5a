"""ETags: the version of a record in an answer's header, and the version that a change is based on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from kb.records.errors import EditConflictError

IfMatch = Annotated[str | None, Header(description="ETag of the version that was read.", max_length=100)]


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def version_of(if_match: str | None) -> int | None:
    """Return the version an ETag names; raises EditConflictError for one that this service never issued.

    Without a header, and for `*`, any version will do.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit()):
        raise EditConflictError("if-match: is not an ETag of this service; read the record again and send its ETag")
    return int(text)
