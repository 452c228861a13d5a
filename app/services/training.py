"""Training: the history is read anew and learnt, and the first time the finer encoder is tried too."""

from __future__ import annotations

from collections.abc import Sequence

from app.composition import Services
from app.services.breaches import learn_breach_forecast
from app.services.encoder_tuning import Tuned, try_finer
from app.services.margin_learning import learn_major_margin
from training.history import Report
from training.learn import Learnt, learn
from training.reading import read_anew


def train_from_history(
    services: Services, *, fields: Sequence[str] | None = None, report: Report
) -> tuple[Learnt, tuple[Tuned, Learnt] | None]:
    """Learn from all of history; return what was learnt, and what the finer encoder learnt where it was tried.

    Raises NotEnoughHistoryError.
    """
    learn_breach_forecast(services)
    read_anew(services.memory, services.boilerplate, report=report)
    learn_major_margin(services)
    learnt = learn(
        services.memory,
        services.models,
        services.weights,
        fields=fields,
        precision=services.settings.precision,
        report=report,
    )
    return learnt, try_finer(services, learnt, report=report)
