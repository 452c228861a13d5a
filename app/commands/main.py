"""The command line: its main commands, and how errors and signals end it."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from app.commands import console
from app.commands.administration import ADMINISTRATION, forget
from app.commands.advice import with_options
from app.commands.arguments import Encoding, given_path
from app.commands.board import board
from app.commands.curation import COMMANDS, GROUPS
from app.commands.displays.imports import print_rejects
from app.commands.displays.suggestions import print_found, print_suggestion
from app.commands.evaluation import EVALUATION
from app.commands.imports import imports
from app.commands.incident_life import move, timeline
from app.commands.integration import INTEGRATION, mcp
from app.commands.major_proposals import MAJOR_COMMANDS
from app.commands.notifications import NOTIFICATIONS
from app.commands.options import (
    DEFAULT_HOME,
    Home,
    Json,
    Maps,
    home_of,
    mapping_of,
    open_services,
    print_json,
)
from app.commands.practice import PRACTICE, clocks
from app.commands.sections import SectionedGroup
from app.commands.security import SECURITY
from app.commands.steps import progress, reported_steps
from app.commands.training import TRAINING
from app.environment import API_VARIABLE
from app.error_codes import FAILED, WRONG_USE, error_code, known_error
from app.parent import parent
from kb.records.record_kind import RecordKind
from kb.records.rejects import RejectKind, count_of
from models.errors import InvalidError, TriageError

_INTERRUPTED = 130  # exit status of the command line library after Ctrl-C

app = typer.Typer(
    name="triage",
    cls=SectionedGroup,
    help="Suggests category, assignment group, priority and known workarounds for a ticket, with the evidence.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(imports, name="import")
for name, group in (
    *ADMINISTRATION.items(),
    *GROUPS.items(),
    *INTEGRATION.items(),
    *PRACTICE.items(),
    *NOTIFICATIONS.items(),
    *MAJOR_COMMANDS.items(),
    *SECURITY.items(),
):
    app.add_typer(group, name=name)
for name, command in (*TRAINING.items(), *EVALUATION.items(), *COMMANDS.items()):
    app.command(name)(command)
app.command("mcp")(mcp)
app.command("forget")(forget)
app.command("clocks")(clocks)
app.command("board")(board)
app.command("timeline")(timeline)
app.command("move")(move)


@app.callback()
def root(context: typer.Context, home: Home = None) -> None:
    """Store the data folder that was named before the command."""
    context.obj = home


@app.command()
def suggest(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="The caller's words; - reads them from standard input.")] = None,
    short_description: Annotated[str | None, typer.Option("--short-description", metavar="S")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Explain each value.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Suggest fields, known workarounds and similar incidents for one ticket."""
    if text is None and short_description is None:
        raise typer.BadParameter("give the ticket's TEXT, - for standard input, or --short-description")
    from app.presenters.security import security_advice_view
    from app.presenters.suggestions import suggestion_view
    from app.services.suggesting import suggest_ticket
    from kb.records.incident import Incident

    description = _standard_input() if text == "-" else text or ""
    with open_services(home_of(context, home)) as services:
        ticket = Incident("", short_description or "", description, state="new")
        found = suggest_ticket(services, ticket, explain=explain)
        view = suggestion_view(found.suggestion, found.fields.masked, found.major, security_advice_view(found.security))
        if as_json:
            print(view.model_dump_json())
        else:
            print_suggestion(view)


