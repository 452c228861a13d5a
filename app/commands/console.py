"""Console: prints to a terminal, on standard error unless it is the answer itself."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.control import Control
from rich.markup import escape
from rich.segment import ControlType

_WIDE = 120

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else _WIDE)


def say(message: str) -> None:
    """Print a message to standard error, beside the answer."""
    err.print(escape(message))


def end_line(message: str) -> None:
    """Print the last message, over the `^C` that a terminal shows."""
    if err.is_terminal:
        err.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
    say(message)


def fail(message: str) -> None:
    """Print an error message."""
    err.print(f"[red]error:[/red] {escape(message)}")
