"""The report of an evaluation."""

from __future__ import annotations

from app.reports import plots
from app.reports.page import drawn, render
from training.evaluation import Evaluation


def evaluation_report(found: Evaluation) -> str:
    """One HTML page with figures and plots, which loads nothing; values from tickets are shown as text."""
    pictures = {
        "overview": drawn(plots.overview(list(found.fields.items()))),
        "fields": {
            name: {
                "reliability": drawn(plots.reliability(field.reliability)),
                "by_value": drawn(plots.by_value(field.per_value)),
                "confusions": drawn(plots.confusions(field.confusions)),
            }
            for name, field in found.fields.items()
        },
    }
    return render("evaluation.html", found=found, plots=pictures)
