"""Kept answers: which of the answers that are kept to be repeated name an incident."""

from __future__ import annotations

import json
import re

from sqlalchemy import Connection, and_, delete, select

from kb.storage.schema import idempotent_answers, restricted_incidents

_ANSWERS = idempotent_answers.c
_AT_ONCE = 50  # answers, of up to some MB each, that are in memory together


def forget_answers_naming(connection: Connection, number: str) -> None:
    """Forget the kept answers that name an incident in their address or body.

    An answer that an earlier version kept has no address: it may name any incident.
    """
    query = select(_ANSWERS.caller, _ANSWERS.key, _ANSWERS.address, _ANSWERS.body)
    naming = [
        and_(_ANSWERS.caller == row.caller, _ANSWERS.key == row.key)
        for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE})
        if row.address is None or _is_named(number, row.address, row.body)
    ]
    for one in naming:
        connection.execute(delete(idempotent_answers).where(one))


def names_restricted(connection: Connection, address: str, body: bytes) -> bool:
    """Return whether an answer names an incident that is restricted."""
    numbers = connection.execute(select(restricted_incidents.c.number)).scalars()
    return any(_is_named(number, address, body) for number in numbers)


def _is_named(number: str, address: str, body: bytes) -> bool:
    """Return whether a number stands in an address or a body, and is not the beginning of a longer one."""
    text = body.decode("utf-8", "replace")
    in_json = json.dumps(number, ensure_ascii=False)[1:-1]
    return any(
        re.search(rf"{re.escape(form)}(?![0-9A-Za-z])", said)
        for form, said in ((number, address), (number, text), (in_json, text))
    )
