"""The report of a replay."""

from __future__ import annotations

from app.reports import plots
from app.reports.page import drawn, render
from training.replay import Replay


def replay_report(found: Replay) -> str:
    """Return one HTML page with figures and plots, which loads nothing; values from tickets are shown as text."""
    pictures = [drawn(plots.by_month(found.months, name)) for name in found.fields if found.months]
    return render("replay.html", found=found, assumed=found.assumptions, plots=pictures)
