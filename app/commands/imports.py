"""Commands that import incidents, articles and audit logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from app.commands import console
from app.commands.arguments import Encoding, given_path
from app.commands.displays.events import event_document, print_events
from app.commands.displays.imports import print_article_previews, print_rejects, print_unknown_states, state_counts
from app.commands.import_preview import mapping_document, preview_document, show_mapping, show_preview
from app.commands.meanings import States, meanings_of
from app.commands.options import Home, Json, Maps, home_of, mapping_of, open_services, print_json
from app.commands.outputs import write_csv
from app.commands.steps import progress
from app.error_codes import FAILED
from kb.records.rejects import Reject, RejectKind, count_of

if TYPE_CHECKING:
    from kb.importers.incidents import IncidentFile, Recall
    from kb.importers.loading import Loaded
    from kb.records.article import Article
    from kb.records.written import Written
    from kb.vocabulary.stage import Stage

imports = typer.Typer(help="Import incidents, articles and audit logs.", no_args_is_help=True, rich_markup_mode=None)

Rejects = Annotated[
    Path | None,
    typer.Option("--rejects", help="CSV file for the rows that were left out.", parser=given_path, metavar="PATH"),
]


@imports.command("incidents")
def import_incidents(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(parser=given_path, help="CSV, XLSX, XLS, JSON, JSONL, XML or HTML.")],
    maps: Maps = None,
    states: States = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="How 3/4/2024 is read, where you know it.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of times without one.")] = "UTC",
    encoding: Encoding = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet or table to read, where it is not the likeliest.")] = None,
    rejects: Rejects = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done and write nothing.")] = False,
    forget_mapping: Annotated[
        bool, typer.Option("--forget-mapping", help="Forget the columns chosen for files with the same columns.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import incidents; those with a known number are updated.

    Columns chosen with --map are remembered for the next file with the same columns.
    """
    from kb.importers.incidents import IncidentFile
    from kb.importers.loading import load_incidents

    zone, chosen, meanings, folder = _zone(timezone), mapping_of(maps), meanings_of(states), home_of(context, home)

    def opened(recall: Recall | None) -> IncidentFile:
        recall = None if forget_mapping else recall
        return IncidentFile.open(
            file, chosen=chosen, recall=recall, zone=zone, encoding=encoding, sheet=sheet, day_first=day_first
        )

    if dry_run:
        stored: dict[str, Stage] = {}
        if folder.exists():
            with open_services(folder) as services:
                table, stored = opened(services.store.column_mappings.find), services.store.states.told()
        else:
            table = opened(None)
        _preview_incidents(table, stored, meanings, as_json=as_json)
        return
    with open_services(folder) as services:
        mappings = services.store.column_mappings
        table = opened(mappings.find)
        show_mapping(table)
        if forget_mapping:
            mappings.forget(table.samples.values)
        if chosen:
            mappings.keep(table.samples.values, table.chosen, source=file.name)
        if meanings:
            services.store.states.tell(meanings)
        report = _load(file, load_incidents(services.store, table.read(), source=file.name), table.count_rows())
    report.finish(rejects, as_json=as_json, **mapping_document(table))


def _preview_incidents(
    table: IncidentFile, stored: Mapping[str, Stage], meanings: Mapping[str, Stage], *, as_json: bool
) -> None:
    """Show what an import would do, with the stored meanings of states and those given now."""
    from kb.importers.preview import preview_import
    from kb.vocabulary.states import plain_state

    preview = preview_import(table, {**stored, **{plain_state(state): stage for state, stage in meanings.items()}})
    if as_json:
        print_json(preview_document(table, preview))
    else:
        show_preview(table, preview)


