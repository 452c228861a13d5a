"""The command line."""

from __future__ import annotations

import csv
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.progress import Progress, TaskID
from sqlalchemy.exc import SQLAlchemyError

from app.api.health_views import DriftView
from app.api.views import SearchView, SuggestionView
from app.classified_file import TicketFile, classified_rows, harmless, write_table
from app.commands import console
from app.commands.curating import COMMANDS, GROUPS
from app.commands.integrating import INTEGRATING, mcp
from app.commands.keeping import KEEPING, forget
from app.commands.options import DEFAULT_HOME, FAILED, Home, Json, give_way, home_of, print_json
from app.composition import open_desk
from app.demo import run_demo
from app.outgoing import ForbiddenAddressError
from app.polish import PolishError
from app.serving import NoKeysError, PortTakenError, serve_api, serve_desk
from app.settings import SettingsError
from app.tuning import try_finer, tune_desk
from kb.columns import ColumnError
from kb.curation.workbench import NoActionError
from kb.flags import NoSuchFlagError
from kb.import_log import NoSuchImportError
from kb.importers.articles import count_articles, read_articles
from kb.importers.incidents import IncidentFile
from kb.importers.loading import IMPORT, Loaded, load_articles, load_incidents
from kb.importers.rejects import Reject, UnreadableFileError
from kb.importers.tables import read_table
from kb.incidents import Incident
from kb.keys import NoSuchKeyError
from kb.label_changes import NoSuchChangeError
from kb.life_cycle import IllegalMoveError
from kb.records import EditConflictError, UnknownRecordError, Written
from kb.search import Kind
from kb.webhooks import NoSuchWebhookError
from models.artefacts import ArtefactError
from models.encoder import SHIPPED
from training.doctor import examine
from training.drift import NotEnoughDatesError, drift
from training.evaluation import evaluate
from training.finetune import EPOCHS, MINUTES, TrainingExtraError
from training.fit import NotEnoughHistoryError
from training.learn import Learnt, learn
from training.replay import Assumptions, replay
from training.retraining import RetrainingRunsError, due, retrain
from triage.assistant import DEFAULT_FIELDS
from triage.model import NoSuchModelError
from triage.modes import NoEvidenceError

_INTERRUPTED = 130  # what the command line library answers to Ctrl-C

