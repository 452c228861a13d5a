"""Reports that jobs write: accuracy on the newest incidents, a replay of the past, and problems in the data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from app.composition import Services, suggestion_policy
from kb.records.job import JobKind
from training.doctor import Checkup, examine
from training.evaluation import Evaluation, evaluate
from training.history import Report
from training.replay import Assumptions, Replay, replay

FIGURES, PAGE = "result.json", "report.html"
"""Names of the files in a job's folder that hold its figures, and the same as a page to read."""


def evaluate_desk(
    services: Services, *, holdout: float = 0.2, fields: Sequence[str] | None = None, report: Report
) -> Evaluation:
    """Evaluate suggestions on the newest part of history; nothing is changed.

    Raises NotEnoughHistoryError.
    """
    policy = suggestion_policy(services.settings)
    return evaluate(services.store, policy, holdout=holdout, fields=fields, report=report)


def replay_desk(
    services: Services,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    fields: Sequence[str] | None = None,
    assumptions: Assumptions | None = None,
    report: Report,
) -> Replay:
    """Replay history as if the product had been there; nothing is changed.

    Raises NotEnoughHistoryError.
    """
    policy = suggestion_policy(services.settings)
    return replay(
        services.store,
        policy,
        since=since,
        until=until,
        fields=fields,
        assumptions=assumptions or Assumptions(),
        report=report,
    )


def examine_desk(services: Services, *, fields: Sequence[str] | None = None, report: Report) -> Checkup:
    """Report problems in the imported data; nothing is changed.

    An encoder that was tuned to these labels would confirm wrong ones, so the shipped one reads them. Raises
    NotEnoughHistoryError.
    """
    memory = services.with_encoder(services.encoders.untuned()).memory
    return examine(memory, fields=fields, precision=services.settings.precision, report=report)


def write_job_report(services: Services, kind: JobKind, folder: Path, report: Report) -> None:
    """Work a report out and write its figures into a folder, and a page to read where it has one."""
    from app.reports.evaluation import evaluation_report  # draws plots, which answering never does
    from app.reports.replay import replay_report

    folder.mkdir(parents=True, exist_ok=True)
    found: Evaluation | Replay | Checkup
    page = None
    if kind is JobKind.EVALUATE:
        found = evaluate_desk(services, report=report)
        page = evaluation_report(found)
    elif kind is JobKind.REPLAY:
        found = replay_desk(services, report=report)
        page = replay_report(found)
    else:
        found = examine_desk(services, report=report)
    if page is not None:
        (folder / PAGE).write_text(page, encoding="utf-8")
    text = json.dumps(asdict(found), ensure_ascii=False, default=_plain)
    (folder / FIGURES).write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    """Return a value that JSON lacks as text or a number."""
    return value.total_seconds() if hasattr(value, "total_seconds") else str(value)
