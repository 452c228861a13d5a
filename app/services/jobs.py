"""Jobs at work: an upload is masked and kept, a process of its own works on it, and a restart goes on where it was."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO

from app.composition import Services
from app.services.classified_file import TicketFile, classified_rows, harmless
from app.services.job_reports import FIGURES, PAGE, write_job_report
from app.services.training import train_from_history
from app.services.upload_options import USUAL_OPTIONS, UploadOptions
from kb.importers.incidents import IncidentFile
from kb.importers.loading import load_incidents
from kb.importers.tables import Row, columns_of, read_table
from kb.records.columns import map_columns
from kb.records.job import REPORTS, Job, JobKind, JobState, UploadFormat
from kb.records.rejects import Reject, UnreadableFileError
from kb.records.webhook import Event
from kb.records.wording import Wording, renamed, wording_of
from kb.records.written import Written
from kb.service.job_queue import JobQueue, NoSuchJobError
from models.errors import ConflictError, TriageError

_ROWS_A_STEP = 256
_HUNDRED = 100
_KEPT = timedelta(days=7)
_REPORTS_KEPT = 3  # the newest may have failed or may still run


class NoResultError(ConflictError):
    """A job has nothing to download, or not yet."""


def submit_job(
    services: Services,
    kind: JobKind,
    upload: UploadFormat,
    file: Path | None,
    *,
    by: str | None,
    options: UploadOptions = USUAL_OPTIONS,
) -> Job:
    """Queue a job over an upload, of which only a masked copy is kept.

    Raises UnreadableFileError where the upload is no table of tickets.
    """
    key = JobQueue.new_id()
    rejects, total = list[Reject](), 0
    if file is not None:
        folder = _folder(services, key)
        folder.mkdir(parents=True)
        try:
            columns = _mapped_columns(services, columns_of(file, sheet=options.sheet))
            with (folder / _NAME).open("w", encoding="utf-8") as kept:
                line = 1
                for entry in read_table(file, sheet=options.sheet):
                    if isinstance(entry, Reject):
                        rejects.append(replace(entry, file="upload"))
                        continue
                    rejects += (replace(problem, file="upload") for problem in entry.problems)
                    total += 1
                    kept.write("\n" * (entry.number - line))  # so that a row keeps the number that it has in the upload
                    line = max(line, entry.number) + 1
                    masked = services.store.masking.fields(entry.values, columns)
                    kept.write(json.dumps(masked, ensure_ascii=False) + "\n")
            options.save(folder)
            _check(services, kind, folder / _NAME, total)
        except UnreadableFileError as error:
            shutil.rmtree(folder)
            told = renamed(wording_of(error), str(file), "upload")
            raise UnreadableFileError(renamed(told, str(folder / _NAME), "upload")) from None
        except BaseException:
            shutil.rmtree(folder)
            raise
    return services.jobs.hand_in(key, kind, upload, total=total, rejects=rejects, by=by)


def _mapped_columns(services: Services, names: Sequence[str]) -> Mapping[str, str]:
    """Column of each field, as was chosen for an earlier file with these columns where that was."""
    return map_columns(names, services.store.column_mappings.find(names)).column_of if names else {}


def work(services: Services) -> None:
    """Work on every job that waits, one after the other."""
    while (job := services.jobs.take()) is not None:
        try:
            _DOING[job.kind](services, job)
        except (TriageError, OSError) as error:
            told = renamed(wording_of(error), str(_folder(services, job.id)), "upload")
            _finish(services, job, JobState.FAILED, error=told)
        else:
            _finish(services, job, JobState.DONE)


def _finish(services: Services, job: Job, state: JobState, *, error: str | None = None) -> None:
    """End a job and announce that, in one act; one that was dropped meanwhile is not announced."""
    with services.store.database.writing(), suppress(NoSuchJobError):
        services.jobs.finish(job.id, state, error=error)
        ended = services.jobs.get(job.id)
        facts = {"id": job.id, "kind": job.kind.value, "state": ended.state.value, "done": ended.done}
        services.webhooks.announce(Event.JOB_FINISHED, facts)


def result_lines(services: Services, job: Job) -> Iterator[str]:
    """Yield the result of a job as it is downloaded, in the format of its upload; raises NoResultError."""
    if job.kind is not JobKind.CLASSIFY:
        raise NoResultError(Wording("a job that is there to {kind} has no rows to download", {"kind": job.kind.value}))
    _need_done(job)
    path = _folder(services, job.id) / _RESULT
    try:
        columns = _columns_of(path, rows=job.done)
    except FileNotFoundError:
        raise NoResultError(
            Wording(
                "the result of job {key} is kept for {days} days and then deleted", {"key": job.id, "days": _KEPT.days}
            )
        ) from None
    except ValueError:
        raise NoResultError(
            Wording("the result of job {key} was damaged on the disk: hand the job in again", {"key": job.id})
        ) from None
    file = path.open(encoding="utf-8", newline="\n")
    return _csv_lines(file, columns) if job.format is UploadFormat.CSV else _lines(file)


def result_figures(services: Services, job: Job) -> str:
    """Return the figures of a job that reports, as JSON; raises NoResultError."""
    return _report_file(services, job, FIGURES)


def result_page(services: Services, job: Job) -> str:
    """Return the page of a job that reports, as HTML; raises NoResultError."""
    return _report_file(services, job, PAGE)


def _report_file(services: Services, job: Job, name: str) -> str:
    if job.kind not in REPORTS or (name == PAGE and job.kind is JobKind.DOCTOR):
        raise NoResultError(Wording("a job that is there to {kind} has no such report", {"kind": job.kind.value}))
    _need_done(job)
    try:
        return (_folder(services, job.id) / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NoResultError(
            Wording("the report of job {key} was deleted, as old ones are: start it again", {"key": job.id})
        ) from None


def _need_done(job: Job) -> None:
    if job.state is not JobState.DONE:
        raise NoResultError(
            Wording(
                "job {key} is {state}: its result is there once it is done", {"key": job.id, "state": job.state.value}
            )
        )


def drop(services: Services, job: Job) -> None:
    """Forget a job, finished or not, with what was uploaded and what came of it."""
    services.jobs.drop(job.id)
    shutil.rmtree(_folder(services, job.id), ignore_errors=True)


def clear_old(services: Services) -> None:
    """Remove the files of jobs that ended long ago, but for the newest report of each kind."""
    newest = {job.id for kind in REPORTS for job in services.jobs.all(limit=_REPORTS_KEPT, kind=kind)}
    for job in services.jobs.finished_before(_KEPT):
        if job.id in newest:
            continue
        shutil.rmtree(_folder(services, job.id), ignore_errors=True)


def _classify(services: Services, job: Job) -> None:
    """Rows that are on disk already are not worked out again; a line that was cut off is."""
    folder = _folder(services, job.id)
    path = folder / _RESULT
    done = _complete_lines(path)
    _check_whole(folder / _NAME, job.total)
    rows = classified_rows(services, TicketFile.read(folder / _NAME, {}).from_row(done), is_masked=True)
    with path.open("a", encoding="utf-8") as result:
        while some := list(islice(rows, _ROWS_A_STEP)):
            services.prediction_log.flush()  # before the rows: a job that is broken off goes on behind them
            result.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in some)
            result.flush()
            done += len(some)
            if not services.jobs.goes_on(job.id, done=done, written=done):
                return


def _import(services: Services, job: Job) -> None:
    written, rejects, done = Written(), list[Reject](), 0
    path = _folder(services, job.id) / _NAME
    _check_whole(path, job.total)
    file = UploadOptions.load(path.parent).open_copy(path, recall=services.store.column_mappings.find)
    for batch in load_incidents(services.store, file.read(), source=f"job {job.id}"):
        written += batch.written
        rejects += [replace(reject, file="upload") for reject in batch.rejects]
        done += batch.rows
        changed = written.new + written.updated
        if not services.jobs.goes_on(job.id, done=done, written=changed, rejects=[*job.rejects, *rejects]):
            return


def _train(services: Services, job: Job) -> None:
    """Train; how far that is counts in hundredths."""

    def report(_: str, share: float) -> None:
        services.jobs.goes_on(job.id, done=round(share * _HUNDRED), written=0, total=_HUNDRED)

    train_from_history(services, report=report)


def _report(services: Services, job: Job) -> None:
    """Write a report; how far that is counts in hundredths."""

    def report(_: str, share: float) -> None:
        services.jobs.goes_on(job.id, done=round(share * _HUNDRED), written=0, total=_HUNDRED)

    write_job_report(services, job.kind, _folder(services, job.id), report)


def _re_embed(services: Services, job: Job) -> None:
    for done, total in services.store.embeddings.renew():
        if not services.jobs.goes_on(job.id, done=done, written=done, total=total):
            return


_DOING = {
    JobKind.CLASSIFY: _classify,
    JobKind.IMPORT: _import,
    JobKind.RE_EMBED: _re_embed,
    JobKind.TRAIN: _train,
    **dict.fromkeys(REPORTS, _report),
}
_NAME, _RESULT = "upload.jsonl", "result.jsonl"


def _check(services: Services, kind: JobKind, path: Path, total: int) -> None:
    """Raise where a job could not even begin."""
    if total == 0:
        raise UnreadableFileError(Wording("upload: holds no row that can be read"))
    if kind is JobKind.IMPORT:
        IncidentFile.open(path, recall=services.store.column_mappings.find)
    else:
        TicketFile.read(path, {})


def _check_whole(path: Path, total: int) -> None:
    """Raise UnreadableFileError where the kept copy of an upload holds other rows than were written into it."""
    try:
        rows = sum(isinstance(row, Row) for row in read_table(path))
    except UnreadableFileError:
        rows = 0
    if rows != total:
        raise UnreadableFileError(
            Wording(
                "{file}: holds {count} rows that can be read of {total}: it was damaged on the disk, so hand the "
                "job in again",
                {"file": str(path), "count": rows, "total": total},
            )
        )


def _folder(services: Services, key: str) -> Path:
    return services.home / "jobs" / key


def _complete_lines(path: Path) -> int:
    """Return how many whole lines a file holds; what is behind the last of them is cut off."""
    if not path.exists():
        return 0
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    with path.open("r+b") as file:
        file.truncate(whole)
    return content.count(b"\n", 0, whole)


def _lines(file: IO[str]) -> Iterator[str]:
    with file:
        yield from file


class _Line:
    """A file of one line, for the writer of CSV."""

    def write(self, text: str) -> str:
        return text


def _columns_of(path: Path, *, rows: int) -> list[str]:
    """Return the columns that any row of a result has; raises ValueError where it does not hold that many rows."""
    columns: dict[str, None] = {}
    count = 0
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("a line is not a row")  # noqa: TRY004 (a damaged file, not a wrong call)
            columns |= dict.fromkeys(row)
            count += 1
    if count != rows:
        raise ValueError("rows are missing")
    return list(columns)


def _csv_lines(file: IO[str], columns: Sequence[str]) -> Iterator[str]:
    """Yield the rows as CSV under these columns."""
    writer = csv.writer(_Line())
    with file:
        yield writer.writerow([harmless(name) for name in columns])
        for line in file:
            row = json.loads(line)
            yield writer.writerow([harmless(row.get(name, "")) for name in columns])
