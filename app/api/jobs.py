"""Jobs over HTTP: submitting an upload, following it, and downloading its result."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.jobs import job_view
from app.schemas.field_types import Value
from app.schemas.jobs import JobsView, JobView
from app.services.jobs import drop, result_figures, result_lines, result_page, submit_job
from kb.records.api_key import Scope
from kb.records.job import REPORTS, WITHOUT_UPLOAD, Job, JobKind, UploadFormat
from kb.service.job_queue import NoSuchJobError
from models.errors import MediaTypeError

reading = scoped(Scope.SUGGEST, tag="jobs")
writing = scoped(Scope.WRITE, tag="jobs")

JOBS = (reading, writing)

_LOOK_SECONDS = 0.25
_FORMATS = {
    "text/csv": UploadFormat.CSV,
    "application/x-ndjson": UploadFormat.NDJSON,
    "application/ndjson": UploadFormat.NDJSON,
    "application/jsonl": UploadFormat.NDJSON,
}
_FIGURES_EXAMPLE = {
    "incidents": 1828,
    "fields": [],
    "findings": [
        {
            "kind": "duplicate_values",
            "field": "category",
            "share": 0.02,
            "message": "category: Printer and Printing mean the same",
            "examples": ["Printer", "Printing"],
            "numbers": ["INC0010001"],
        }
    ],
    "suspects": [],
}
_MEDIA_TYPES = {UploadFormat.CSV: "text/csv; charset=utf-8", UploadFormat.NDJSON: "application/x-ndjson"}
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "description": "The rows, also as JSON Lines (application/x-ndjson); columns are recognised as in an import. "
        "Leave it empty to re-embed, train or report.",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "number,short_description\nINC1,cannot print\nINC2,vpn drops every few minutes\n",
            },
        },
    }
}


def _job(id: str, services: TheServices) -> Job:  # noqa: A002 (named as in the path)
    return services.jobs.get(id)


TheJob = Annotated[Job, Depends(_job)]


@writing.post(
    "/jobs",
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra=_UPLOAD,
    responses={**problems_of(415), 202: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def post_job(
    request: Request,
    response: Response,
    services: TheServices,
    kind: Annotated[JobKind, Query(description="What to do with the rows.")],
    by: Annotated[Value | None, Query(description="Who submits it.")] = None,
) -> JobView:
    """Submit a file to classify or import in the background, or re-embed every text, train, or report.

    Reports: `evaluate` tests suggestions on the newest incidents, `replay` simulates the past, `doctor` looks for
    problems in the data.
    """
    if kind in WITHOUT_UPLOAD:
        job = await run_in_threadpool(submit_job, services, kind, UploadFormat.NDJSON, None, by=by)
    else:
        upload = _format(request)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"upload.{upload}"
            with file.open("wb") as written:
                async for chunk in request.stream():
                    written.write(chunk)
            job = await run_in_threadpool(submit_job, services, kind, upload, file, by=by)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_view(job)


@reading.get("/jobs")
def list_jobs(
    services: TheServices,
    kind: Annotated[JobKind | None, Query(description="Only jobs of this kind.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> JobsView:
    """List the newest jobs."""
    return JobsView(jobs=[job_view(job) for job in services.jobs.all(limit=limit, kind=kind)])


@reading.get("/jobs/{id}", responses=problems_of(404))
def get_job(job: TheJob) -> JobView:
    """Read the progress of a job."""
    return job_view(job)


@reading.get("/jobs/{id}/events", response_class=EventSourceResponse, responses=problems_of(404))
async def follow_job(job: TheJob, services: TheServices) -> AsyncIterable[ServerSentEvent]:
    """Follow a job as server-sent events: `progress` whenever it has changed, `finished` at its end.

    The stream of a job that is removed meanwhile just ends.
    """
    told: Job | None = None
    while True:
        if job != told:
            yield ServerSentEvent(data=job_view(job), event="finished" if job.is_finished else "progress")
            told = job
        if job.is_finished:
            return
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            job = await run_in_threadpool(services.jobs.get, job.id)
        except NoSuchJobError:
            return


@reading.get(
    "/jobs/{id}/result",
    response_class=Response,
    responses={
        **problems_of(404, 409),
        200: {
            "description": "The rows with their suggestions, in the format of the upload; or the figures of a report.",
            "content": {
                "application/json": {"schema": {"type": "object"}, "example": _FIGURES_EXAMPLE},
                "text/csv": {"schema": {"type": "string"}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
    },
)
def download_result(job: TheJob, services: TheServices) -> Response:
    """Download the classified rows, or the figures, of a finished job."""
    if job.kind in REPORTS:
        return Response(result_figures(services, job), media_type="application/json")
    headers = {"Content-Disposition": f'attachment; filename="{job.id}.{job.format}"'}
    return StreamingResponse(result_lines(services, job), media_type=_MEDIA_TYPES[job.format], headers=headers)


@reading.get(
    "/jobs/{id}/report",
    response_class=Response,
    responses={
        **problems_of(404, 409),
        200: {"description": "A page to read.", "content": {"text/html": {"schema": {"type": "string"}}}},
    },
)
def download_report(job: TheJob, services: TheServices) -> Response:
    """Download the report of an evaluation or a replay as a page that loads nothing."""
    headers = {
        "Content-Disposition": f'attachment; filename="{job.kind}-{job.created_at:%Y-%m-%d}.html"',
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    }
    return Response(result_page(services, job), media_type="text/html; charset=utf-8", headers=headers)


@writing.delete("/jobs/{id}", status_code=HTTPStatus.NO_CONTENT, responses=problems_of(404))
def delete_job(job: TheJob, services: TheServices) -> Response:
    """Delete a job with its files; a running one is stopped."""
    drop(services, job)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _format(request: Request) -> UploadFormat:
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated not in _FORMATS:
        raise MediaTypeError(
            f"send the rows as {' or '.join(list(_FORMATS)[:2])}, not {stated[:80] or 'without a type'}"
        )
    return _FORMATS[stated]
