"""Display of knowledge: the worklist, measures, and who contributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from app.commands.console import out, say

if TYPE_CHECKING:
    from app.schemas.curation import ContributionsView, ItemView, MeasuresView, ShareView, TaxonomyView, WorklistView
    from kb.curation.duplicates import Duplicate
    from kb.records.article import Article
    from kb.records.hint import Hint


def print_worklist(found: WorklistView) -> None:
    """Print the open items, the most worthwhile first."""
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("h/year", justify="right", no_wrap=True)
    table.add_column("what", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("item", no_wrap=True, min_width=max((len(item.id) for item in found.items), default=0))
    for item in found.items:
        table.add_row(f"{item.hours:,.1f}", f"{item.action}: {escape(item.title)}", item.id)
    out.print(table)
    say(f"{found.total:,} to do; as of {found.as_of:%Y-%m-%d %H:%M}" if found.as_of else "curation has not run yet")


def print_item(item: ItemView) -> None:
    """Print one item with its evidence."""
    out.print(f"[bold]{escape(item.title)}[/bold]  {item.kind}, to {item.action}")
    out.print(escape(item.why))
    for name, value in (("articles", item.articles), ("incidents", item.incidents)):
        if value:
            out.print(f"{name}: {escape(', '.join(value))}")
    draft = item.facts.get("draft")
    if draft:
        out.print(f"\n[bold]{escape(draft['title']['text'])}[/bold]  ({escape(draft['title']['number'])})")
        for part in ("issue", "resolution"):
            out.print(f"[bold]{part}[/bold]")
            for quote in draft[part]:
                out.print(f"  {escape(quote['text'])}  ({escape(quote['number'])})")


def print_hints(pairs: Sequence[tuple[Article, Sequence[Hint]]]) -> None:
    """Print what could be better in each article."""
    for article, hints in pairs:
        if hints:
            out.print(f"[bold]{escape(article.id)}[/bold] {escape(article.title)}")
        for hint in hints:
            out.print(f"  {escape(hint.part)}: {escape(hint.message)}")
    say(f"{sum(bool(hints) for _, hints in pairs):,} of {len(pairs):,} articles could be better")


def print_duplicates(found: Sequence[Duplicate], named: Mapping[str, Article]) -> None:
    """Print pairs of articles that answer the same issue."""
    table = Table("surely", "stays", "goes", box=None, pad_edge=False)
    for pair in found:
        titles = (f"{escape(key)} {escape(named[key].title)}" for key in (pair.kept, pair.gone))
        table.add_row(f"{pair.score:.2f}", *titles)
    out.print(table)
    say(f"{len(found):,} pairs")


def print_measures(found: MeasuresView) -> None:
    """Print how well the knowledge base covers the work."""
    table = Table("measure", "share", "between", "of", box=None, pad_edge=False)
    shares = {
        **{name.replace("_", " "): share for name, share in found.known.items()},
        "link rate": found.link_rate,
        "link accuracy": found.link_accuracy,
        "reopened with article": found.reopened_with_article,
        "reopened without": found.reopened_without_article,
    }
    for name, share in shares.items():
        table.add_row(name, *_share(share))
    out.print(table)
    for reuse in found.reuse[:10]:
        out.print(f"{reuse.links:>6,} links  {escape(reuse.article)} {escape(reuse.title)}")
    say(f"{found.incidents:,} incidents")


def _share(share: ShareView) -> tuple[str, str, str]:
    value = "-" if share.value is None else f"{share.value:.1%}"
    return value, f"{share.low:.1%} and {share.high:.1%}", f"{share.count:,}"


def print_taxonomy(found: TaxonomyView) -> None:
    """Print what is wrong with the categories."""
    for unused in found.unused:
        out.print(f"unused: {escape(unused.category)}, {unused.count:,} incidents, none for {unused.days} days")
    for mixed in found.mixed:
        one, other = mixed.categories
        out.print(
            f"mixed: {mixed.shares[0]:.0%} of {escape(one)} look like {escape(other)}, "
            f"{mixed.shares[1]:.0%} the other way"
        )
    for issue in found.deserving:
        out.print(
            f"deserves a category: {escape(issue.name)} in {escape(issue.category)}, "
            f"{issue.count:,} incidents, {issue.share:.0%} of it"
        )
    if not (found.unused or found.mixed or found.deserving):
        say("nothing is wrong with the categories")


def print_contributions(found: ContributionsView) -> None:
    """Print who did what, by name."""
    table = Table("person", "created", "edited", "validated", "linked", "captured", "flagged", box=None, pad_edge=False)
    for one in found.people:
        counts = (one.created, one.edited, one.validated, one.linked, one.captured, one.flagged)
        table.add_row(escape(one.person), *(str(count) for count in counts))
    out.print(table)
    if found.days_to_publish is not None:
        say(f"{found.days_to_publish:.1f} days until an article could be used (median of {found.published})")
