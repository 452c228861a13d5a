"""Options that commands share: the data folder, and answers as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_HOME = Path("~/.local/share/triage")
_LOWEST_PRIORITY = 19
FAILED = 1

Home = Annotated[Path | None, typer.Option("--home", help="Data folder; TRIAGE_HOME names it too.", metavar="DIR")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def give_way() -> None:
    """Take only time that nobody else needs, from now on."""
    os.nice(_LOWEST_PRIORITY)


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
