"""Arguments: how the command line reads paths, numbers, days and encodings, and what it refuses."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

LARGEST_INTEGER = 2**31 - 1  # the largest number that an integer column holds, in PostgreSQL
MOST_DAYS = 36_500  # a century; a date further away could lie outside the calendar of Python
_YEARS = range(1900, 3000)  # a time zone cannot move a day of these out of the calendar


def given_path(text: str) -> Path:
    """Return the path that a person gave.

    Raises: BadParameter for an empty one, which would mean the current folder, and for the file system's root.
    """
    if not text.strip():
        raise typer.BadParameter("the path is empty; name a file or folder")
    path = Path(text)
    if path.resolve().parent == path.resolve():
        raise typer.BadParameter(f"{text}: is the root of the file system; name a folder or file below it")
    return path


def number_between(low: float, high: float) -> Callable[[str], float]:
    """Return a function that reads a number and raises BadParameter unless it is finite and in a range."""

    def given_number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise typer.BadParameter(f"{text}: is not a number") from None
        if not low <= value <= high:  # no comparison with "nan" holds
            raise typer.BadParameter(f"{text}: is not a number from {low:g} to {high:g}")
        return value

    return given_number


def given_day(text: str) -> datetime:
    """Return the beginning of a day in UTC, given as 2026-01-31; raises BadParameter."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter(f"{text}: is not a day such as 2026-01-31") from None
    if day.year not in _YEARS:
        raise typer.BadParameter(f"{text}: is not a day of the years {_YEARS.start} to {_YEARS.stop - 1}")
    return day


def given_moment(text: str) -> datetime:
    """Return a moment, given as 2026-01-31 or 2026-01-31T09:30, in UTC unless it has an offset; raises BadParameter."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text}: is not a moment such as 2026-01-31T09:30 or 2026-01-31T09:30+01:00"
        ) from None
    if moment.year not in _YEARS:
        raise typer.BadParameter(f"{text}: is not a moment of the years {_YEARS.start} to {_YEARS.stop - 1}")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def given_encoding(text: str) -> str:
    """Return the name of a character encoding; raises BadParameter where Python does not know it."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=text).close()
    except (LookupError, ValueError):
        raise typer.BadParameter(f"{text}: is not a character encoding such as utf-8 or cp1252") from None
    return text


RecordNumber = Annotated[int, typer.Argument(min=1, max=LARGEST_INTEGER)]
Day = Annotated[datetime | None, typer.Option(parser=given_day, metavar="DAY")]
Encoding = Annotated[
    str | None,
    typer.Option(parser=given_encoding, help="Character encoding, where it is not recognised.", metavar="NAME"),
]
