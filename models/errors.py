"""Errors: what can go wrong, parted by what the person or program that meets it can do about it.

Every error of the project that reaches people is one of these. Its message says what is wrong, where, and what to do
next. `app/error_codes.py` says which HTTP status, problem type and exit status each kind has.

TriageError
├── NotFoundError
│   ├── NoSuchApiKeyError
│   ├── NoSuchFlagError
│   ├── NoSuchImportError
│   ├── NoSuchJobError
│   ├── NoSuchLabelChangeError
│   ├── NoSuchModelError
│   ├── NoSuchWebhookError
│   └── UnknownRecordError
├── ConflictError
│   ├── EditConflictError
│   ├── IdempotencyKeyReusedError
│   ├── IllegalMoveError
│   ├── LockHeldError
│   ├── NoActionError
│   ├── NoEvidenceError
│   ├── NoResultError
│   ├── NoWordsError
│   ├── NotEnoughDatesError
│   ├── NotEnoughHistoryError
│   ├── RetrainingRunsError
│   └── StillAnsweringError
├── ForbiddenError
│   └── NotEntitledError
├── UnauthenticatedError
├── RateLimitError
├── InvalidError
│   ├── TooLargeError
│   ├── MediaTypeError
│   ├── UnknownValueError
│   ├── UnreadableFileError
│   │   ├── ColumnError
│   │   └── FrontMatterError
│   └── UnusableAddressError
├── UnavailableError
│   ├── StorageFullError
│   ├── UpstreamError
│   │   └── PolishError
│   ├── ArtefactError
│   │   └── StateFileError
│   ├── InstallationError
│   ├── NoApiKeyError
│   ├── PartEndedError
│   ├── PortTakenError
│   ├── SettingsError
│   ├── TrainingExtraMissingError
│   └── UnusableDatabaseError
└── OpenRouteError
"""

from __future__ import annotations

import errno

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FAILING = {errno.EIO, errno.EROFS}


class TriageError(Exception):
    """What was asked for cannot be done; the message says why."""


class NotFoundError(TriageError):
    """There is no record, version or other thing of this name."""


class ConflictError(TriageError):
    """The state of the data stands in the way: it has to change first, or it has changed meanwhile."""


class ForbiddenError(TriageError):
    """Neither this person nor this key may do this; another one may."""


class UnauthenticatedError(TriageError):
    """Nobody is known by the key that was sent, or none was sent."""


class RateLimitError(TriageError):
    """Too many requests came in a short time."""


class InvalidError(TriageError):
    """What was given cannot be used; `field` names the part that is wrong, where there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooLargeError(InvalidError):
    """What was given is larger than the service takes."""


class MediaTypeError(InvalidError):
    """What was given is in a format that the service does not read."""


class UnavailableError(TriageError):
    """Something that is needed is missing, damaged or busy; whoever runs the service can help."""


class StorageFullError(UnavailableError):
    """The disk has no space left or cannot be written."""


class UpstreamError(UnavailableError):
    """Another service that this one asks does not answer, or gives nothing that can be used."""


def disk_error(error: OSError) -> StorageFullError | None:
    """Return what an error of the system says about the disk, `None` where it says nothing about it."""
    where = f"{error.filename}: " if error.filename else ""
    if error.errno in _FULL:
        return StorageFullError(
            f"{where}the disk is full, so this was not written ({error.strerror}); free space, then do it again"
        )
    if error.errno in _FAILING:
        return StorageFullError(
            f"{where}the disk cannot be read or written ({error.strerror}); check it, then do it again"
        )
    return None
