"""Error codes: the HTTP status, problem type and exit status of every kind of error."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from kb.records.board import OverLimitError
from kb.records.errors import EditConflictError
from kb.records.rejects import UnreadableFileError
from models.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MediaTypeError,
    NotFoundError,
    RateLimitError,
    StorageFullError,
    TooLargeError,
    TriageError,
    UnauthenticatedError,
    UnavailableError,
    UpstreamError,
    disk_error,
)

FAILED, WRONG_USE = 1, 2
_TYPES = "/problems/"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """How a kind of error, and what derives from it, is answered over HTTP and on the command line."""

    error: type[TriageError]
    status: HTTPStatus
    name: str
    exit_status: int = FAILED

    @property
    def type(self) -> str:
        """Problem type (RFC 9457): a reference relative to the service's address, the same in every version."""
        return f"{_TYPES}{self.name}"

    @property
    def title(self) -> str:
        """Title of the problem type."""
        return self.name.replace("-", " ").capitalize()

    @property
    def meaning(self) -> str:
        """What the problem type stands for."""
        return (self.error.__doc__ or "").strip()


# An error has the code of the nearest class above it that stands here. Names go over the wire: add, never rename.
ERROR_CODES = (
    ErrorCode(TriageError, HTTPStatus.INTERNAL_SERVER_ERROR, "failed"),
    ErrorCode(NotFoundError, HTTPStatus.NOT_FOUND, "not-found"),
    ErrorCode(ConflictError, HTTPStatus.CONFLICT, "conflict"),
    ErrorCode(EditConflictError, HTTPStatus.CONFLICT, "edit-conflict"),
    ErrorCode(OverLimitError, HTTPStatus.CONFLICT, "over-limit"),
    ErrorCode(ForbiddenError, HTTPStatus.FORBIDDEN, "forbidden"),
    ErrorCode(UnauthenticatedError, HTTPStatus.UNAUTHORIZED, "unauthenticated"),
    ErrorCode(RateLimitError, HTTPStatus.TOO_MANY_REQUESTS, "rate-limit"),
    ErrorCode(InvalidError, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", WRONG_USE),
    ErrorCode(UnreadableFileError, HTTPStatus.UNPROCESSABLE_ENTITY, "unreadable-file"),
    ErrorCode(TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large"),
    ErrorCode(MediaTypeError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media-type"),
    ErrorCode(UnavailableError, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    ErrorCode(StorageFullError, HTTPStatus.INSUFFICIENT_STORAGE, "storage-full"),
    ErrorCode(UpstreamError, HTTPStatus.BAD_GATEWAY, "upstream"),
)
_CODE_OF = {code.error: code for code in ERROR_CODES}


def error_code(error: TriageError) -> ErrorCode:
    """Return the code of an error."""
    return next(_CODE_OF[kind] for kind in type(error).__mro__ if kind in _CODE_OF)


def known_error(error: Exception) -> TriageError | None:
    """Return an error of the project's tree that says the same, `None` where none does."""
    if isinstance(error, TriageError):
        return error
    return disk_error(error) if isinstance(error, OSError) else None


def error_class(type: str, status: int) -> type[TriageError]:  # noqa: A002 (named as in RFC 9457)
    """Return the class of an error that was answered with this problem type, or else with this status."""
    known = next((code for code in ERROR_CODES if code.type == type), None)
    known = known or next((code for code in ERROR_CODES if code.status == status), None)
    return known.error if known else TriageError
