"""Tables: rows of records that people move through by keyboard, open and tick; every text is shown letter by letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

Tone = Literal["plain", "good", "warning", "bad", "muted"]

_HTML = '<div class="t-rows"></div>'

_CSS = """
.t-rows {font-family: var(--st-font); font-size: .9rem; overflow-x: auto; color: var(--st-text-color);
  container-type: inline-size}
.t-rows table {border-collapse: collapse; width: 100%}
.t-rows th {text-align: left; font-weight: 600; padding: .3rem .5rem; border-bottom: 1px solid var(--st-border-color);
  white-space: nowrap; position: sticky; top: 0; background: var(--st-background-color)}
.t-rows td {padding: .35rem .5rem; border-bottom: 1px solid var(--st-border-color); vertical-align: top;
  overflow-wrap: break-word}
.t-rows td.t-narrow {white-space: nowrap}
.t-rows td.t-wide {overflow-wrap: anywhere; min-width: 12rem; width: 100%}
.t-rows tbody tr {cursor: pointer}
.t-rows tbody tr:hover {background: var(--st-secondary-background-color)}
.t-rows tbody tr[aria-selected=true] {background: color-mix(in srgb, var(--st-primary-color) 14%, transparent);
  box-shadow: inset 3px 0 0 var(--st-primary-color)}
.t-rows tbody tr:focus-visible {outline: 2px solid var(--st-primary-color); outline-offset: -2px}
.t-rows .t-sub {opacity: .8; font-size: .82rem; display: block}
.t-rows .t-mark {display: inline-block; border-radius: 9px; padding: 0 .5rem; margin-right: .25rem; font-size: .78rem;
  border: 1px solid currentColor; white-space: nowrap}
