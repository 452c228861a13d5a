"""Charts and tables on pages.

Streamlit's own charts and data frames load pandas, PyArrow and Altair, 110 MB in the desk's process. A Vega-Lite
specification that holds its values in its layers needs none of them, and a table is HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from app.desk.language import _, share
from app.desk.texts import plain
from app.schemas.major_incidents import SeriesPointView

_BAR_HEIGHT = 180
_LINE_HEIGHT = 220
_GROUP_HEIGHT, _AXIS_HEIGHT = 44, 90
"""Pixels that two bars with their gap take, and the axis with the legend below them all."""
_LABEL_WIDTH = 260
_BAR_COLOUR = "#4a90c2"
_LINE_COLOUR = "#16324a"
_PERCENT = {"format": "%"}
_CLICKED = "clicked"


@dataclass(frozen=True, slots=True)
class BarValue:
    """A value in a chart, a share of one, with its interval where it has one; `id` is what a click on it gives."""

    id: str
    name: str
    value: float
    low: float = 0.0
    high: float = 0.0
    count: int | None = None


def interval_bars(bars: Sequence[BarValue], title: str, *, key: str, alt: str) -> str | None:
    """Draw a bar for each value with its interval; returns the id of the bar that was just clicked.

    `alt` says what it shows to those who do not see it.
    """
    name = {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": _LABEL_WIDTH}}
    scale = {"type": "quantitative", "axis": {**_PERCENT, "title": title}}
    bar = {"y": name, "x": {"field": "value", **scale}, "color": {"value": _BAR_COLOUR}, **_pointed_at()}
    interval = {"y": name, "x": {"field": "low", **scale}, "x2": {"field": "high"}}
    return _draw_clickable(
        bars,
        ({"type": "bar", "cursor": "pointer"}, bar),
        ({"type": "rule", "strokeWidth": 2, "color": _ink()}, interval),
        height=_BAR_HEIGHT,
        key=key,
        alt=alt,
    )


def line(points: Sequence[BarValue], title: str, *, key: str, alt: str) -> str | None:
    """Draw a line through values in their order; returns the id of the point that was just clicked."""
    labels = {"title": None, "labelOverlap": True, "labelAngle": 0}
    across = {"field": "name", "type": "ordinal", "sort": None, "axis": labels}
    up = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {**_PERCENT, "title": title, "tickCount": 5},
    }
    return _draw_clickable(
        points,
        (
            {"type": "point", "filled": True, "size": 90, "color": _BAR_COLOUR, "cursor": "pointer"},
            {"x": across, "y": up, **_pointed_at()},
        ),
        ({"type": "line", "color": _BAR_COLOUR}, {"x": across, "y": up}),
        height=_LINE_HEIGHT,
        key=key,
        alt=alt,
    )


def _pointed_at() -> dict[str, Any]:
    """Return the encoding of what is told of a value under the pointer."""
    return {
        "tooltip": [
            {"field": "name", "title": " "},
            {"field": "told", "title": _("share")},
        ]
    }


def _ink() -> str:
    """Return the colour of fine lines, readable in the reader's theme."""
    return "#e6edf3" if st.context.theme.type == "dark" else _LINE_COLOUR


def _draw_clickable(
    values: Sequence[BarValue], *layers: tuple[Any, Mapping[str, Any]], height: int, key: str, alt: str
) -> str | None:
    """Draw layers over the same values, of which the first takes clicks; returns the id of what was just clicked."""
    data = {"values": [{**asdict(value), "told": share(value.value)} for value in values]}
    drawn = [{"data": data, "mark": mark, "encoding": encoding} for mark, encoding in layers]
    drawn[0]["name"] = _CLICKED
    chosen = {"name": _CLICKED, "select": {"type": "point", "fields": ["id"]}, "views": [_CLICKED]}
    spec = {"height": height, "layer": drawn, "params": [chosen]}
    found = st.vega_lite_chart(None, spec, width="stretch", on_select="rerun", key=f"chart-{key}", alt=alt)
    clicked = found["selection"].get(_CLICKED) or []
    seen = f"chart-{key}-seen"
    newest = str(clicked[0]["id"]) if clicked else None
    before, st.session_state[seen] = st.session_state.get(seen), newest
    return newest if newest != before else None


def before_and_now_bars(values: Sequence[Mapping[str, Any]], title: str, *, alt: str) -> None:
    """Draw two bars for each entry with `name`, `before` and `now`, shares of one.

    `alt` says what it shows to those who do not see it.
    """
    called = {"before": _("before"), "now": _("now")}
    bars = [
        {"name": entry["name"], "when": words, "value": entry[when]}
        for entry in values
        for when, words in called.items()
    ]
    encoding = {
        "y": {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": _LABEL_WIDTH}},
        "yOffset": {"field": "when", "sort": list(called.values())},
        "x": {"field": "value", "type": "quantitative", "axis": {**_PERCENT, "title": title}},
        "color": {
            "field": "when",
            "scale": {"domain": list(called.values()), "range": [_BAR_COLOUR, _ink()]},
            "legend": {"title": None, "orient": "bottom"},
        },
    }
    height = _GROUP_HEIGHT * len(values) + _AXIS_HEIGHT
    layer = {"data": {"values": bars}, "mark": "bar", "encoding": encoding}
    st.vega_lite_chart(None, {"height": height, "layer": [layer]}, width="stretch", alt=alt)


def observed_and_expected(points: Sequence[SeriesPointView], *, alt: str) -> None:
    """Draw the reports of each five minutes as bars, and how many are usual as a line."""
    values = [{"at": one.at.isoformat(), "observed": one.observed, "expected": one.expected} for one in points]
    across = {"field": "at", "type": "temporal", "axis": {"title": None, "format": "%H:%M", "labelOverlap": True}}
    up = {"type": "quantitative", "axis": {"title": _("Reports by five minutes"), "tickMinStep": 1}}
    bars = {"x": across, "y": {"field": "observed", **up}, "color": {"value": _BAR_COLOUR}}
    usual = {"x": across, "y": {"field": "expected", **up}, "color": {"value": _ink()}}
    layers = [
        {"data": {"values": values}, "mark": {"type": "bar", "width": {"band": 0.8}}, "encoding": bars},
        {"data": {"values": values}, "mark": {"type": "line", "strokeDash": [4, 3]}, "encoding": usual},
    ]
    st.vega_lite_chart(None, {"height": _BAR_HEIGHT, "layer": layers}, width="stretch", alt=alt)
    st.caption(_("Bars: reports. Dashed line: what is usual at that time of the week."))


def table(rows: Sequence[Mapping[str, object]]) -> None:
    """Show rows with the same keys as a table; its head names the keys."""
    if rows:
        st.html(table_html(rows))


def table_html(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the HTML of a table of at least one row; every value stands in it letter by letter."""
    head = "".join(f"<th>{plain(name.replace('_', ' '))}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{plain(str(value))}</td>' for value in row.values())}</tr>" for row in rows)
    table = f"<table class='t-table'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='t-scroll'>{table}</div>"
