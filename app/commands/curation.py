"""Commands for knowledge managers: the worklist, articles and their life cycle, measures, taxonomy and roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import console
from app.commands.arguments import LARGEST_INTEGER, Day, RecordNumber, given_path
from app.commands.displays.curation import (
    print_contributions,
    print_duplicates,
    print_hints,
    print_item,
    print_measures,
    print_taxonomy,
    print_worklist,
)
from app.commands.options import (
    Home,
    Json,
    give_way,
    home_of,
    is_followed_by_another,
    open_services,
    print_json,
)
from app.commands.steps import steps
from kb.records.article import Audience, State
from kb.records.flag import Flag, Reason
from kb.records.life_cycle import Role
from kb.records.worklist_item import ItemKind, Verdict

if TYPE_CHECKING:
    from app.composition import Services

worklist = typer.Typer(help="Tasks of a knowledge manager, the most worthwhile first.", rich_markup_mode=None)
articles = typer.Typer(help="Articles and their life cycle.", no_args_is_help=True, rich_markup_mode=None)
people = typer.Typer(help="Roles of people who work on articles.", rich_markup_mode=None)
exports = typer.Typer(help="Export articles.", no_args_is_help=True, rich_markup_mode=None)

GROUPS = {"worklist": worklist, "articles": articles, "people": people, "export": exports}

By = Annotated[str | None, typer.Option(help="Name of the person who does it.")]
Limit = Annotated[int, typer.Option(min=1, max=LARGEST_INTEGER, help="Most entries to show.")]


@worklist.callback(invoke_without_command=True)
def show_worklist(
    context: typer.Context,
    kind: Annotated[ItemKind | None, typer.Option(help="Only of this kind.")] = None,
    limit: Limit = 20,
    decided: Annotated[bool, typer.Option("--decided", help="Also show decided items.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Search again, even if nothing changed.")] = False,
    if_due: Annotated[bool, typer.Option("--if-due", help="Only search, and only if anything changed.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Run at the lowest priority.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Search for tasks if anything changed since the last time, and list them."""
    from app.presenters.curation import worklist_view

    if is_followed_by_another(context, home):
        return
    if background:
        give_way()
    with open_services(home_of(context, home)) as services:
        if again or services.workbench.is_due():
            _look(services)
        polishes = services.settings.polish_url is not None
        listed = services.workbench.worklist(decided=decided)
        found = worklist_view(listed, kind=kind, limit=limit, polishes=polishes)
    if if_due:
        return
    if as_json:
        print(found.model_dump_json())
    else:
        print_worklist(found)


@worklist.command("show")
def show_item(context: typer.Context, item: str, home: Home = None, as_json: Json = False) -> None:
    """Show one item with its evidence."""
    from app.presenters.curation import item_view

    with open_services(home_of(context, home)) as services:
        found = item_view(services.workbench.entry(item))
    if as_json:
        print(found.model_dump_json())
    else:
        print_item(found)


