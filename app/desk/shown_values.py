"""Shown values: what the fields of a form show, and which of that the browser is known to show.

With whatever is done, the browser sends what all its fields hold. A value that the desk has just replaced can so come
back beside a choice in another field, and would pass for a choice of its own. It counts as one only where the browser
could not have held it before it was replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

_HTML = "<div hidden></div>"

# The browser says which edition of the values it shows, after it has put them into the fields above.
_JS = """
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('div');
  if (root.dataset.edition === String(data.edition)) return;
  root.dataset.edition = String(data.edition);
  if (data.edition > 0) setStateValue('shown', data.edition);
}
"""

_component = st.components.v2.component("shown_values", html=_HTML, js=_JS, isolate_styles=False)


@dataclass
class ShownValues:
    """The values of a form's fields by key, and those that the browser may still hold in place of them."""

    form: str
    edition: int = 0
    _shown: dict[str, str | None] = field(default_factory=dict)
    _replaced: dict[str, set[str | None]] = field(default_factory=dict)

    @property
    def watch_key(self) -> str:
        """Return the key under which the browser says what it shows."""
        return f"watch-{self.form}"

    def show(self, key: str, value: str | None) -> None:
        """Put a value into the field of this key."""
        if key in self._shown and self._shown[key] != value:
            self._replaced.setdefault(key, set()).add(self._shown[key])
            self.edition += 1
        self._shown[key] = value
        if st.session_state.get(key) != value:
            st.session_state[key] = value

    def take(self, key: str) -> bool:
        """Return whether what the browser sent for a field is a choice, which the field then shows."""
        value = st.session_state[key]
        if value == self._shown[key] or value in self._replaced.get(key, ()):
            return False
        self._shown[key] = value
        self._replaced.pop(key, None)
        return True

    def watch(self) -> None:
        """Let the browser say when it shows what the fields have; to be called after they are laid out."""
        _watch(self)

    def caught_up(self) -> None:
        """Take in which edition of the values the browser shows."""
        if st.session_state[self.watch_key]["shown"] == self.edition:
            self._replaced.clear()


def shown_values(form: str) -> ShownValues:
    """Return the values that a form shows in this browser."""
    values: ShownValues = st.session_state.setdefault(f"shown-{form}", ShownValues(form))
    return values


@st.fragment
def _watch(values: ShownValues) -> None:
    data, told = {"edition": values.edition}, {"shown": 0}
    _component(key=values.watch_key, data=data, default=told, on_shown_change=values.caught_up)
