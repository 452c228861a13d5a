"""Display of suggestions and search results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from app.commands.console import out, say
from kb.records.decision import Decision
from kb.records.excerpt import excerpt

if TYPE_CHECKING:  # these modules take seconds to load, and a start must say at once what it does
    from app.schemas.search import Found
    from app.schemas.security import SecurityAdviceView
    from app.schemas.suggestions import ExplanationView, SuggestionView

# the words of the desk
_WORDS = {
    Decision.AUTOMATIC: "[green]sure[/green]",
    Decision.SUGGESTED: "[yellow]check[/yellow]",
    Decision.UNSURE: "[red]please choose[/red]",
}


def print_suggestion(view: SuggestionView) -> None:
    """Print a suggestion in a few lines; confidences stand only in the explanations."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("field", "suggestion", "", "or"):
        table.add_column(column, no_wrap=True)
    for name, field in view.fields.items():
        other = field.alternatives[0].value if field.alternatives else ""
        table.add_row(_title(name), escape(field.value or "-"), _WORDS[field.decision], escape(excerpt(other, 30)))
    out.print(table if view.fields else "nothing to suggest: import resolved tickets (triage import incidents FILE)")
    if view.masked:
        say(f"masked before anything was stored: {', '.join(kind.replace('_', ' ') for kind in view.masked)}")
    _print_security(view.security)
    for name, field in view.fields.items():
        title = _title(name)
        if field.reason:
            parent = f" ({_title(field.parent.field)}: {field.parent.value})" if field.parent else ""
            out.print(f"[bold]{title}[/bold]  {escape(field.reason)}{escape(parent)}")
        if field.held_back:
            out.print(f"[bold]{title}[/bold]  only recommended: {escape(field.held_back)}")
        if field.explanation:
            why = f"confidence {field.confidence:.0%}; {_because(field.explanation)}"
            out.print(f"[bold]why {title}[/bold]  {escape(why)}")
    _print_evidence(view)


def _title(name: str) -> str:
    return name.replace("_", " ")


def _print_evidence(view: SuggestionView) -> None:
    """Print what to ask the caller, and the articles and incidents that fit best."""
    for question in view.questions:
        out.print(f"[bold]ask[/bold]  {escape(question.text)} {escape(', '.join(question.choices))}")
    if view.major is not None:
        helps = f"; meanwhile: {view.major.workaround}" if view.major.workaround else ""
        known = f"known, see major incident {view.major.id}: {view.major.subject}{helps}"
        out.print(f"[bold]major[/bold]  {escape(known)}")
    for article in view.articles[:2]:
        fits = f"{article.title}: {excerpt(article.excerpt, 60)}"
        out.print(f"[bold]article[/bold]  {article.score:.2f}  {escape(fits)}")
    for incident in view.similar_incidents[:2]:
        solved = f": {excerpt(incident.resolution, 70)}" if incident.resolution else ""
        out.print(
            f"[bold]similar[/bold]  {incident.score:.2f}  {escape(incident.number)} "
            f"{escape(excerpt(incident.short_description, 60))}{escape(solved)}"
        )


def _print_security(security: SecurityAdviceView | None) -> None:
    if security is None:
        return
    kind, words = security.kind.replace("_", " "), ", ".join(security.why)
    out.print(f"[bold]security[/bold]  maybe {kind} ({escape(words)})")
    for line in (*security.do, *security.do_not):
        out.print(f"[bold]security[/bold]  {escape(line)}")


def _because(why: ExplanationView) -> str:
    """Return an explanation in one line."""
    if why.derived_from:
        return "from " + " and ".join(f"{_title(name)} {value}" for name, value in why.derived_from.items())
    spoken = [f"for it: {', '.join(word.text for word in why.words_for)}"] if why.words_for else []
    against = [f"against: {', '.join(word.text for word in why.words_against)}"] if why.words_against else []
    votes = [f"{voter.number} {voter.share:.0%}" for voter in why.incidents[:3]]
    return "; ".join([*spoken, *against, *([f"incidents: {', '.join(votes)}"] if votes else [])]) or "no evidence"


def print_found(results: Iterable[Found]) -> None:
    """Print search results, one below the other."""
    for found in results:
        out.print(f"[bold]{found.score:.2f}[/bold]  {escape(found.id)}  {escape(found.title)}")
        out.print(f"      [dim]{escape(excerpt(found.excerpt, 140))}[/dim]")
