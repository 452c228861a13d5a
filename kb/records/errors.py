"""Record errors: what can be wrong with a record that is asked for or changed."""

from __future__ import annotations

from kb.records.wording import Wording
from models.errors import ConflictError, NotFoundError


class UnknownRecordError(NotFoundError):
    """No record has this key."""


def no_incident(number: str) -> UnknownRecordError:
    """Return the error for an incident that does not exist, or that is restricted.

    Both answer with the same words: whoever may not see a restricted incident must not learn that there is one.
    """
    return UnknownRecordError(Wording("no incident {number}", {"number": number}))


class EditConflictError(ConflictError):
    """The record was changed meanwhile: read it again and repeat the change (412 where `If-Match` was sent)."""


class UndecidableError(ConflictError):
    """The major incident does not allow this as it stands; the message says what to do instead."""


class NotMergedError(ConflictError):
    """The major incident is part of no other one."""
