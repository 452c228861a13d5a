"""Pages: self-contained HTML reports, with plots inside and nothing loaded from elsewhere."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from training.estimates import Estimate


def render(template: str, **values: Any) -> str:
    """Return one HTML page; values from tickets are shown as text."""
    environment = Environment(
        loader=PackageLoader("app.reports", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = {"percent": _percent, "number": _number, "brief": _brief, "title": title}
    return environment.get_template(template).render(shown | values)


def title(name: str) -> str:
    """Return a field's name as people write it."""
    return name.replace("_", " ").capitalize()


def drawn(plot: str) -> Markup:
    """Return a plot of ours, which is markup."""
    return Markup(plot)  # noqa: S704 (drawn here, texts escaped by matplotlib)


def _percent(entry: Estimate) -> str | Markup:
    """Return a share with its interval, which stands on a line of its own in the cell of a table."""
    if entry.value is None or entry.low is None or entry.high is None:
        return "-"
    return Markup("{} <small>({} to {})</small>").format(*map(_share, (entry.value, entry.low, entry.high)))


def _number(entry: Estimate) -> str | Markup:
    if entry.value is None or entry.low is None or entry.high is None:
        return "-"
    figures = (f"{value:.3f}" for value in (entry.value, entry.low, entry.high))
    return Markup("{} <small>({} to {})</small>").format(*figures)


def _share(value: float) -> str:
    return f"{value:.1%}"


def _brief(entry: Estimate) -> str:
    return "-" if entry.value is None else _share(entry.value)
