"""Errors: what can go wrong, grouped by what the person or program that meets it can do about it.

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
│   ├── NoSuchNotificationError
│   ├── NoSuchWebhookError
│   └── UnknownRecordError
├── ConflictError
│   ├── EditConflictError
│   │   ├── SupersededError
│   │   └── UndoError
│   ├── IdempotencyKeyReusedError
│   ├── IllegalMoveError
│   │   └── IncidentMoveError
│   ├── LockHeldError
│   ├── NoActionError
│   ├── NoEvidenceError
│   ├── NoResultError
│   ├── NoWordsError
│   ├── NotEnoughDatesError
│   ├── NotEnoughHistoryError
│   ├── NotMergedError
│   ├── NotificationUnderwayError
│   ├── OverLimitError
│   ├── RetrainingRunsError
│   ├── RoomStateError
│   ├── SecretShownOnceError
│   ├── StillAnsweringError
│   ├── UndecidableError
│   └── UndoneInPartError
├── ForbiddenError
│   └── NotEntitledError
├── UnauthenticatedError
├── RateLimitError
├── InvalidError
│   ├── TooLargeError
│   ├── MediaTypeError
│   ├── FactError
│   ├── TemplateFileError
│   ├── UnknownStateError
│   ├── UnknownValueError
│   ├── UnreadableFileError
│   │   ├── ColumnError
│   │   │   └── NoTextColumnError
│   │   └── FrontMatterError
│   └── UnusableAddressError
├── UnavailableError
│   ├── StorageFullError
│   ├── UpstreamError
│   │   ├── LostClaimError
│   │   ├── MailServerError
│   │   ├── PolishError
│   │   └── RefusedMailError
│   ├── ArtefactError
│   │   └── StateFileError
│   ├── InstallationError
│   ├── NoApiKeyError
│   ├── PartEndedError
│   ├── PortTakenError
│   ├── PracticeFileError
│   ├── SecurityModelError
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
    """The request cannot be carried out; the message says why."""


class NotFoundError(TriageError):
    """No record, version or other object has this name."""


class ConflictError(TriageError):
    """The current state of the data does not allow this: change it first, or read it again and repeat."""


class ForbiddenError(TriageError):
    """Neither this person nor this key may do this; another may."""


class UnauthenticatedError(TriageError):
    """The key is unknown, or none was sent."""


class RateLimitError(TriageError):
    """Too many requests were sent in a short time."""


class InvalidError(TriageError):
    """The input cannot be used; `field` names the part that is wrong, where there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooLargeError(InvalidError):
    """The input is larger than the service accepts."""


class MediaTypeError(InvalidError):
    """The input is in a format that the service does not read."""


class UnavailableError(TriageError):
    """Something that is needed is missing, damaged or busy; the operator of the service can help."""


class StorageFullError(UnavailableError):
    """The disk has no space left or cannot be written."""


class UpstreamError(UnavailableError):
    """Another service does not answer, or answers with something that cannot be used."""


def disk_error(error: OSError) -> StorageFullError | None:
    """Return an error of the operating system as a StorageFullError, `None` where the disk is not its cause."""
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
