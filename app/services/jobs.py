"""Jobs at work: an upload is masked and kept, a process of its own works on it, and a restart goes on where it was."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO

from app.composition import Services
from app.services.classified_file import TicketFile, classified_rows, harmless
from kb.importers.incidents import IncidentFile
from kb.importers.loading import load_incidents
from kb.importers.tables import Row, columns_of, read_table
from kb.records.columns import map_columns
from kb.records.job import Job, JobKind, JobState, UploadFormat
from kb.records.rejects import Reject, UnreadableFileError
from kb.records.webhook import Event
from kb.records.written import Written
from kb.service.job_queue import JobQueue, NoSuchJobError
from models.errors import ConflictError, TriageError

_ROWS_A_STEP = 256
_KEPT = timedelta(days=7)


class NoResultError(ConflictError):
    """A job has nothing to download, or not yet."""


def submit_job(services: Services, kind: JobKind, upload: UploadFormat, file: Path | None, *, by: str | None) -> Job:
    """Queue a job over an upload, of which only a masked copy is kept.

    Raises UnreadableFileError where the upload is no table of tickets.
    """
    key = JobQueue.new_id()
    rejects, total = list[Reject](), 0
    if file is not None:
        folder = _folder(services, key)
        folder.mkdir(parents=True)
        try:
            names = columns_of(file)
            columns = map_columns(names).column_of if names else {}
            with (folder / _NAME).open("w", encoding="utf-8") as kept:
                line = 1
                for entry in read_table(file):
                    if isinstance(entry, Reject):
                        rejects.append(Reject("upload", entry.row, entry.column, entry.reason))
                        continue
                    total += 1
                    kept.write("\n" * (entry.number - line))  # so that a row keeps the number that it has in the upload
                    line = max(line, entry.number) + 1
                    masked = services.store.masking.fields(entry.values, columns)
                    kept.write(json.dumps(masked, ensure_ascii=False) + "\n")
            _check(kind, folder / _NAME, total)
        except UnreadableFileError as error:
            shutil.rmtree(folder)
            told = str(error).replace(str(file), "upload").replace(str(folder / _NAME), "upload")
            raise UnreadableFileError(told) from None
        except BaseException:
            shutil.rmtree(folder)
            raise
    return services.jobs.hand_in(key, kind, upload, total=total, rejects=rejects, by=by)


def work(services: Services) -> None:
    """Work on every job that waits, one after the other."""
    while (job := services.jobs.take()) is not None:
        try:
            _DOING[job.kind](services, job)
        except (TriageError, OSError) as error:
            told = str(error).replace(str(_folder(services, job.id)), "upload")
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
    """The result of a job as it is downloaded, in the format of its upload; raises NoResultError."""
    if job.kind is not JobKind.CLASSIFY:
        raise NoResultError(f"a job that is there to {job.kind} has nothing to download; its figures say what it did")
    if job.state is not JobState.DONE:
        raise NoResultError(f"job {job.id} is {job.state}: its result is there once it is done")
    path = _folder(services, job.id) / _RESULT
    try:
        columns = _columns_of(path, rows=job.done)
    except FileNotFoundError:
        raise NoResultError(f"the result of job {job.id} is kept for {_KEPT.days} days and gone by now") from None
    except ValueError:
        raise NoResultError(f"the result of job {job.id} was damaged on the disk: hand the job in again") from None
    file = path.open(encoding="utf-8", newline="\n")
    return _csv_lines(file, columns) if job.format is UploadFormat.CSV else _lines(file)


def drop(services: Services, job: Job) -> None:
    """Forget a job, finished or not, with what was uploaded and what came of it."""
    services.jobs.drop(job.id)
    shutil.rmtree(_folder(services, job.id), ignore_errors=True)


def clear_old(services: Services) -> None:
    """Remove the files of jobs that ended long ago."""
    for job in services.jobs.finished_before(_KEPT):
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
            services.journal.flush()  # before the rows: a job that is broken off goes on behind them
            result.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in some)
            result.flush()
            done += len(some)
            if not services.jobs.goes_on(job.id, done=done, written=done):
                return


def _import(services: Services, job: Job) -> None:
    written, rejects, done = Written(), list[Reject](), 0
    path = _folder(services, job.id) / _NAME
    _check_whole(path, job.total)
    file = IncidentFile.open(path)
    for batch in load_incidents(services.store, file.read(), source=f"job {job.id}"):
        written += batch.written
        rejects += [Reject("upload", reject.row, reject.column, reject.reason) for reject in batch.rejects]
        done += batch.rows
        changed = written.new + written.updated
        if not services.jobs.goes_on(job.id, done=done, written=changed, rejects=[*job.rejects, *rejects]):
            return


def _re_embed(services: Services, job: Job) -> None:
    for done, total in services.store.embeddings.renew():
        if not services.jobs.goes_on(job.id, done=done, written=done, total=total):
            return


_DOING = {JobKind.CLASSIFY: _classify, JobKind.IMPORT: _import, JobKind.RE_EMBED: _re_embed}
_NAME, _RESULT = "upload.jsonl", "result.jsonl"


def _check(kind: JobKind, path: Path, total: int) -> None:
    """Raise where a job could not even begin."""
    if total == 0:
        raise UnreadableFileError("upload: holds no row that can be read")
    if kind is JobKind.IMPORT:
        IncidentFile.open(path)
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
            f"{path}: holds {rows:,} rows that can be read of {total:,}: it was damaged on the disk, so hand the job "
            "in again"
        )


def _folder(services: Services, key: str) -> Path:
    return services.home / "jobs" / key


def _complete_lines(path: Path) -> int:
    """How many whole lines a file holds; what is behind the last of them is cut off."""
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
                raise ValueError("a line is no row")  # noqa: TRY004 (a damaged file, not a wrong call)
            columns |= dict.fromkeys(row)
            count += 1
    if count != rows:
        raise ValueError("rows are missing")
    return list(columns)


def _csv_lines(file: IO[str], columns: Sequence[str]) -> Iterator[str]:
    """The rows as CSV under these columns."""
    writer = csv.writer(_Line())
    with file:
        yield writer.writerow([harmless(name) for name in columns])
        for line in file:
            row = json.loads(line)
            yield writer.writerow([harmless(row.get(name, "")) for name in columns])
