"""Into view: on a narrow screen what was opened is below its list, and comes into view."""

from __future__ import annotations

import streamlit as st

_JS = """
export default function ({ data, parentElement }) {
  const seen = window.triageOpened ??= {};
  const before = seen[data.place];
  seen[data.place] = data.opened;
  if (!data.opened || before === data.opened) return;
  if (!window.matchMedia('(max-width: 640px)').matches) return;
  // once the page has its new length, and what the list did to its own place is over
  const come = () => parentElement.closest('.stColumn')?.scrollIntoView({ block: 'start' });
  const wait = setTimeout(come, 300);
  return () => clearTimeout(wait);
}
"""

_component = st.components.v2.component("into_view", html="<span></span>", js=_JS, isolate_styles=False)


def come_into_view(place: str, opened: str, *, asked: str) -> None:
    """Bring the column that this stands in into view when what the address asks for is opened in it.

    What is opened because nothing is asked for, such as the first of a list, leaves the page where it is.
    """
    data = {"place": place, "opened": opened if opened == asked else ""}
    _component(key=f"into-view-{place}", data=data, height=1)
