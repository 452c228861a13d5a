"""Plots of reports, as SVG that stands in the page itself."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from app.reports.page import title
from training.evaluation import Confusion, FieldFigures, ReliabilityBin, ValueFigures
from training.replay import Month

_BLUE, _GREY, _RED = "#1f5f8b", "#9aa5b1", "#b3412f"
_SHOWN = 12
_LEGEND: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2, "fontsize": 8, "frameon": False}


def reliability(bins: Sequence[ReliabilityBin]) -> str:
    """Return how often guesses were right at each confidence; on the line, confidence means what it says."""
    figure, axes = _figure(4.2, 3.6)
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1, linestyle="--")
    most = max((entry.examples for entry in bins), default=1)
    axes.scatter(
        [entry.confidence for entry in bins],
        [entry.right for entry in bins],
        s=[20 + 220 * entry.examples / most for entry in bins],
        color=_BLUE,
        alpha=0.75,
    )
    axes.set(xlabel="confidence", ylabel="share that was right", xlim=(0, 1.03), ylim=(0, 1.03))
    axes.xaxis.set_major_formatter(_percent())
    axes.yaxis.set_major_formatter(_percent())
    return _svg(figure, "Reliability: share that was right at each confidence")


def by_value(values: Sequence[ValueFigures]) -> str:
    """Precision and recall of the values with the most mistakes; of the most frequent ones where there were none."""
    wrong = sorted((value for value in values if _mistakes(value)), key=_mistakes, reverse=True)
    shown = (wrong or values)[:_SHOWN]
    figure, axes = _figure(7.4, 0.6 + 0.26 * len(shown))
    rows = range(len(shown))
    for entries, colour, name, shift in (
        ([value.precision for value in shown], _BLUE, "precision", -0.13),
        ([value.recall for value in shown], _RED, "recall", 0.13),
    ):
        known = [(row, entry) for row, entry in zip(rows, entries, strict=True) if entry.value is not None]
        axes.errorbar(
            [entry.value or 0 for _, entry in known],
            [row + shift for row, _ in known],
            xerr=[
                [(entry.value or 0) - (entry.low or 0) for _, entry in known],
                [(entry.high or 0) - (entry.value or 0) for _, entry in known],
            ],
            fmt="o",
            markersize=4,
            linewidth=1,
            color=colour,
            label=name,
        )
    axes.set_yticks(list(rows), [f"{_short(value.value)} ({value.examples})" for value in shown])
    axes.invert_yaxis()
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(_percent())
    axes.legend(**_LEGEND)
    return _svg(figure, "Precision and recall by value, with 95 % intervals")


def _mistakes(value: ValueFigures) -> float:
    """How many tickets were mistaken about a value: those of it that got another, and as a share, those that got it."""
    missed, taken = ((entry.value if entry.value is not None else 1.0) for entry in (value.recall, value.precision))
    return value.examples * ((1 - missed) + (1 - taken))


def confusions(entries: Sequence[Confusion]) -> str:
    """Return the most frequent confusions."""
    figure, axes = _figure(7.4, 0.6 + 0.26 * len(entries))
    axes.barh(range(len(entries)), [entry.examples for entry in entries], color=_RED, height=0.6)
    names = [f"{_short(entry.true)} taken for {_short(entry.guessed)}" for entry in entries]
    axes.set_yticks(range(len(entries)), names)
    axes.invert_yaxis()
    axes.set_xlabel("tickets")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return _svg(figure, "Most frequent confusions")


def overview(fields: Sequence[tuple[str, FieldFigures]]) -> str:
    """Accuracy of each field beside the share that would be automatic."""
    figure, axes = _figure(7.4, 0.7 + 0.4 * len(fields))
    rows = range(len(fields))
    axes.barh([row - 0.18 for row in rows], [entry.accuracy.value or 0 for _, entry in fields], 0.34, color=_BLUE)
    axes.barh(
        [row + 0.18 for row in rows], [entry.automatic_share.value or 0 for _, entry in fields], 0.34, color=_GREY
    )
    axes.set_yticks(list(rows), [_short(title(name)) for name, _ in fields])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(_percent())
    axes.legend(["right", "would fill when sure"], **_LEGEND)
    return _svg(figure, "Best guess right, and share of automatic tickets, by field")


def by_month(months: Sequence[Month], name: str) -> str:
    """Return how one field did from month to month, and how often the linked article stood in the first three."""
    figure, axes = _figure(7.4, 2.6)
    places = range(len(months))
    lines = (
        ("best guess right", _BLUE, [month.fields[name].accuracy.value for month in months]),
        ("automatic", _GREY, [month.fields[name].automatic_share.value for month in months]),
        ("article in first three", _RED, [month.articles.top3.value for month in months]),
    )
    for label, colour, values in lines:
        known = [(place, value) for place, value in zip(places, values, strict=True) if value is not None]
        if known:
            axes.plot(*zip(*known, strict=True), color=colour, marker="o", markersize=3, linewidth=1.4, label=label)
    axes.set_xticks(list(places), [month.month for month in months], rotation=60, ha="right")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(_percent())
    axes.set_ylabel(_short(title(name)), fontsize=8)
    axes.legend(**{**_LEGEND, "ncols": 3})
    return _svg(figure, f"{name}, month by month")


def _percent() -> PercentFormatter:
    return PercentFormatter(1, decimals=0)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, max(height, 1.4)), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def _svg(figure: Figure, title: str) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Title": title})
    text = written.getvalue()
    return text[text.index("<svg") :]


def _short(value: str) -> str:
    cut = value if len(value) <= 32 else f"{value[:31]}…"
    return cut.replace("$", r"\$")