.t-rows .t-good {color: var(--st-green-text-color)} .t-rows .t-warning {color: var(--st-orange-text-color)}
@container (max-width: 480px) {
  .t-rows.t-stacks thead {display: block; width: 1px; height: 1px; overflow: hidden}
  .t-rows.t-stacks tbody tr {display: flex; flex-wrap: wrap; border-bottom: 1px solid var(--st-border-color);
    padding: .3rem 0}
  .t-rows.t-stacks td {border: 0; padding: .1rem .5rem}
  .t-rows.t-stacks td:empty {display: none}
  .t-rows.t-stacks td[data-label]:not(.t-lead)::before {content: attr(data-label) ": "; opacity: .8; font-size: .82rem}
  .t-rows.t-stacks td.t-tick {order: -2}
  .t-rows.t-stacks td.t-wide {width: auto; min-width: 0}
  .t-rows.t-stacks td.t-lead {order: -1; flex: 1 0 calc(100% - 2.5rem)}
}
.t-rows .t-bad {color: var(--st-red-text-color)} .t-rows .t-muted {color: var(--st-gray-text-color)}
"""

_JS = """
export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector('.t-rows');
  const had_focus = root.contains(document.activeElement);
  const table = document.createElement('table');
  table.setAttribute('role', 'grid');
  table.setAttribute('aria-label', data.label);
  const ticked = new Set(data.ticked);
  const cell = (row, tag, text) => {
    const made = document.createElement(tag); made.textContent = text; row.append(made);
    made.setAttribute('role', tag === 'th' ? 'columnheader' : 'gridcell');  // which it stays where rows are stacked
    return made;
  };
  const lead = data.columns.findIndex((column) => column.width !== 't-narrow');
  root.classList.toggle('t-stacks', data.columns.length > 2);
  const head = document.createElement('tr'); head.setAttribute('role', 'row');
  if (data.tickable) cell(head, 'th', '').setAttribute('aria-label', data.tick_label);
  for (const column of data.columns) cell(head, 'th', column.label).scope = 'col';
  const top = document.createElement('thead'); top.append(head); table.append(top);
  const body = document.createElement('tbody'); table.append(body);
  const open = (id) => setTriggerValue('opened', id);
  data.rows.forEach((entry, index) => {
    const row = document.createElement('tr'); row.setAttribute('role', 'row');
    row.tabIndex = entry.id === data.open || (data.open === null && index === 0) ? 0 : -1;
    row.dataset.id = entry.id;
    row.setAttribute('aria-selected', String(entry.id === data.open));
    if (data.tickable) {
      const place = cell(row, 'td', ''); const box = document.createElement('input');
      box.type = 'checkbox'; box.checked = ticked.has(entry.id);
      box.setAttribute('aria-label', data.tick_label + ' ' + entry.name);
      box.onclick = (event) => event.stopPropagation();
      box.onchange = () => { box.checked ? ticked.add(entry.id) : ticked.delete(entry.id);
        setStateValue('ticked', [...ticked]); };
      place.className = 't-tick'; place.append(box);
    }
    data.columns.forEach((column, at) => {
      const found = entry.cells[at]; const made = cell(row, 'td', '');
      made.className = column.width; made.dataset.label = column.label;
      made.classList.toggle('t-lead', at === Math.max(lead, 0));
      for (const mark of found.marks) { const tag = document.createElement('span'); tag.textContent = mark.text;
        tag.className = 't-mark t-' + mark.tone; made.append(tag); }
      if (found.hint) made.title = found.hint;
      made.append(document.createTextNode(found.text));
      if (found.sub) { const sub = document.createElement('span'); sub.className = 't-sub'; sub.textContent = found.sub;
        made.append(sub); }
    });
    row.onclick = () => open(entry.id);
    row.onkeydown = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const next = step && body.children[index + step];
      if (next) { event.preventDefault(); next.focus(); open(next.dataset.id); }
      if (event.key === 'Enter' && event.target === row) open(entry.id);
      if (event.key === ' ' && data.tickable && event.target === row) { event.preventDefault();
        row.querySelector('input').click(); }
    };
    body.append(row);
  });
  root.replaceChildren(table);
  const to_search = (event) => {
    if (event.key !== '/' || /^(input|textarea|select)$/i.test(event.target.tagName)) return;
    const search = document.querySelector(`input[aria-label="${data.search_label}"]`);
    if (search) { event.preventDefault(); search.focus(); }
  };
  document.addEventListener('keydown', to_search);
  if (had_focus) root.querySelector('tr[aria-selected=true]')?.focus({ preventScroll: true });
  const chosen = root.querySelector('tr[aria-selected=true]');
  let box = chosen?.parentElement;
  const scrolls = (one) =>
    one.scrollHeight > one.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(one).overflowY);
  while (box && !box.matches('[data-testid=stMain]') && !scrolls(box)) box = box.parentElement;
  if (box && !box.matches('[data-testid=stMain]')) {  // the list scrolls, the page stays where it is
    const row = chosen.getBoundingClientRect(), seen = box.getBoundingClientRect();
    if (row.top < seen.top + 32) box.scrollTop -= seen.top + 32 - row.top;
    else if (row.bottom > seen.bottom) box.scrollTop += row.bottom - seen.bottom;
  }
  return () => document.removeEventListener('keydown', to_search);
}
"""

_component = st.components.v2.component("rows", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


@dataclass(frozen=True, slots=True)
class Mark:
    """A short word in a cell that stands out: what it says, and its tone."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says, a smaller line below it, marks before it, and what it says under the pointer."""

    text: str = ""
    sub: str = ""
    marks: Sequence[Mark] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; a narrow one never breaks its lines, a wide one gets the room that the others leave."""

    label: str
    width: Literal["narrow", "usual", "wide"] = "usual"


@dataclass(frozen=True, slots=True)
class Row:
    """A record in a table: its id, the name by which a screen reader calls it, and its cells."""

    id: str
    name: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was done in a table: the row that was just opened, and the rows that are ticked."""

    opened: str | None
    ticked: Sequence[str]


def table(
    label: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    key: str,
    open_row: str | None = None,
    tick_label: str | None = None,
    search_label: str = "",
    height: int | None = None,
) -> Chosen:
    """Show rows, of which `open_row` is the one whose detail is beside them; with `tick_label` they can be ticked.

    The key / goes to the field that is called `search_label`.
    """
    data: Mapping[str, object] = {
        "label": label,
        "columns": [{"label": column.label, "width": f"t-{column.width}"} for column in columns],
        "rows": [
            {
                "id": row.id,
                "name": row.name,
                "cells": [
                    {
                        "text": cell.text,
                        "sub": cell.sub,
                        "hint": cell.hint,
                        "marks": [{"text": mark.text, "tone": mark.tone} for mark in cell.marks],
                    }
                    for cell in row.cells
                ],
            }
            for row in rows
        ],
        "open": open_row,
        "tickable": tick_label is not None,
        "tick_label": tick_label or "",
        "search_label": search_label,
        "ticked": st.session_state.get(key, {}).get("ticked", []),
    }
    found = _component(
        key=key,
        data=data,
        default={"ticked": []},
        on_opened_change=_nothing,
        on_ticked_change=_nothing,
        height=height or "content",
    )
    known = {row.id for row in rows}
    return Chosen(found["opened"], [row for row in found["ticked"] if row in known])


def _nothing() -> None:
    """Let a choice run the page again, and no more."""
