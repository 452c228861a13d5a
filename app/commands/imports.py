"""Commands that bring in what is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from app.commands import console
from app.commands.options import Encoding, Home, Json, Maps, home_of, mapping_of, open_services, print_json
from app.commands.outputs import write_csv
from app.error_codes import FAILED
from kb.records.rejects import Reject
from kb.records.written import Written

if TYPE_CHECKING:
    from kb.importers.loading import Loaded

imports = typer.Typer(help="Bring in what is known.", no_args_is_help=True, rich_markup_mode=None)

Rejects = Annotated[Path | None, typer.Option("--rejects", help="List what was left out in this CSV file.")]


@imports.command("incidents")
def import_incidents(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, CSV.gz, XLSX, JSON or JSONL.")],
    maps: Maps = None,
    timezone: Annotated[str, typer.Option(help="Zone of times that name none.")] = "UTC",
    encoding: Encoding = None,
    rejects: Rejects = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import incidents; a number that is known already is updated."""
    from kb.importers.incidents import IncidentFile
    from kb.importers.loading import load_incidents
    from kb.importers.tables import read_table

    zone = _zone(timezone)
    table = IncidentFile.open(file, chosen=mapping_of(maps), zone=zone, encoding=encoding)
    console.say("columns: " + ", ".join(f"{field} = {column}" for field, column in table.mapped.column_of.items()))
    total = sum(1 for _ in read_table(file, encoding=encoding))
    with open_services(home_of(context, home)) as services:
        report = _load(file, load_incidents(services.store, table.read(), source=file.name), total)
    report.finish(rejects, as_json=as_json, mapping=dict(table.mapped.column_of))


@imports.command("articles")
def import_articles(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A folder of Markdown, or JSONL or CSV.")],
    rejects: Rejects = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import articles; one that is known already gets a new version."""
    from kb.importers.articles import count_articles, read_articles
    from kb.importers.loading import IMPORT, load_articles

    total = count_articles(path)
    with open_services(home_of(context, home)) as services:
        report = _load(path, load_articles(services.store, read_articles(path), by=IMPORT), total)
    report.finish(rejects, as_json=as_json)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(f"--timezone {name}: is no time zone such as Europe/Berlin") from None


def _load(path: Path, batches: Iterable[Loaded], total: int | None) -> _ImportReport:
    written, rejects = Written(), list[Reject]()
    with console.progress(f"importing {path.name}", total) as advance:
        for batch in batches:
            written += batch.written
            rejects += batch.rejects
            advance(batch.rows)
    return _ImportReport(path, written, rejects)


@dataclass(frozen=True, slots=True)
class _ImportReport:
    path: Path
    written: Written
    rejects: list[Reject]

    def finish(self, rejects_file: Path | None, *, as_json: bool, **more: Any) -> None:
        """Tell what an import did; status 1 where anything was left out."""
        if rejects_file is not None:
            write_csv(rejects_file, ("file", "row", "column", "reason"), (astuple(entry) for entry in self.rejects))
        console.show_rejects(self.rejects)
        figures = {**asdict(self.written), "rejected": len(self.rejects)}
        if as_json:
            print_json(
                {"file": str(self.path), **figures, **more, "rejects": [asdict(entry) for entry in self.rejects]}
            )
        else:
            console.say(", ".join(f"{count:,} {name}" for name, count in figures.items()))
        if self.rejects:
            raise typer.Exit(FAILED)