@app.command()
def classify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(parser=given_path, help="Tickets as CSV, CSV.gz, XLSX, JSON or JSONL.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="CSV or JSONL file to write.", parser=given_path, metavar="PATH")
    ],
    maps: Maps = None,
    encoding: Encoding = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Suggest the fields of every ticket in a file and write its rows, masked, with the suggestions in new columns.

    A field that is off or monitored gets no columns.
    """
    from app.services.classified_file import TicketFile, classified_rows, write_table
    from training.fit import NotEnoughHistoryError

    tickets = TicketFile.read(file, mapping_of(maps), encoding=encoding)
    with (
        open_services(home_of(context, home)) as services,
        progress("classifying", len(tickets.rows)) as advance,
    ):
        if services.store.count_incidents() == 0:
            raise NotEnoughHistoryError("nothing to classify from: import incidents first, then train")
        count = write_table(out, _counted(classified_rows(services, tickets), advance))
    print_rejects(tickets.rejects)
    left_out = count_of(RejectKind.ROW, tickets.rejects)
    if as_json:
        print_json({"rows": count, "left_out": left_out, "file": str(out)})
    else:
        console.say(f"{count} tickets classified into {out}")
    if left_out:
        raise typer.Exit(FAILED)


@app.command()
def search(
    context: typer.Context,
    query: str,
    kind: Annotated[RecordKind | None, typer.Option(help="Incidents or articles; both by default.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 10,
    service: Annotated[str | None, typer.Option(help="Only of this service.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Search incidents and articles, best first."""
    from app.presenters.search import search_view

    with open_services(home_of(context, home)) as services:
        view = search_view(services.memory.search(query, kind=kind, limit=limit, service=service))
    if as_json:
        print(view.model_dump_json())
    else:
        print_found(view.results)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Worker processes; each loads its own models and indexes.")
    ] = 1,
    grace: Annotated[
        int, typer.Option(min=0, max=3600, help="Seconds that running requests get after a stop signal.")
    ] = 10,
    home: Home = None,
) -> None:
    """Serve the HTTP API."""
    from app.servers import serve_api

    serve_api(home_of(context, home), host=host, port=port, workers=workers, grace=grace)


@app.command("desk")
def desk_pages(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    api: Annotated[str, typer.Option(help="Address of the API.", envvar=API_VARIABLE)] = "http://127.0.0.1:8000",
    home: Home = None,
) -> None:
    """Serve the desk's pages, a client of the HTTP API."""
    from app.desk_server import serve_desk

    serve_desk(home_of(context, home), port=port, api=api)


@app.command()
def demo(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the API.")] = 8000,
    desk_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the desk.")] = 8501,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only load the sample and train, without serving.")
    ] = False,
    home: Home = None,
) -> None:
    """Load the made-up sample organisation, train on it, show one suggestion, and serve API and desk."""
    chosen = home_of(context, home, default=DEFAULT_HOME / "demo")
    if prepare:
        from app.sample.preparation import prepare as prepare_sample

        with reported_steps() as report, open_services(chosen) as services:
            prepare_sample(services, report=report)
        return
    from app.demo import run_demo

    run_demo(chosen, port=port, desk_port=desk_port)


def main() -> NoReturn:
    """Run the command line and report an error in one line.

    SIGTERM, closing the terminal and the end of the parent process stop a command as Ctrl-C does.
    """
    _check_arguments(sys.argv[1:])
    atexit.register(gc.freeze)  # garbage collection at exit takes half a second
    _take_signals()
    if (waiting := parent()) is not None:
        waiting.end_together()
    try:
        app()
    except TriageError as error:
        console.fail(with_options(str(error)))
        sys.exit(error_code(error).exit_status)
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        _end_interrupted(quietly=waiting is not None)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        said = known_error(error) or f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
        console.fail(str(said))
    except _database_errors() as error:
        console.fail(f"the database cannot be used: {getattr(error, 'orig', None) or error}")
    sys.exit(FAILED)


def _check_arguments(arguments: Iterable[str]) -> None:
    """End the command unless every argument is text that can be stored and shown."""
    for number, argument in enumerate(arguments, start=1):
        try:
            argument.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(argument).decode(errors="replace")
            console.fail(f"argument {number} ({shown}) is not UTF-8; type it in a UTF-8 terminal, or rename the file")
            sys.exit(WRONG_USE)


def _standard_input() -> str:
    """Return what was sent to standard input; raises InvalidError where that is not UTF-8."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidError(f"standard input is not UTF-8 (byte {error.start:,}); convert it with iconv first") from None


def _database_errors() -> type[Exception]:
    """Return the base class of the database's errors."""
    from sqlalchemy.exc import SQLAlchemyError

    return SQLAlchemyError


def _end_interrupted(*, quietly: bool) -> None:
    """Print once that the command was stopped, and ignore further Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not quietly:
        console.end_line("stopped; progress is saved, run the command again to continue")


def _take_signals() -> None:
    """Let SIGTERM and the end of the terminal stop a command as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def _counted(rows: Iterable[dict[str, str]], advance: Callable[[int], None]) -> Iterator[dict[str, str]]:
    for row in rows:
        advance(1)
        yield row
