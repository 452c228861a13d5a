"""Display of an import: what it left out, could not decide or would write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from app.commands.advice import with_options
from app.commands.console import err, out, say
from kb.records.excerpt import excerpt
from kb.records.rejects import Reject, RejectKind

if TYPE_CHECKING:
    from kb.records.article import Article

CALLED = {RejectKind.ROW: "left out", RejectKind.CELL: "left empty", RejectKind.NOTE: "note"}
_REJECTS_SHOWN = 20


def print_rejects(rejects: Iterable[Reject]) -> None:
    """Print the first twenty rejects: rows before cells before notes."""
    listed = sorted(rejects, key=lambda reject: list(RejectKind).index(reject.kind))
    for reject in listed[:_REJECTS_SHOWN]:
        err.print(f"[yellow]{CALLED[reject.kind]}:[/yellow] {escape(with_options(str(reject)))}")
    if len(listed) > _REJECTS_SHOWN:
        say(f"... and {len(listed) - _REJECTS_SHOWN} more; --rejects FILE lists all")


def print_unknown_states(states: Mapping[str, int]) -> None:
    """Print the states of unknown meaning, whose incidents are not learnt from, and how to set their meanings."""
    for state, count in sorted(states.items(), key=lambda entry: -entry[1])[:_REJECTS_SHOWN]:
        named = f'state "{state}"' if state else "no state, and no time of resolution"
        err.print(f"[yellow]unknown state:[/yellow] {escape(f'{count:,} incidents have {named}')}")
    if states:
        first = max(states, key=states.__getitem__)
        say(f'nothing is learnt from these; say what they mean: --state "{first}=open" (or finished, cancelled)')


def print_article_previews(articles: Iterable[Article]) -> None:
    """Print id, title, state and sections of each article."""
    table = Table("id", "title", "state", "sections", box=None, pad_edge=False)
    for article in articles:
        sections = ", ".join(section.heading or "(no heading)" for section in article.named_sections)
        state = article.state.value.replace("_", " ")
        table.add_row(escape(article.id), escape(excerpt(article.title, 60)), state, escape(sections))
    out.print(table)


def state_counts(states: Mapping[str, int]) -> str:
    """Return how many articles are in each state, in a line."""
    return "states: " + (", ".join(f"{n:,} {state.replace('_', ' ')}" for state, n in states.items()) or "no articles")
