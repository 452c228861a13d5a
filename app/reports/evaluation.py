"""The report of an evaluation."""

from __future__ import annotations

from app.reports import plots
from app.reports.page import drawn, render, title
from training.evaluation import Evaluation


def evaluation_report(found: Evaluation) -> str:
    """Return one HTML page with figures and plots, which loads nothing; values from tickets are shown as text."""
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
    return render("evaluation.html", found=found, plots=pictures, verdict=verdict(found))


def verdict(found: Evaluation) -> str:
    """Say in one line which fields can be filled in, and which cannot."""
    met = [title(name) for name, field in found.fields.items() if field.meets_target]
    missed = [title(name) for name, field in found.fields.items() if field.misses_target]
    unsure = [title(name) for name, field in found.fields.items() if field.automatic_right.value is None]
    target = next((f"{field.precision_asked:.0%}" for field in found.fields.values()), "")
    reach = f"{len(met)} of {len(found.fields)} fields reach the target of {target} when sure"
    said = [
        f"{reach}: {', '.join(met)}." if met else f"{reach}.",
        f"Right less often: {', '.join(missed)}." if missed else "",
        f"Never sure enough: {', '.join(unsure)}." if unsure else "",
    ]
    return " ".join(filter(None, said))