@worklist.command()
def decide(
    context: typer.Context,
    item: str,
    verdict: Annotated[Verdict | None, typer.Argument(help="Decision; leave it out to only name the item.")] = None,
    name: Annotated[str | None, typer.Option(help="New name of the item.")] = None,
    note: Annotated[str, typer.Option(help="Reason.")] = "",
    by: By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Decide on an item, or name it; later searches keep the decision."""
    if verdict is None and name is None:
        raise typer.BadParameter("give a verdict, a --name or both")
    from app.presenters.curation import item_view

    with open_services(home_of(context, home)) as services:
        found = item_view(services.workbench.decide(item, verdict, name=name, note=note, by=by))
    console.say(f"{item} is {verdict.value}" if verdict else f"{item} is called {found.title}")
    if as_json:
        print(found.model_dump_json())


@worklist.command()
def do(
    context: typer.Context,
    item: str,
    polish: Annotated[bool, typer.Option("--polish", help="Let the configured language model word the draft.")] = False,
    by: By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Carry out the action of an item."""
    from app.presenters.curation import done_view
    from app.services.worklist_actions import do_item

    with open_services(home_of(context, home)) as services:
        found = done_view(do_item(services, item, by=by, polished=polish))
    console.say(f"{found.action}: {found.article}")
    if as_json:
        print(found.model_dump_json())


@articles.command()
def capture(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Number of the incident.")],
    searched: Annotated[str | None, typer.Option(help="Search that found no article.")] = None,
    by: By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Create an article, Work in Progress, from an incident in the caller's words."""
    with open_services(home_of(context, home)) as services:
        key = services.knowledge.capture(number, searched=searched, by=by)
        _print_article(services, key, f"{number} is captured as {key}", as_json=as_json)


@articles.command()
def link(
    context: typer.Context,
    article: str,
    number: Annotated[str, typer.Argument(help="Number of the incident that it solved.")],
    by: By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Link an article to the incident that it solved."""
    with open_services(home_of(context, home)) as services:
        linked = services.knowledge.link(article, number, by=by)
    console.say(f"{number} was solved by {', '.join(linked.articles)}")
    if as_json:
        print_json({"number": number, "articles": linked.articles})


@articles.command("opened")
def note_opened(
    context: typer.Context,
    article: str,
    number: Annotated[str | None, typer.Option(help="Number of the incident.")] = None,
    by: By = None,
    home: Home = None,
) -> None:
    """Record that somebody read an article."""
    with open_services(home_of(context, home)) as services:
        services.knowledge.open(article, number=number, by=by)


@articles.command("not-found")
def note_not_found(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The search.")],
    number: Annotated[str | None, typer.Option(help="Number of the incident.")] = None,
    by: By = None,
    home: Home = None,
) -> None:
    """Record that a search found no helpful article."""
    with open_services(home_of(context, home)) as services:
        services.knowledge.not_found(text, number=number, by=by)


@articles.command()
def show(context: typer.Context, article: str, home: Home = None, as_json: Json = False) -> None:
    """Show an article, how to improve it, and how it was used."""
    from app.presenters.articles import article_view, coach_view
    from kb.authoring.export import as_markdown

    with open_services(home_of(context, home)) as services:
        key = services.store.articles.surviving(article)
        stored = services.store.articles.get(key)
        view = article_view(stored, services.store.articles.history(key))
        found = services.workbench.hints(key)
        coaching = coach_view(found, services.workbench.worth(key))
    if as_json:
        print_json({"article": view.model_dump(mode="json"), **coaching.model_dump(mode="json")})
    else:
        print(as_markdown(stored.article))
        print_hints([(stored.article, found)])


@articles.command()
def move(
    context: typer.Context,
    article: str,
    state: Annotated[State | None, typer.Option(help="New state.")] = None,
    audience: Annotated[Audience | None, typer.Option(help="New audience.")] = None,
    by: By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Change the state or audience of an article."""
    chosen = {"state": state, "audience": audience}
    changes = {name: value for name, value in chosen.items() if value is not None}
    if not changes:
        raise typer.BadParameter("name a --state or an --audience")
    with open_services(home_of(context, home)) as services:
        services.knowledge.edit(article, changes, by=by)
        _print_article(services, article, f"{article} is {' and '.join(changes.values())} now", as_json=as_json)


@articles.command()
def restore(
    context: typer.Context, article: str, version: RecordNumber, by: By = None, home: Home = None, as_json: Json = False
) -> None:
    """Restore the content of an earlier version of an article."""
    with open_services(home_of(context, home)) as services:
        services.knowledge.restore(article, version, by=by)
        _print_article(services, article, f"{article} is as in version {version}", as_json=as_json)


@articles.command()
def merge(
    context: typer.Context, article: str, into: str, by: By = None, home: Home = None, as_json: Json = False
) -> None:
    """Merge an article into another, with its links and counts."""
    from app.presenters.articles import merged_view

    with open_services(home_of(context, home)) as services:
        found = services.knowledge.merge(into, article, by=by)
    console.say(f"{article} redirects to {into}; the links of {found.relinked:,} incidents moved with it")
    if as_json:
        print(merged_view(found).model_dump_json())


@articles.command()
def difference(
    context: typer.Context,
    article: str,
    before: RecordNumber,
    after: RecordNumber,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show what changed between two versions of an article."""
    with open_services(home_of(context, home)) as services:
        lines = services.knowledge.difference(article, before, after)
    if as_json:
        print_json({"before": before, "after": after, "lines": lines})
    else:
        print("\n".join(lines))


@articles.command()
def flag(
    context: typer.Context,
    article: str,
    reason: Reason,
    comment: Annotated[str, typer.Argument(help="What is wrong with the article.")] = "",
    number: Annotated[str | None, typer.Option(help="Number of the incident where it showed.")] = None,
    by: By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Flag an article that needs correction."""
    from app.presenters.articles import flag_view

    entry = Flag(article, reason, comment, datetime.now(UTC), number, by)
    with open_services(home_of(context, home)) as services:
        key = services.knowledge.flag(entry)
        found = next(one for one in services.knowledge.flags.all() if one.id == key)
    console.say(f"flag {key} on {article}")
    if as_json:
        print(flag_view(found).model_dump_json())


@articles.command()
def settle(context: typer.Context, article: str, flag: RecordNumber, by: By = None, home: Home = None) -> None:
    """Close a flag that is resolved or unfounded."""
    with open_services(home_of(context, home)) as services:
        services.knowledge.flags.close(flag, article=article, by=by)
    console.say(f"flag {flag} on {article} is settled")


@articles.command()
def check(
    context: typer.Context,
    named: Annotated[
        list[str] | None, typer.Argument(metavar="[ARTICLE]...", help="Articles to check; all by default.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Check articles against the content standard."""
    from app.presenters.articles import hint_view
    from kb.curation.content_standard import ContentStandard, Surroundings
    from kb.curation.duplicates import find_duplicates

    with open_services(home_of(context, home)) as services, steps("checking") as report:
        corpus = services.workbench.corpus()
        report("comparing articles", 0.3)
        standard = ContentStandard(Surroundings.of(corpus, find_duplicates(corpus)))
        report("checking articles", 0.6)
        chosen = [services.store.articles.get(key).article for key in named] if named else list(corpus.named.values())
        found = {article.id: standard.hints(article) for article in chosen}
    if as_json:
        hints = {key: [hint_view(hint).model_dump() for hint in entry] for key, entry in found.items()}
        print_json({"articles": len(found), "hints": hints})
    else:
        print_hints([(article, found[article.id]) for article in chosen])


@articles.command()
def duplicates(context: typer.Context, limit: Limit = 100, home: Home = None, as_json: Json = False) -> None:
    """List pairs of articles that answer the same issue, the surest first."""
    from kb.curation.duplicates import find_duplicates

    with open_services(home_of(context, home)) as services:
        corpus = services.workbench.corpus()
        found = find_duplicates(corpus)[:limit]
    if as_json:
        print_json({"duplicates": [asdict(pair) for pair in found]})
    else:
        print_duplicates(found, corpus.named)


@exports.command("articles")
def export(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(parser=given_path, help="Folder for the Markdown files; created if it is missing.")
    ],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write every article as Markdown, which imports again as the same articles."""
    from kb.authoring.export import export_articles

    with open_services(home_of(context, home)) as services:
        stored = services.store.articles
        count = export_articles(
            stored.all(), folder, lambda key: [version.article.title for version in stored.history(key)]
        )
    console.say(f"{count:,} articles written to {folder}")
    if as_json:
        print_json({"articles": count, "folder": str(folder)})


@people.callback(invoke_without_command=True)
def list_people(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the role of each person."""
    from app.presenters.curation import people_view

    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        found = people_view(services.knowledge.people)
    if as_json:
        print(found.model_dump_json())
    for person in found.people:
        console.say(f"{person.name}  {person.role}{_in_groups(person.groups)}")
    console.say(f"everybody else  {found.everybody}")


@people.command()
def give(
    context: typer.Context,
    name: str,
    role: Role,
    group: Annotated[
        list[str] | None,
        typer.Option(help="Named group whose restricted incidents they see; replaces earlier ones."),
    ] = None,
    by: By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Give a person a role, and with --group the named groups that they are in."""
    from app.presenters.curation import person_view

    with open_services(home_of(context, home)) as services:
        found = person_view(services.knowledge.people.give(name, role, by=by, groups=group))
    console.say(f"{found.name} is {found.role} now{_in_groups(found.groups)}")
    if as_json:
        print(found.model_dump_json())


def _in_groups(groups: Sequence[str]) -> str:
    return f", in {', '.join(groups)}" if groups else ""


def show_measures(
    context: typer.Context,
    team: Annotated[str | None, typer.Option(help="Only incidents of this assignment group.")] = None,
    service: Annotated[str | None, typer.Option(help="Only incidents of this service.")] = None,
    since: Day = None,
    until: Day = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="CSV file for every case that is counted.", parser=given_path, metavar="PATH"),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Measure how well the knowledge base covers the work: known against new, links, their accuracy, reuse."""
    from app.services.case_table import case_table
    from app.services.measures import measures

    with open_services(home_of(context, home)) as services:
        if services.workbench.is_due():
            _look(services)
        found = measures(
            services.workbench,
            team=team,
            service=service,
            since=since.date() if since else None,
            until=until.date() if until else None,
        )
        if csv is not None:
            csv.write_text(case_table(services.workbench.facts()), encoding="utf-8", newline="")
    if as_json:
        print(found.model_dump_json())
    else:
        print_measures(found)


def show_taxonomy(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List categories that are unused or hard to tell apart, and issues that deserve a new category."""
    from app.schemas.curation import TaxonomyView
    from kb.curation.workbench import TAXONOMY

    with open_services(home_of(context, home)) as services:
        if services.workbench.is_due():
            _look(services)
        kept = services.workbench.findings.kept(TAXONOMY)
        found = TaxonomyView(as_of=kept.at, **kept.content) if kept else TaxonomyView(as_of=None)
    if as_json:
        print(found.model_dump_json())
    else:
        print_taxonomy(found)


def show_contributions(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List who wrote, edited, flagged and linked articles, for the coach: by name, not ranked."""
    from app.presenters.curation import contributions_view
    from kb.curation.contributions import contributions

    with open_services(home_of(context, home)) as services:
        found = contributions_view(contributions(services.knowledge))
    if as_json:
        print(found.model_dump_json())
    else:
        print_contributions(found)


COMMANDS: dict[str, Callable[..., None]] = {
    "measures": show_measures,
    "taxonomy": show_taxonomy,
    "contributions": show_contributions,
}


def _look(services: Services) -> None:
    with steps("searching for tasks") as report:
        services.workbench.refresh(lambda done: report("searching for tasks", done))


def _print_article(services: Services, key: str, words: str, *, as_json: bool) -> None:
    from app.presenters.articles import article_view

    console.say(words)
    if as_json:
        print(article_view(services.store.articles.get(key), services.store.articles.history(key)).model_dump_json())
