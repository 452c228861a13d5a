"""JobQueue: large work that was handed in, how far it is, and what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from kb.records.job import UNFINISHED, Job, JobKind, JobState, UploadFormat
from kb.records.rejects import Reject, RejectKind, count_of
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.schema import jobs
from models.errors import NotFoundError

REJECTS_KEPT = 1000


class NoSuchJobError(NotFoundError):
    """There is no such job."""


class JobQueue:
    """The jobs of a data folder; they are worked on one after the other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    def new_id() -> str:
        """Return an id that nobody can guess."""
        return f"job_{secrets.token_hex(12)}"

    def hand_in(
        self, key: str, kind: JobKind, upload: UploadFormat, *, total: int, rejects: Iterable[Reject], by: str | None
    ) -> Job:
        """Queue a job."""
        row = {
            "id": key,
            "kind": kind.value,
            "format": upload.value,
            "state": JobState.QUEUED.value,
            "total": total,
            "done": 0,
            "written": 0,
            **_noted(rejects),
            "by": by,
            "created_at": datetime.now(UTC),
        }
        with self._database.writing() as connection:
            connection.execute(insert(jobs).values(row))
            return self.get(key)

    def get(self, key: str) -> Job:
        """Return the job with this id; raises NoSuchJobError."""
        with self._database.reading() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == key)).one_or_none()
        if row is None:
            raise NoSuchJobError(Wording("no job {key}", {"key": str(key)}))
        return _job(row)

    def all(self, *, limit: int, kind: JobKind | None = None) -> list[Job]:
        """Return the newest jobs, or those of a kind, the newest first."""
        query = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit)
        if kind is not None:
            query = query.where(jobs.c.kind == kind.value)
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]

    def unfinished(self) -> int:
        """Return how many jobs are queued or running."""
        query = select(func.count()).select_from(jobs).where(jobs.c.state.in_(UNFINISHED))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def take(self) -> Job | None:
        """Return the job that has waited longest and mark it as running; an interrupted one is taken again."""
        query = select(jobs).where(jobs.c.state.in_(UNFINISHED)).order_by(jobs.c.created_at, jobs.c.id).limit(1)
        with self._database.writing() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            connection.execute(update(jobs).where(jobs.c.id == row.id).values(state=JobState.RUNNING.value))
            return self.get(row.id)

    def goes_on(
        self, key: str, *, done: int, written: int, total: int | None = None, rejects: Iterable[Reject] | None = None
    ) -> bool:
        """Note how far a job is; returns whether it is still wanted. `rejects` replaces those noted before."""
        values: dict[str, Any] = {"done": done, "written": written} | ({} if total is None else {"total": total})
        if rejects is not None:
            values |= _noted(rejects)
        running = jobs.c.state == JobState.RUNNING.value
        with self._database.writing() as connection:
            return connection.execute(update(jobs).where(jobs.c.id == key, running).values(values)).rowcount == 1

    def drop(self, key: str) -> None:
        """Forget a job, which is not worked on any more; raises NoSuchJobError."""
        with self._database.writing() as connection:
            if connection.execute(delete(jobs).where(jobs.c.id == key)).rowcount == 0:
                raise NoSuchJobError(Wording("no job {key}", {"key": str(key)}))

    def finish(self, key: str, state: JobState, *, error: str | None = None) -> None:
        """End a job that is not finished yet."""
        values = {"state": state.value, **_explained(error), "finished_at": datetime.now(UTC)}
        open_still = jobs.c.state.in_(UNFINISHED)
        with self._database.writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == key, open_still).values(values))

    def finished_before(self, age: timedelta) -> list[Job]:
        """Return the jobs that ended before a moment."""
        query = select(jobs).where(jobs.c.finished_at < datetime.now(UTC) - age)
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]


def _job(row: Row[tuple[object, ...]]) -> Job:
    found = dict(row._mapping)
    wording = found.pop("error_wording")
    return Job(
        **{
            **found,
            "kind": JobKind(row.kind),
            "format": UploadFormat(row.format),
            "state": JobState(row.state),
            "rejects": tuple(_reject(**reject) for reject in row.rejects),
            "error": _worded(wording, row.error),
        }
    )


def _noted(rejects: Iterable[Reject]) -> dict[str, Any]:
    left_out = list(rejects)
    return {
        "rejected": count_of(RejectKind.ROW, left_out),
        "rejects": [{**asdict(reject), "wording": _parts(reject.reason)} for reject in left_out[:REJECTS_KEPT]],
    }


def _reject(*, kind: str = RejectKind.ROW, wording: Any = None, reason: str, **where: Any) -> Reject:
    """Return a stored reject; those of earlier versions were all rows, in English alone."""
    return Reject(**where, reason=_worded(wording, reason), kind=RejectKind(kind))


def _explained(error: str | None) -> dict[str, Any]:
    return {"error": error, "error_wording": None if error is None else _parts(error)}


def _parts(text: str) -> dict[str, Any] | None:
    """Return the parts of a text that is a wording, in a form that JSON can hold."""
    return text.as_json() if isinstance(text, Wording) else None


def _worded(parts: Mapping[str, Any] | None, text: Any) -> Any:
    """Return a stored text, as a wording where its parts were stored."""
    return text if parts is None else Wording.from_json(**parts)
