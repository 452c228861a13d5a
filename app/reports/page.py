"""Pages: self-contained HTML reports, with plots inside and nothing loaded from elsewhere."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from training.estimates import Estimate


def render(template: str, **values: Any) -> str:
    """One HTML page; values from tickets are shown as text."""
    environment = Environment(
        loader=PackageLoader("app.reports", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(percent=_percent, number=_number, brief=_brief, **values)


def drawn(plot: str) -> Markup:
    """A plot of ours, which is markup."""
    return Markup(plot)  # noqa: S704 (drawn here, texts escaped by matplotlib)


def _percent(entry: Estimate) -> str:
    if entry.value is None or entry.low is None or entry.high is None:
        return "-"
    return f"{entry.value:.1%} ({entry.low:.1%} to {entry.high:.1%})"


def _number(entry: Estimate) -> str:
    if entry.value is None or entry.low is None or entry.high is None:
        return "-"
    return f"{entry.value:.3f} ({entry.low:.3f} to {entry.high:.3f})"


def _brief(entry: Estimate) -> str:
    return "-" if entry.value is None else f"{entry.value:.1%}"
