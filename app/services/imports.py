"""Imports of uploads: what one would do, and the job that does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.composition import Services
from app.services.jobs import submit_job
from app.services.upload_options import USUAL_OPTIONS, UploadOptions
from kb.importers.preview import ImportPreview, preview_columns, preview_import
from kb.records.columns import NoTextColumnError
from kb.records.job import Job, JobKind, UploadFormat
from kb.records.rejects import UnreadableFileError
from kb.records.wording import renamed, wording_of
from kb.vocabulary.stage import Stage
from kb.vocabulary.states import plain_state

UPLOAD = "upload"
"""What messages call an uploaded file."""


def preview_upload(
    services: Services,
    file: Path,
    mapping: Mapping[str, str],
    meanings: Mapping[str, Stage],
    options: UploadOptions = USUAL_OPTIONS,
) -> ImportPreview:
    """Return what an import of an upload would do; raises UnreadableFileError where it cannot be read.

    Where no column says what the caller said, the preview has the columns and no incident.
    """
    told = services.store.states.told() | {plain_state(state): stage for state, stage in meanings.items()}
    with _called_upload(file):
        try:
            opened = options.open(file, chosen=mapping, recall=services.store.column_mappings.find)
        except NoTextColumnError as error:
            preview = preview_columns(file, options.sheet, str(error))
        else:
            preview = preview_import(opened, told)
    problems = (
        replace(
            problem,
            examples=tuple(told.replace(file.name, UPLOAD) for told in problem.examples),
            rejects=tuple(replace(one, file=UPLOAD) for one in problem.rejects),
        )
        for problem in preview.problems
    )
    return replace(preview, problems=tuple(problems))


def import_upload(
    services: Services,
    file: Path,
    mapping: Mapping[str, str],
    meanings: Mapping[str, Stage],
    options: UploadOptions = USUAL_OPTIONS,
    *,
    by: str | None,
) -> Job:
    """Queue the import of an upload and remember what its columns and states are said to be.

    Raises UnreadableFileError where it cannot be imported.
    """
    with _called_upload(file):
        table = options.open(file, chosen=mapping, recall=services.store.column_mappings.find)
    if mapping:
        services.store.column_mappings.keep(table.samples.values, table.chosen, source=UPLOAD)
    if meanings:
        services.store.states.tell(meanings, by=by)
    return submit_job(services, JobKind.IMPORT, UploadFormat.NDJSON, file, by=by, options=options)


@contextmanager
def _called_upload(file: Path) -> Iterator[None]:
    """Name no path of this machine in messages."""
    try:
        yield
    except UnreadableFileError as error:
        raise UnreadableFileError(renamed(wording_of(error), str(file), UPLOAD)) from None
