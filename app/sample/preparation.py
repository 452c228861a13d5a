"""Preparation: load the made-up sample desk into a data folder and learn from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from app.composition import Services
from app.parent import ReportStep, Step
from app.sample.incidents import COUNT, sample_incidents, sample_open_tickets
from app.sample.issue import HERE
from app.sample.major_incident import add_past_major
from app.sample.security import sample_security_incident
from app.services.ingestion import follow_up
from app.services.major_review import check_actions
from kb.importers.articles.files import count_articles, read_articles
from kb.importers.loading import IMPORT, Loaded, load_articles, load_incidents
from training.learn import learn
from training.reading import read_anew

ARTICLES = HERE / "articles"
SOURCE = "sample desk"


def prepare(
    services: Services, *, now: datetime | None = None, count: int = COUNT, report: ReportStep = lambda _: None
) -> None:
    """Load and learn the sample desk; complete a start that was broken off, and leave a finished one alone.

    Its history of `count` calls ends at `now`, the present moment by default, or when the broken start began. A folder
    with tickets of somebody's own stays as it is.
    """
    before = _begun(services)
    if before is None and services.store.count_incidents():
        return
    begun = before or now or datetime.now(UTC)
    incidents, waiting = sample_incidents(count, now=begun), sample_open_tickets(now=begun)
    total = len(incidents) + len(waiting)
    if services.store.count_incidents() < total:
        articles = load_articles(services.store, read_articles(ARTICLES), by=IMPORT)
        _load("articles", articles, count_articles(ARTICLES), report)
        loading = load_incidents(services.store, [*incidents, *waiting], source=SOURCE, at=begun)
        _load("incidents", loading, total, report)
    sample_security_incident(services, begun)
    if services.models.serving() is None:
        add_past_major(services, incidents, now=begun)
        follow_up(services, waiting, now=begun)
        report(Step("learning", "learning", 0.0, 1.0))
        read_anew(services.memory, services.boilerplate)
        learn(
            services.memory,
            services.models,
            services.weights,
            precision=services.settings.precision,
            report=lambda words, done: report(Step("learning", words, done, 1.0)),
        )
    check_actions(services, now=begun)


def _begun(services: Services) -> datetime | None:
    """Return when the sample desk was first loaded into the folder, `None` where it was not."""
    moments = [entry.at for entry in services.store.imports.all() if entry.source == SOURCE]
    return min(moments, default=None)


def _load(what: str, batches: Iterable[Loaded], total: int | None, report: ReportStep) -> None:
    done = 0
    report(Step(what, what, done, total))
    for batch in batches:
        done += batch.rows
        report(Step(what, what, done, total))
