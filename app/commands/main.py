"""The command line."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.progress import Progress, TaskID
from sqlalchemy.exc import SQLAlchemyError

from app.commands import console
from app.commands.administration import ADMINISTRATION, forget
from app.commands.curation import COMMANDS, GROUPS
from app.commands.evaluation import EVALUATION
from app.commands.imports import imports
from app.commands.integration import INTEGRATION, mcp
from app.commands.options import (
    DEFAULT_HOME,
    Encoding,
    Home,
    Json,
    Maps,
    home_of,
    mapping_of,
    print_json,
)
from app.commands.training import TRAINING
from app.composition import open_services
from app.demo import run_demo
from app.error_codes import FAILED, error_code, known_error
from app.presenters.search import search_view
from app.presenters.suggestions import suggestion_view
from app.servers import serve_api, serve_desk
from app.services.classified_file import TicketFile, classified_rows, write_table
from app.services.suggesting import suggest_ticket
from kb.records.incident import Incident
from kb.records.record_kind import RecordKind
from models.errors import TriageError
from training.fit import NotEnoughHistoryError

_INTERRUPTED = 130  # what the command line library answers to Ctrl-C

app = typer.Typer(
    name="triage",
    help="Suggests category, assignment group, priority and known workarounds for a ticket, with the evidence.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(imports, name="import")
for name, group in (*ADMINISTRATION.items(), *GROUPS.items(), *INTEGRATION.items()):
    app.add_typer(group, name=name)
for name, command in (*TRAINING.items(), *EVALUATION.items(), *COMMANDS.items()):
    app.command(name)(command)
app.command("mcp")(mcp)
app.command("forget")(forget)


@app.callback()
def root(context: typer.Context, home: Home = None) -> None:
    """Keep the data folder that was named before the command."""
    context.obj = home


@app.command()
def suggest(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="What the caller says; - reads it from standard input.")] = None,
    short_description: Annotated[str | None, typer.Option("--short-description", metavar="S")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each value.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Suggest fields, known workarounds and similar incidents for one ticket."""
    if text is None and short_description is None:
        raise typer.BadParameter("give the ticket's TEXT, - for standard input, or --short-description")
    description = sys.stdin.read() if text == "-" else text or ""
    with open_services(home_of(context, home)) as services:
        ticket = Incident("", short_description or "", description, state="new")
        found = suggest_ticket(services, ticket, explain=explain)
        view = suggestion_view(found.suggestion, found.fields.masked)
        if as_json:
            print(view.model_dump_json())
        else:
            console.show_suggestion(view)


@app.command()
def classify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Tickets as CSV, CSV.gz, XLSX, JSON or JSONL.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="CSV or JSONL file to write.")],
    maps: Maps = None,
    encoding: Encoding = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Suggest the fields of every ticket in a file: the same rows in the same order, masked, with columns added.

    A field that is off or monitored has no columns.
    """
    tickets = TicketFile.read(file, mapping_of(maps), encoding=encoding)
    with open_services(home_of(context, home)) as services, console.progress("classifying", len(tickets.rows)) as bar:
        if services.store.count_incidents() == 0:
            raise NotEnoughHistoryError("nothing to classify from: import incidents first, then train")
        count = write_table(out, _counted(classified_rows(services, tickets), bar))
    console.show_rejects(tickets.rejects)
    if as_json:
        print_json({"rows": count, "left_out": len(tickets.rejects), "file": str(out)})
    else:
        console.say(f"{count} tickets classified into {out}")
    if tickets.rejects:
        raise typer.Exit(FAILED)


@app.command()
def search(
    context: typer.Context,
    query: str,
    kind: Annotated[RecordKind | None, typer.Option(help="Both unless given.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 10,
    service: Annotated[str | None, typer.Option(help="Only of this service.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Search incidents and articles, best first."""
    with open_services(home_of(context, home)) as services:
        view = search_view(services.memory.search(query, kind=kind, limit=limit, service=service))
    if as_json:
        print(view.model_dump_json())
    else:
        console.show_found(view.results)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer, each with its own memory.")] = 1,
    home: Home = None,
) -> None:
    """Serve the HTTP API."""
    serve_api(home_of(context, home), host=host, port=port, workers=workers)


@app.command("desk")
def desk_pages(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    api: Annotated[str, typer.Option(help="Address of the API.")] = "http://127.0.0.1:8000",
    home: Home = None,
) -> None:
    """Serve the desk's pages, a client of the HTTP API."""
    serve_desk(home_of(context, home), port=port, api=api)


@app.command()
def demo(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the API.")] = 8000,
    desk_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the desk.")] = 8501,
    home: Home = None,
) -> None:
    """Load the made-up sample desk, learn from it, show one suggestion, and serve API and desk."""
    chosen = home_of(context, home, default=DEFAULT_HOME / "demo")
    raise typer.Exit(run_demo(chosen, port=port, desk_port=desk_port))


def main() -> NoReturn:
    """Run the command line; what goes wrong is told in one line, and SIGTERM stops it as Ctrl-C does."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except TriageError as error:
        console.fail(str(error))
        sys.exit(error_code(error).exit_status)
    except SQLAlchemyError as error:
        console.fail(f"the database cannot be used: {getattr(error, 'orig', None) or error}")
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        console.fail("stopped; what was done is kept, run it again to complete it")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        said = known_error(error) or f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
        console.fail(str(said))
    sys.exit(FAILED)


def _counted(rows: Iterable[dict[str, str]], bar: Progress) -> Iterator[dict[str, str]]:
    for row in rows:
        bar.advance(TaskID(0))
        yield row
