"""Options that commands share: the data folder, columns, fields, and answers as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.arguments import given_path
from app.environment import HOME_VARIABLE

if TYPE_CHECKING:
    from app.composition import Services

DEFAULT_HOME = Path("~/.local/share/triage")
_LOWEST_PRIORITY = 19

Home = Annotated[
    Path | None,
    typer.Option("--home", parser=given_path, help="Data folder; $TRIAGE_HOME unless given.", metavar="DIR"),
]
Maps = Annotated[list[str] | None, typer.Option("--map", help="Read FIELD from COLUMN.", metavar="FIELD=COLUMN")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document only.")]


def give_way() -> None:
    """Run this process at the lowest priority."""
    os.nice(_LOWEST_PRIORITY)


def open_services(home: Path) -> AbstractContextManager[Services]:
    """Open a data folder with `app.composition`, which is imported only now because that takes seconds."""
    from app import composition

    return composition.open_services(home)


def home_of(context: typer.Context, home: Path | None, *, default: Path = DEFAULT_HOME) -> Path:
    """Return the data folder: named at the command, before it, in the environment, or the default.

    Raises: BadParameter where the environment names an unusable path, or `~` names no user's home.
    """
    chosen = home or context.find_root().obj
    if chosen is None and (named := os.environ.get(HOME_VARIABLE)):
        chosen = given_path(named)
    chosen = chosen or default
    try:
        return chosen.expanduser()
    except RuntimeError:
        raise typer.BadParameter(f"{chosen}: no user of this name has a home folder; give the whole path") from None


def is_followed_by_another(context: typer.Context, home: Path | None) -> bool:
    """Return whether a command of the group runs instead; it uses the data folder named before it."""
    root_context = context.find_root()
    root_context.obj = home or root_context.obj
    return context.invoked_subcommand is not None


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, default=str))


def mapping_of(maps: Iterable[str] | None) -> dict[str, str]:
    """Return the column of each named field; raises BadParameter."""
    chosen = {}
    for entry in maps or ():
        field, sign, column = entry.partition("=")
        if not (field and sign and column):
            raise typer.BadParameter(f"--map {entry}: is not FIELD=COLUMN")
        chosen[field.strip()] = column.strip()
    return chosen


def named(fields: str | None) -> list[str] | None:
    """Return the fields of a list separated by commas, `None` for an empty one."""
    return [name.strip() for name in fields.split(",") if name.strip()] if fields else None
