"""Imports over HTTP: previewing an upload, and importing it in the background."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.api.access import scoped
from app.api.routing import TheServices
from app.presenters.imports import import_preview_view
from app.presenters.jobs import job_view
from app.schemas.field_types import Value
from app.schemas.imports import ImportPreviewView
from app.schemas.jobs import JobView
from app.services.imports import import_upload, preview_upload
from app.services.upload_options import UploadOptions
from kb.records.api_key import Scope
from kb.records.wording import Wording
from kb.vocabulary.stage import Stage
from models.errors import InvalidError

writing = scoped(Scope.WRITE, tag="jobs")

IMPORTS = (writing,)

_ENDINGS = (
    ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".json", ".jsonl", ".ndjson", ".xml", ".html", ".htm",
)  # fmt: skip
_ROWS = [{"number": "INC1", "short_description": "cannot print", "assignment_group": {"display_value": "Field"}}]
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file, in the format that `name` ends in: CSV, XLSX, XLS, JSON, JSON Lines, XML or HTML.",
        "content": {
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}, "example": _ROWS},
            "application/octet-stream": {
                "schema": {"type": "string"},
                "example": "number,summary\nINC1,cannot print\n",
            },
        },
    }
}

Name = Annotated[str, Query(max_length=200, description="Name of the file, whose ending names its format.")]
Maps = Annotated[
    list[str] | None,
    Query(
        alias="map",
        max_length=100,
        description="FIELD=COLUMN reads a field from a column, FIELD= from none. Kept for files with the same columns.",
    ),
]
States = Annotated[
    list[str] | None,
    Query(alias="state", max_length=100, description="STATE=STAGE sets what a state means, for every incident."),
]

Sheet = Annotated[str | None, Query(max_length=200, description="Sheet of a workbook; the likeliest by default.")]
Zone = Annotated[str, Query(alias="timezone", max_length=100, description="Time zone of times without one.")]
DayFirst = Annotated[
    bool | None, Query(description="Whether 3/4/2024 is the third of April; by default the file decides.")
]


def _options(sheet: Sheet = None, zone: Zone = "UTC", day_first: DayFirst = None) -> UploadOptions:
    return UploadOptions(sheet or None, zone, day_first)


Options = Annotated[UploadOptions, Depends(_options)]


@writing.post("/imports/preview", openapi_extra=_UPLOAD)
async def preview_import(
    request: Request,
    services: TheServices,
    options: Options,
    *,
    name: Name = "upload.json",
    maps: Maps = None,
    states: States = None,
) -> ImportPreviewView:
    """Preview an import: how each column is read, what states mean, and what is wrong with which rows."""
    mapping, meanings = _pairs("map", maps or ()), _meanings(states or ())
    async with _uploaded(request, name) as file:
        preview = await run_in_threadpool(preview_upload, services, file, mapping, meanings, options)
    return import_preview_view(preview)


@writing.post(
    "/imports",
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra=_UPLOAD,
    responses={202: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
async def post_import(
    request: Request,
    response: Response,
    services: TheServices,
    options: Options,
    *,
    name: Name = "upload.json",
    maps: Maps = None,
    states: States = None,
    by: Annotated[Value | None, Query(description="Who uploads it.")] = None,
) -> JobView:
    """Import a file of incidents in the background; the job shows its progress."""
    mapping, meanings = _pairs("map", maps or ()), _meanings(states or ())
    async with _uploaded(request, name) as file:
        job = await run_in_threadpool(import_upload, services, file, mapping, meanings, options, by=by)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_view(job)


@asynccontextmanager
async def _uploaded(request: Request, name: str) -> AsyncIterator[Path]:
    """Keep an upload in a file for as long as it is read."""
    ending = Path(name).suffix.lower()
    if ending not in _ENDINGS:
        raise InvalidError(
            Wording("name: '{name}' ends in none of {endings}", {"name": name[:80], "endings": ", ".join(_ENDINGS)}),
            field="name",
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"upload{ending}"
        with file.open("wb") as written:
            async for chunk in request.stream():
                written.write(chunk)
        yield file


def _pairs(parameter: str, entries: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for entry in entries:
        name, sign, value = entry.partition("=") if parameter == "map" else entry.rpartition("=")
        if not (name.strip() and sign and (value.strip() or parameter == "map")):
            raise InvalidError(f"{parameter}: {entry[:80]!r} is not NAME=VALUE", field=parameter)
        pairs[name.strip()] = value.strip()
    return pairs


def _meanings(entries: Iterable[str]) -> dict[str, Stage]:
    meanings = {}
    for state, stage in _pairs("state", entries).items():
        try:
            meanings[state] = Stage(stage)
        except ValueError:
            raise InvalidError(f"state: {stage[:80]!r} is none of {', '.join(Stage)}", field="state") from None
    return meanings
