"""Options that commands share: the data folder, columns, fields, and answers as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.composition import Services

DEFAULT_HOME = Path("~/.local/share/triage")
_LOWEST_PRIORITY = 19

Home = Annotated[Path | None, typer.Option("--home", help="Data folder; TRIAGE_HOME names it too.", metavar="DIR")]
Maps = Annotated[list[str] | None, typer.Option("--map", help="Take COLUMN as FIELD.", metavar="FIELD=COLUMN")]
Encoding = Annotated[str | None, typer.Option(help="Character encoding, where it is not recognised.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def give_way() -> None:
    """Take only time that nobody else needs, from now on."""
    os.nice(_LOWEST_PRIORITY)


def open_services(home: Path) -> AbstractContextManager[Services]:
    """Open a data folder as `app.composition` does, which takes seconds to load and is loaded only now."""
    from app import composition

    return composition.open_services(home)


def home_of(context: typer.Context, home: Path | None, *, default: Path = DEFAULT_HOME) -> Path:
    """The data folder: named at the command, before it, in the environment, or the default."""
    chosen = home or context.find_root().obj or os.environ.get("TRIAGE_HOME") or default
    return Path(chosen).expanduser()


def is_followed_by_another(context: typer.Context, home: Path | None) -> bool:
    """Whether a command of a group is to run instead; it takes the folder that was named before it."""
    root_context = context.find_root()
    root_context.obj = home or root_context.obj
    return context.invoked_subcommand is not None


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, default=str))


def mapping_of(maps: Iterable[str] | None) -> dict[str, str]:
    """Column of each field that was named; raises BadParameter."""
    chosen = {}
    for entry in maps or ():
        field, sign, column = entry.partition("=")
        if not (field and sign and column):
            raise typer.BadParameter(f"--map {entry}: is not FIELD=COLUMN")
        chosen[field.strip()] = column.strip()
    return chosen


def named(fields: str | None) -> list[str] | None:
    """Fields separated by commas, `None` where there are none."""
    return [name.strip() for name in fields.split(",") if name.strip()] if fields else None
