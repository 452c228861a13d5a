"""Sections of the help: groups commands under headings, first steps first."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

SECTIONS: dict[str, tuple[str, ...]] = {
    "Start here": ("demo", "import", "train", "suggest", "serve", "desk"),
    "Tickets": (
        "classify",
        "search",
        "board",
        "timeline",
        "move",
        "clocks",
        "practice",
        "security",
        "notifications",
        "major",
    ),
    "Knowledge": ("articles", "worklist", "measures", "taxonomy", "contributions", "people", "export"),
    "Results": ("evaluate", "replay", "doctor", "drift", "modes", "models", "retrain", "finetune"),
    "Values": ("labels", "states"),
    "Operation": ("imports", "jobs", "keys", "webhooks", "mcp", "forget"),
}


_LONGEST = 300  # longer than any first sentence, so that none is cut


class SectionedGroup(TyperGroup):
    """The commands of `triage`, listed by section."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each section with the first sentence of its commands' help, which goes on in the next line if long."""
        for section, names in SECTIONS.items():
            found = ((name, self.get_command(ctx, name)) for name in names)
            rows = [(name, command.get_short_help_str(_LONGEST)) for name, command in found if command is not None]
            with formatter.section(section):
                formatter.write_dl(rows)
