"""The report of an evaluation."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from app.reports import plots
from training.estimates import Estimate
from training.evaluation import Evaluation


def evaluation_report(found: Evaluation) -> str:
    """One HTML page with figures and plots, which loads nothing; values from tickets are shown as text."""
    environment = Environment(
        loader=PackageLoader("app.reports", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    drawn = {
        "overview": Markup(plots.overview(list(found.fields.items()))),  # noqa: S704 (drawn here, texts escaped by matplotlib)
        "fields": {
            name: {
                "reliability": Markup(plots.reliability(field.reliability)),  # noqa: S704 (as above)
                "by_value": Markup(plots.by_value(field.per_value)),  # noqa: S704 (as above)
                "confusions": Markup(plots.confusions(field.confusions)),  # noqa: S704 (as above)
            }
            for name, field in found.fields.items()
        },
    }
    page = environment.get_template("evaluation.html")
    return page.render(found=found, plots=drawn, percent=_percent, number=_number)


def _percent(entry: Estimate) -> str:
    if entry.value is None or entry.low is None or entry.high is None:
        return "-"
    return f"{entry.value:.1%} ({entry.low:.1%} to {entry.high:.1%})"


def _number(entry: Estimate) -> str:
    if entry.value is None or entry.low is None or entry.high is None:
        return "-"
    return f"{entry.value:.3f} ({entry.low:.3f} to {entry.high:.3f})"
