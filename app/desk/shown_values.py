"""Shown values: what the fields of a form show, and which of that the browser is known to show.

Each act in the browser sends the values of all its fields. A value that the desk has just replaced can therefore come
back with a choice in another field, and would pass for a choice too. So can the empty value of a field whose first run
was interrupted before its own value arrived. A value counts as a choice only where the browser cannot have held it
before.

The browser forgets the values of a form that a run does not lay out, and then shows and sends empty fields, unless it
is sent them anew. Whether a run that was interrupted got as far as that, nobody here knows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

_HTML = "<div hidden></div>"

# The browser says which edition of the values it shows, after it has put them into the fields above.
_JS = """
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('div');
  if (root.dataset.edition === String(data.edition)) return;
  root.dataset.edition = String(data.edition);
  if (data.edition > 0) setTimeout(() => setStateValue('shown', data.edition), 100);
}
"""

_RUN = "run"

_component = st.components.v2.component("shown_values", html=_HTML, js=_JS, isolate_styles=False)


@dataclass
class ShownValues:
    """The values of a form's fields by key, and those that the browser may still hold in place of them."""

    form: str
    edition: int = 0
    _shown: dict[str, Hashable] = field(default_factory=dict)
    _unset: dict[str, Hashable] = field(default_factory=dict)
    _replaced: dict[str, set[Hashable]] = field(default_factory=dict)
    _run: int = 0

    @property
    def watch_key(self) -> str:
        """Return the key under which the browser says what it shows."""
        return f"watch-{self.form}"

    def select(
        self,
        label: str,
        options: Sequence[Any],
        value: Hashable,
        *,
        key: str,
        choose: Callable[[Any], None],
        can_be_empty: bool = False,
        **look: Any,
    ) -> None:
        """Show a select box with a value; `choose` gets what the person takes instead."""
        key = f"{self.form}-{key}"
        index = None if can_be_empty else list(options).index(value)  # a box with a place cannot be emptied
        self._show(key, value, unset=None if can_be_empty else value)
        st.selectbox(label, options, index, key=key, on_change=self._choose, args=(key, choose), **look)

    def _show(self, key: str, value: Hashable, unset: Hashable) -> None:
        """Have the browser show a value instead of the one before; a field without a value yet holds `unset`."""
        self._unset[key] = unset
        before = self._shown.get(key, unset) if key in st.session_state else unset
        if before != value:
            self._replaced.setdefault(key, set()).add(before)
            self.edition += 1
        self._replaced.get(key, set()).discard(value)
        self._shown[key] = value
        if self._replaced.get(key) or st.session_state.get(key) != value:
            st.session_state[key] = value  # sent anew by each run until the browser shows it

    def _choose(self, key: str, choose: Callable[[Any], None]) -> None:
        value = st.session_state[key]
        if value == self._shown[key] or value in self._replaced.get(key, ()):
            return
        if self._replaced.pop(key, None):
            self._replaced[key] = {self._shown[key]}  # which a run under way may be sending still
            self.edition += 1
        self._shown[key] = value
        choose(value)

    def lay_out(self, run: int) -> None:
        """Take in that a run lays the form out; where the run before did not, the browser may have forgotten it."""
        if self._unset and self._run < run - 1:
            for key, unset in self._unset.items():
                self._replaced.setdefault(key, set()).add(unset)
            self.edition += 1
        self._run = run

    def watch(self) -> None:
        """Let the browser say when it shows what the fields have; to be called after they are laid out."""
        _watch(self)

    def caught_up(self) -> None:
        """Take in that the browser shows the newest values, where it has said so; else let it say so again."""
        if st.session_state[self.watch_key]["shown"] != self.edition:
            return
        self._replaced = {key: self._replaced[key] for key in self._behind()}
        self.edition += bool(self._replaced)

    @property
    def is_behind(self) -> bool:
        """Return whether the browser holds a value in a field that was replaced there."""
        return bool(self._behind())

    def _behind(self) -> list[str]:
        """Return the fields in which it does; one that is not laid out any more holds nothing."""
        held = st.session_state
        return [key for key, old in self._replaced.items() if key in held and held[key] in old]


def count_run() -> None:
    """Count the runs of pages for a browser; to be called first by each."""
    st.session_state[_RUN] = st.session_state.get(_RUN, 0) + 1


def shown_values(form: str) -> ShownValues:
    """Return the values that a form, which this run lays out, shows in this browser."""
    values: ShownValues = st.session_state.setdefault(f"shown-{form}", ShownValues(form))
    values.lay_out(st.session_state[_RUN])
    return values


@st.fragment
def _watch(values: ShownValues) -> None:
    if values.is_behind:
        st.rerun()
    data, told = {"edition": values.edition}, {"shown": 0}
    _component(key=values.watch_key, data=data, default=told, on_shown_change=values.caught_up)
