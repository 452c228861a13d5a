"""Cards of a board: lanes and columns in which people move cards by a menu; every text is shown letter by letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from app.desk.table import Mark

_HTML = '<div class="t-board"></div>'

_CSS = """
.t-board {font-family: var(--st-font); font-size: .88rem; color: var(--st-text-color); overflow-x: auto}
.t-board .t-row {display: grid; grid-template-columns: repeat(5, minmax(8.5rem, 1fr)); gap: .6rem; min-width: 46rem}
.t-board .t-heads {position: sticky; top: 0; background: var(--st-background-color); z-index: 1}
.t-board .t-column {font-weight: 600; padding: .3rem 0; border-bottom: 1px solid var(--st-border-color)}
.t-board h2 {font-size: 1rem; margin: 1rem 0 .3rem; padding: 0}
.t-board ul {list-style: none; margin: 0; padding: 0}
.t-board li {border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: .45rem .6rem;
  margin: .35rem 0; background: var(--st-secondary-background-color); overflow-wrap: anywhere}
.t-board li:focus-visible {outline: 2px solid var(--st-primary-color); outline-offset: -1px}
.t-board a {color: var(--st-link-color); font-weight: 600}
.t-board .t-line {font-size: .8rem; opacity: .85; display: block}
.t-board .t-count {font-weight: 400; font-size: .8rem}
.t-board .t-over {color: var(--st-red-text-color); font-weight: 600}
.t-board .t-mark {display: inline-block; border-radius: 9px; padding: 0 .5rem; margin: 0 .25rem 0 0; font-size: .75rem;
  border: 1px solid currentColor; max-width: 100%; box-sizing: border-box; overflow-wrap: anywhere}
.t-board .t-good {color: var(--st-green-text-color)} .t-board .t-warning {color: var(--st-orange-text-color)}
.t-board .t-bad {color: var(--st-red-text-color)} .t-board .t-muted {color: var(--st-gray-text-color)}
.t-board summary {cursor: pointer; font-size: .8rem; margin-top: .2rem}
.t-board button {font: inherit; font-size: .8rem; color: inherit; background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: .1rem .5rem;
  margin: .2rem .2rem 0 0; cursor: pointer}
.t-board button:focus-visible, .t-board summary:focus-visible {outline: 2px solid var(--st-primary-color)}
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.t-board');
  const add = (parent, tag, text, name) => {
    const made = document.createElement(tag); if (text) made.textContent = text; if (name) made.className = name;
    parent.append(made); return made;
  };
  const count = (parent, place) => {
    if (place.note) add(parent, 'span', ' ' + place.note, place.is_over ? 't-count t-over' : 't-count');
  };
  const focused = root.contains(document.activeElement) && document.activeElement.closest('li')?.dataset.number;
  root.replaceChildren();
  const heads = add(root, 'div', '', 't-row t-heads');
  for (const column of data.columns) { const head = add(heads, 'div', column.title, 't-column'); count(head, column); }
  for (const lane of data.lanes) {
    const section = add(root, 'section'); section.setAttribute('aria-label', lane.title);
    const title = add(section, 'h2', lane.title); count(title, lane);
    const row = add(section, 'div', '', 't-row');
    lane.cells.forEach((cell, at) => {
      const place = add(row, 'div');
      const line = add(place, 'div'); count(line, cell);
      const list = add(place, 'ul'); list.setAttribute('aria-label', data.columns[at].title + ', ' + lane.title);
      for (const card of cell.cards) {
        const item = add(list, 'li'); item.dataset.number = card.number; item.tabIndex = 0;
        const link = add(item, 'a', card.number); link.href = card.address; link.target = '_self';
        for (const mark of card.marks) { item.append(' '); add(item, 'span', mark.text, 't-mark t-' + mark.tone); }
        add(item, 'div', card.subject);
        for (const text of card.lines) add(item, 'span', text, 't-line');
        if (card.moves.length) {
          const menu = add(item, 'details');
          add(menu, 'summary', data.move_label).setAttribute('aria-label', data.move_label + ' ' + card.number);
          for (const move of card.moves) {
            const button = add(menu, 'button', move.title); button.type = 'button';
            button.setAttribute('aria-label', card.number + ': ' + move.title);
            button.onclick = () => setTriggerValue('moved', { number: card.number, to: move.stage });
          }
        }
        item.onkeydown = (event) => {
          if (event.target !== item) return;
          const menu = item.querySelector('details');
          if (event.key === 'm' && menu) { event.preventDefault(); menu.open = true;
            menu.querySelector('button').focus(); }
          const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
          if (step && item[step]) { event.preventDefault(); item[step].focus(); }
          const side = { ArrowRight: 'nextElementSibling', ArrowLeft: 'previousElementSibling' }[event.key];
          for (let next = side && place[side]; next; next = next[side]) {
            const first = next.querySelector('li');
            if (first) { event.preventDefault(); first.focus(); break; }
          }
        };
      }
      if (cell.more) add(place, 'div', cell.more, 't-line');
    });
  }
  if (focused) [...root.querySelectorAll('li')].find((one) => one.dataset.number === focused)?.focus();
}
"""

_component = st.components.v2.component("board", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


@dataclass(frozen=True, slots=True)
class Card:
    """A ticket on the board: where it leads, what it says, and the stages to which it may go, with their names."""

    number: str
    address: str
    subject: str
    lines: Sequence[str]
    marks: Sequence[Mark]
    moves: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a lane: how full it is, and what it says about cards that are not shown."""

    note: str
    is_over: bool
    cards: Sequence[Card]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A column or a lane: its title, how full it is, and of a lane its cells."""

    title: str
    note: str
    is_over: bool
    cells: Sequence[Cell] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A card that was just moved, and the stage to which it goes."""

    number: str
    to: str


def board_cards(columns: Sequence[Place], lanes: Sequence[Place], *, key: str, move_label: str) -> Moved | None:
    """Show the cards of a board; returns the card that was just moved.

    The arrow keys go from card to card, the key M opens the menu of one.
    """
    data = {
        "columns": [asdict(column) for column in columns],
        "lanes": [_lane(lane) for lane in lanes],
        "move_label": move_label,
    }
    found = _component(key=key, data=data, on_moved_change=_nothing)
    moved = found["moved"]
    if not isinstance(moved, dict):
        return None
    known = {card.number for lane in lanes for cell in lane.cells for card in cell.cards}
    return Moved(str(moved["number"]), str(moved["to"])) if moved.get("number") in known else None


def _lane(lane: Place) -> dict[str, object]:
    found = asdict(lane)
    for cell in found["cells"]:
        for card in cell["cards"]:
            card["moves"] = [{"stage": stage, "title": title} for stage, title in card["moves"]]
    return found


def _nothing() -> None:
    """Let a move run the page again, and no more."""