@imports.command("articles")
def import_articles(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(parser=given_path, help="A folder of pages, one page, or a table.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show title, state and sections of each, and write nothing.")
    ] = False,
    rejects: Rejects = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import articles; those with a known id get a new version."""
    from kb.importers.articles.files import count_articles, read_articles
    from kb.importers.loading import IMPORT, load_articles
    from kb.records.article import Article

    if dry_run:
        _preview(path, list(read_articles(path)), rejects, as_json=as_json)
        return
    states = Counter[str]()

    def counted() -> Iterator[Article | Reject]:
        for record in read_articles(path):
            if isinstance(record, Article):
                states[record.state.value] += 1
            yield record

    total = count_articles(path)
    with open_services(home_of(context, home)) as services:
        report = _load(path, load_articles(services.store, counted(), by=IMPORT), total)
    if not as_json:
        console.say(state_counts(states))
    report.finish(rejects, as_json=as_json, states=dict(states))


@imports.command("events")
def import_events(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(parser=given_path, help="CSV, XLSX or JSON: an audit log of incidents.")],
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="How 3/4/2024 is read, where you know it.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of times without one.")] = "UTC",
    encoding: Encoding = None,
    rejects: Rejects = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how the file is read and write nothing.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import the audit log of another tool: what happened to its incidents, when and by whom.

    Events that were imported before are not imported again, so a longer log can follow a shorter one.
    """
    from kb.importers.events.audit_log import AuditLog
    from kb.importers.loading import LoadedEvents, load_events, preview_events

    log = AuditLog.open(file, zone=_zone(timezone), encoding=encoding, day_first=day_first)
    total = LoadedEvents()
    if dry_run and not home_of(context, home).exists():
        total = preview_events({}, log)
    else:
        with open_services(home_of(context, home)) as services:
            if dry_run:
                total = preview_events(services.store.states.told(), log)
            else:
                with progress(f"importing {file.name}", None) as advance:
                    for batch in load_events(services.store, log):
                        total += batch
                        advance(batch.read)
    if as_json:
        print_json({"dry_run": dry_run, **event_document(log, total)})
    else:
        print_events(log, total, is_written=not dry_run)
    _show_left_out(list(log.rejects), rejects)


def _preview(path: Path, records: Sequence[Article | Reject], rejects: Path | None, *, as_json: bool) -> None:
    """Show what an import of a file would write, without its texts."""
    left_out = [record for record in records if isinstance(record, Reject)]
    articles = [record for record in records if not isinstance(record, Reject)]
    states = Counter(article.state.value for article in articles)
    if as_json:
        previews = [
            {
                "id": article.id,
                "title": article.title,
                "state": article.state.value,
                "sections": [section.heading for section in article.named_sections],
                "source": article.source,
            }
            for article in articles
        ]
        listed = [asdict(entry) for entry in left_out]
        print_json({"file": str(path), "articles": previews, "states": dict(states), "rejects": listed})
    else:
        print_article_previews(articles)
        console.say(state_counts(states))
    _show_left_out(left_out, rejects)


def _show_left_out(found: list[Reject], file: Path | None) -> None:
    """List what was left out; exit with status 1 if that includes a row or file."""
    if file is not None:
        write_csv(file, ("file", "row", "column", "reason", "kind"), (astuple(entry) for entry in found))
    print_rejects(found)
    if count_of(RejectKind.ROW, found):
        raise typer.Exit(FAILED)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(f"--timezone {name}: is not a time zone such as Europe/Berlin") from None


def _load(path: Path, batches: Iterable[Loaded], total: int | None) -> _ImportReport:
    from kb.records.written import Written

    written, rejects, unknown = Written(), list[Reject](), Counter[str]()
    with progress(f"importing {path.name}", total) as advance:
        for batch in batches:
            written += batch.written
            rejects += batch.rejects
            unknown += batch.unknown_states
            advance(batch.rows)
    return _ImportReport(path, written, rejects, unknown)


@dataclass(frozen=True, slots=True)
class _ImportReport:
    path: Path
    written: Written
    rejects: list[Reject]
    unknown_states: Counter[str]

    def finish(self, rejects_file: Path | None, *, as_json: bool, **more: Any) -> None:
        """Print what an import did; exit with status 1 if a row or file was left out."""
        rejected = count_of(RejectKind.ROW, self.rejects)
        figures = {
            **asdict(self.written),
            "rejected": rejected,
            "cells_emptied": count_of(RejectKind.CELL, self.rejects),
        }
        more |= {"unknown_states": self.unknown_states} if self.unknown_states else {}
        if as_json:
            print_json(
                {"file": str(self.path), **figures, **more, "rejects": [asdict(entry) for entry in self.rejects]}
            )
        else:
            console.say(", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in figures.items()))
        print_unknown_states(self.unknown_states)
        _show_left_out(self.rejects, rejects_file)
