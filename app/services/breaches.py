"""Breaches: learning how probable they are, beside every training."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from app.composition import Services
from kb.practice.practice_file import PracticeFileError
from training.breach import learn_breaches


def learn_breach_forecast(services: Services) -> None:
    """Learn how probable a breach is, unless the practice cannot be used, which is among the warnings."""
    with suppress(PracticeFileError):
        learn_breaches(services.store, services.practice.practice(), services.breaches, now=datetime.now(UTC))