app = typer.Typer(
    name="triage",
    help="Suggests category, assignment group, priority and known workarounds for a ticket, with the evidence.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="Bring in what is known.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(imports, name="import")
for name, group in (*KEEPING.items(), *GROUPS.items(), *INTEGRATING.items()):
    app.add_typer(group, name=name)
for name, command in COMMANDS.items():
    app.command(name)(command)
app.command("mcp")(mcp)
app.command("forget")(forget)

Maps = Annotated[list[str] | None, typer.Option("--map", help="Take COLUMN as FIELD.", metavar="FIELD=COLUMN")]
Encoding = Annotated[str | None, typer.Option(help="Character encoding, where it is not recognised.")]
Rejects = Annotated[Path | None, typer.Option("--rejects", help="List what was left out in this CSV file.")]


@app.callback()
def root(context: typer.Context, home: Home = None) -> None:
    """Keep the data folder that was named before the command."""
    context.obj = home


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
    zone = _zone(timezone)
    table = IncidentFile.open(file, chosen=_maps(maps), zone=zone, encoding=encoding)
    console.say("columns: " + ", ".join(f"{field} = {column}" for field, column in table.mapped.column_of.items()))
    total = sum(1 for _ in read_table(file, encoding=encoding))
    with open_desk(home_of(context, home)) as desk:
        report = _load(file, load_incidents(desk.store, table.read(), source=file.name), total)
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
    total = count_articles(path)
    with open_desk(home_of(context, home)) as desk:
        report = _load(path, load_articles(desk.store, read_articles(path), by=IMPORT), total)
    report.finish(rejects, as_json=as_json)


@app.command()
def train(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to learn, separated by commas; all unless given.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Fit a classifier for every field with enough history; the first time, the finer encoder is tried too."""
    with open_desk(home_of(context, home)) as desk, console.steps("training") as told:
        first = desk.models.serving() is None
        found = learn(
            desk.memory,
            desk.models,
            desk.weights,
            fields=_named(fields),
            precision=desk.settings.precision,
            report=told,
        )
        tried = try_finer(desk, found, report=told) if first else None
    if tried is not None:
        finer, second = tried
        console.show_tuned(finer)
        found = second if finer.adopted else found
    if found.model is not None:
        console.show_metrics(found.model.metrics)
    else:
        console.say(f"no field was learnt: {found.reason}")
    if found.weights is not None:
        console.show_weights(found.weights)
    if found.as_filed < found.incidents:
        console.say(
            f"warning: {found.incidents - found.as_filed:,} of {found.incidents:,} incidents came without the history "
            "of their changes; what was added to their texts after logging is learnt as if the caller had said it"
        )
    if as_json:
        print_json({**_learnt(found), "tried": asdict(finer) if tried is not None else None})


@app.command("retrain")
def retrain_models(
    context: typer.Context,
    if_due: Annotated[bool, typer.Option("--if-due", help="Only where enough has changed.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Take only time that nobody else needs.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Train a candidate and let it serve, unless it is worse on the newest incidents than the model that serves."""
    if background:
        give_way()
    with open_desk(home_of(context, home)) as desk:
        if if_due:
            state = due(desk.memory, desk.models, desk.settings.retrain_after)
            if not state.now:
                console.say(f"not due: {state.changed:,} incidents are new, {state.needed or 'never'} are needed")
                if as_json:
                    print_json({"due": asdict(state), "version": None, "promoted": False})
                return
        with console.steps("retraining") as told:
            found = retrain(desk.memory, desk.models, desk.settings.policy(), report=told)
    console.show_retrained(found)
    if as_json:
        print_json(asdict(found))


@app.command()
def finetune(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to learn from, separated by commas.")] = None,
    epochs: Annotated[int, typer.Option(min=1, max=50, help="How often every ticket is read.")] = EPOCHS,
    minutes: Annotated[float, typer.Option(min=1, help="Fewer steps where tuning would take longer.")] = MINUTES,
    shipped: Annotated[bool, typer.Option("--shipped", help="Go back to the fast shipped encoder instead.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Tune the encoder to the organisation's labels and links; it serves if it is better on held-out incidents."""
    with open_desk(home_of(context, home)) as desk:
        if shipped:
            desk.encoders.choose(SHIPPED)
            console.say("the fast shipped encoder serves again")
            return
        with console.steps("tuning") as told:
            tuned = tune_desk(
                desk,
                _named(fields),
                epochs=epochs,
                minutes=minutes,
                report=told,
            )
    console.show_tuned(tuned)
    if as_json:
        print_json(asdict(tuned))


@app.command("evaluate")
def evaluate_history(
    context: typer.Context,
    holdout: Annotated[float, typer.Option(min=0.01, max=0.9, help="Share of history to ask for.")] = 0.2,
    fields: Annotated[str | None, typer.Option(help="Fields to evaluate, separated by commas.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page with plots.", metavar="FILE.html")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say how right the product would have been on the newest part of history; nothing is changed."""
    with open_desk(home_of(context, home)) as desk, console.steps("evaluating") as told:
        found = evaluate(
            desk.store,
            desk.settings.policy(),
            holdout=holdout,
            fields=_named(fields),
            report=told,
        )
    console.show_evaluation(found)
    if report is not None:
        from app.reports.evaluation import evaluation_report  # noqa: PLC0415 (plots take a second to load)

        _write_report(report, evaluation_report(found))
    if as_json:
        print_json(asdict(found))


@app.command("replay")
def replay_history(
    context: typer.Context,
    since: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    fields: Annotated[str | None, typer.Option(help="Fields to replay, separated by commas.")] = None,
    delay_days: Annotated[float, typer.Option(min=0, help="Days until the right values are known.")] = 1.0,
    growth: Annotated[float, typer.Option(min=1.05, help="Train anew when history is so many times as long.")] = 1.5,
    minutes_a_field: Annotated[float, typer.Option(min=0, help="Saved by a right automatic value.")] = 1.0,
    minutes_a_wrong_value: Annotated[float, typer.Option(min=0, help="Lost by a wrong one.")] = 10.0,
    minutes_a_reassignment: Annotated[float, typer.Option(min=0, help="Saved where one does not happen.")] = 20.0,
    minutes_an_article: Annotated[float, typer.Option(min=0, help="Saved by the right article at hand.")] = 5.0,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page with plots.", metavar="FILE.html")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Walk through history as if the product had been there, learning as it goes; nothing is changed."""
    assumptions = Assumptions(
        minutes_a_field=minutes_a_field,
        minutes_a_reassignment=minutes_a_reassignment,
        minutes_an_article=minutes_an_article,
        minutes_a_wrong_value=minutes_a_wrong_value,
        delay=timedelta(days=delay_days),
        growth=growth,
    )
    with open_desk(home_of(context, home)) as desk, console.steps("replaying") as told:
        found = replay(
            desk.store,
            desk.settings.policy(),
            since=since.replace(tzinfo=UTC) if since else None,
            until=until.replace(tzinfo=UTC) + timedelta(days=1) if until else None,
            fields=_named(fields),
            assumptions=assumptions,
            report=told,
        )
    console.show_replay(found)
    if report is not None:
        from app.reports.replay import replay_report  # noqa: PLC0415 (plots take a second to load)

        _write_report(report, replay_report(found))
    if as_json:
        print_json(asdict(found))


@app.command("drift")
def show_drift(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to look at, separated by commas.")] = None,
    days: Annotated[float, typer.Option(min=1, help="How many of the last days to compare with those before.")] = 30.0,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say whether the mix of tickets, confidence or agreement with what was right is moving, and where."""
    with open_desk(home_of(context, home)) as desk:
        found = drift(desk.store, desk.journal, _named(fields) or desk.fields() or DEFAULT_FIELDS, days=days)
    console.show_drift(found)
    if as_json:
        print(DriftView.of(found).model_dump_json())


@app.command()
def doctor(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to examine, separated by commas.")] = None,
    suspects: Annotated[Path | None, typer.Option(help="List every suspect label in this CSV file.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many suspects to put into the JSON.")] = 2000,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Read what was imported and say what stands in the way, worst first; nothing is changed."""
    with open_desk(home_of(context, home)) as desk, console.steps("examining") as told:
        found = examine(
            desk.with_encoder(
                desk.encoders.untuned()
            ).memory,  # one tuned to these labels would take wrong ones for right
            fields=_named(fields),
            precision=desk.settings.precision,
            report=told,
        )
    if suspects is not None:
        columns = ("number", "field", "value", "likely", "doubt")
        _write_csv(suspects, columns, (astuple(entry) for entry in found.suspects))
    if as_json:
        print_json(asdict(replace(found, suspects=found.suspects[:limit])))
    else:
        console.show_checkup(found)


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
    with open_desk(home_of(context, home)) as desk:
        found = desk.assistant.suggest(Incident("", short_description or "", description), explain=explain)
    view = SuggestionView.of(found)
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
    """Suggest the fields of every ticket in a file: the same rows in the same order, with columns added."""
    tickets = TicketFile.read(file, _maps(maps), encoding=encoding)
    with open_desk(home_of(context, home)) as desk, console.progress("classifying", len(tickets.rows)) as bar:
        if desk.store.count_incidents() == 0:
            raise NotEnoughHistoryError("nothing to classify from: import incidents first, then train")
        count = write_table(out, _counted(classified_rows(tickets, desk.assistant), bar))
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
    kind: Annotated[Kind | None, typer.Option(help="Both unless given.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 10,
    service: Annotated[str | None, typer.Option(help="Only of this service.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Search incidents and articles, best first."""
    with open_desk(home_of(context, home)) as desk:
        view = SearchView.of(desk.memory.search(query, kind=kind, limit=limit, service=service))
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
    except (
        ArtefactError,
        ColumnError,
        EditConflictError,
        ForbiddenAddressError,
        IllegalMoveError,
        NoActionError,
        PolishError,
        NoEvidenceError,
        NoKeysError,
        NoSuchKeyError,
        NoSuchChangeError,
        NoSuchFlagError,
        NoSuchImportError,
        NoSuchModelError,
        NoSuchWebhookError,
        NotEnoughDatesError,
        NotEnoughHistoryError,
        PortTakenError,
        RetrainingRunsError,
        SettingsError,
        TrainingExtraError,
        UnknownRecordError,
        UnreadableFileError,
    ) as error:
        console.fail(str(error))
    except SQLAlchemyError as error:
        console.fail(f"the database cannot be used: {getattr(error, 'orig', None) or error}")
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        console.fail("stopped; what was done is kept, run it again to complete it")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        console.fail(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "))
    sys.exit(FAILED)


def _maps(maps: Iterable[str] | None) -> dict[str, str]:
    chosen = {}
    for entry in maps or ():
        field, sign, column = entry.partition("=")
        if not (field and sign and column):
            raise typer.BadParameter(f"--map {entry}: is not FIELD=COLUMN")
        chosen[field.strip()] = column.strip()
    return chosen


def _named(fields: str | None) -> list[str] | None:
    return [name.strip() for name in fields.split(",") if name.strip()] if fields else None


def _learnt(found: Learnt) -> dict[str, Any]:
    """What was learnt, for JSON."""
    model, weights = found.model, found.weights
    judged = {"judged": len(weights.ranks), "found_first": round(weights.found_within(1), 4)} if weights else {}
    return {
        "version": model.version if model else None,
        "trained_at": model.trained_at if model else None,
        "fields": dict(model.metrics) if model else {},
        "incidents": found.incidents,
        "as_filed": found.as_filed,
        "search": {**asdict(weights.weights), **judged} if weights else None,
    }


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(f"--timezone {name}: is no time zone such as Europe/Berlin") from None


def _load(path: Path, batches: Iterable[Loaded], total: int | None) -> _ImportReport:
    written, rejects = Written(), list[Reject]()
    with console.progress(f"importing {path.name}", total) as bar:
        for batch in batches:
            written += batch.written
            rejects += batch.rejects
            bar.advance(TaskID(0), batch.rows)
    return _ImportReport(path, written, rejects)


@dataclass(frozen=True, slots=True)
class _ImportReport:
    path: Path
    written: Written
    rejects: list[Reject]

    def finish(self, rejects_file: Path | None, *, as_json: bool, **more: Any) -> None:
        """Tell what an import did; status 1 where anything was left out."""
        if rejects_file is not None:
            _write_csv(rejects_file, ("file", "row", "column", "reason"), (astuple(entry) for entry in self.rejects))
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


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)


def _counted(rows: Iterable[dict[str, str]], bar: Progress) -> Iterator[dict[str, str]]:
    for row in rows:
        bar.advance(TaskID(0))
        yield row


def _write_report(path: Path, page: str) -> None:
    path.write_text(page, encoding="utf-8")
    console.say(f"report: {path}")
