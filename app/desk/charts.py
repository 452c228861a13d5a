"""Charts and tables on pages.

Streamlit's own charts and data frames load pandas, PyArrow and Altair, 110 MB in the desk's process. A Vega-Lite
specification that holds its values in its layers needs none of them, and a table is HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.desk.texts import plain

_BAR_HEIGHT = 180
_LINE_HEIGHT = 220
_GROUP_HEIGHT, _AXIS_HEIGHT = 44, 90
"""Pixels that two bars with their gap take, and the axis with the legend below them all."""
_LABEL_WIDTH = 260
_BAR_COLOUR = "#9cc0da"
_LINE_COLOUR = "#16324a"
_PERCENT = {"format": "%"}
_WHEN = ("before", "now")


def interval_bars(bars: Sequence[Mapping[str, Any]], title: str) -> None:
    """Draw a bar for each entry with `name`, `value`, `low` and `high`, shares of one, with its interval."""
    name = {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": _LABEL_WIDTH}}
    scale = {"type": "quantitative", "axis": {**_PERCENT, "title": title}}
    bar = {"y": name, "x": {"field": "value", **scale}, "color": {"value": _BAR_COLOUR}}
    interval = {"y": name, "x": {"field": "low", **scale}, "x2": {"field": "high"}}
    _draw(bars, ("bar", bar), ({"type": "rule", "strokeWidth": 2, "color": _LINE_COLOUR}, interval), height=_BAR_HEIGHT)


def line(points: Sequence[Mapping[str, Any]], title: str) -> None:
    """Draw a line through entries with `name` and `value`, shares of one, in their order."""
    across = {"field": "name", "type": "ordinal", "sort": None, "axis": {"title": None}}
    up = {"field": "value", "type": "quantitative", "axis": {**_PERCENT, "title": title}}
    _draw(
        points,
        ({"type": "line", "color": _LINE_COLOUR, "point": {"color": _LINE_COLOUR}}, {"x": across, "y": up}),
        height=_LINE_HEIGHT,
    )


def before_and_now_bars(values: Sequence[Mapping[str, Any]]) -> None:
    """Draw two bars for each entry with `name`, `before` and `now`, shares of one."""
    bars = [{"name": entry["name"], "when": when, "value": entry[when]} for entry in values for when in _WHEN]
    encoding = {
        "y": {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": _LABEL_WIDTH}},
        "yOffset": {"field": "when", "sort": list(_WHEN)},
        "x": {"field": "value", "type": "quantitative", "axis": {**_PERCENT, "title": None}},
        "color": {
            "field": "when",
            "scale": {"domain": list(_WHEN), "range": [_BAR_COLOUR, _LINE_COLOUR]},
            "legend": {"title": None, "orient": "bottom"},
        },
    }
    _draw(bars, ("bar", encoding), height=_GROUP_HEIGHT * len(values) + _AXIS_HEIGHT)


def table(rows: Sequence[Mapping[str, object]]) -> None:
    """Show rows with the same keys as a table; its head names the keys."""
    if rows:
        st.html(table_html(rows))


def table_html(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the HTML of a table of at least one row; every value stands in it letter by letter."""
    head = "".join(f"<th>{plain(name.replace('_', ' '))}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{plain(str(value))}</td>' for value in row.values())}</tr>" for row in rows)
    return f"<table class='t-table'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _draw(values: Sequence[Mapping[str, Any]], *layers: tuple[Any, Mapping[str, Any]], height: int) -> None:
    """Draw layers over the same values, each a mark and its encoding."""
    data = {"values": [dict(entry) for entry in values]}
    drawn = [{"data": data, "mark": mark, "encoding": encoding} for mark, encoding in layers]
    st.vega_lite_chart(None, {"height": height, "layer": drawn}, width="stretch")
