"""Preparation: load the made-up sample desk into a data folder and learn from it."""

from __future__ import annotations

from collections.abc import Iterable

from app.composition import Services
from app.parent import ReportStep, Step
from app.sample.generate import ARTICLES, sample_incidents, sample_open_tickets
from kb.importers.articles import count_articles, read_articles
from kb.importers.loading import IMPORT, Loaded, load_articles, load_incidents
from training.learn import learn


def prepare(services: Services, *, report: ReportStep = lambda _: None) -> None:
    """Load and learn the sample desk; complete a start that was broken off, and leave a finished one alone."""
    incidents = [*sample_incidents(), *sample_open_tickets()]
    if services.store.count_incidents() < len(incidents):
        articles = load_articles(services.store, read_articles(ARTICLES), by=IMPORT)
        _load("articles", articles, count_articles(ARTICLES), report)
        _load("incidents", load_incidents(services.store, incidents, source="sample desk"), len(incidents), report)
    if services.models.serving() is None:
        report(Step("learning", "learning", 0.0, 1.0))
        learn(
            services.memory,
            services.models,
            services.weights,
            precision=services.settings.precision,
            report=lambda words, done: report(Step("learning", words, done, 1.0)),
        )


def _load(what: str, batches: Iterable[Loaded], total: int | None, report: ReportStep) -> None:
    done = 0
    report(Step(what, what, done, total))
    for batch in batches:
        done += batch.rows
        report(Step(what, what, done, total))
