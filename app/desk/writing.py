"""Writing fields: a text reaches the desk while it is typed, and the browser keeps it until it was handed in.

Streamlit's own text area sends a text only when it is left, so that a reload loses it.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

_HTML = """
<div class="t-writing"><label></label><div></div></div>
"""

_CSS = """
.t-writing {font-family: var(--st-font); margin-bottom: .2rem}
.t-writing label {display: block; font-size: .875rem; color: var(--st-text-color); margin-bottom: .25rem}
.t-writing textarea, .t-writing input {
  width: 100%; box-sizing: border-box; font: inherit; padding: .5rem .75rem; border-radius: var(--st-base-radius);
  color: var(--st-text-color); background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); resize: vertical;
}
.t-writing textarea:focus, .t-writing input:focus {outline: 2px solid var(--st-primary-color); outline-offset: -1px}
"""

# `kept` names the text in the browser; what the browser kept wins over what the desk sends, since it was typed last.
# A change of `edition` puts the desk's own text in, as when a resolution is copied, unless the person is just typing.
# The field itself stays, and with it the focus. Ctrl+Enter goes no further than the field, or a button with that
# shortcut would be pressed too.
_JS = """
const PREFIX = 'triage-writing:';
const PAUSE = 150;

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector('.t-writing');
  for (const name of data.handed_in) localStorage.removeItem(PREFIX + name);
  const kept = PREFIX + data.kept;
  let field = root.querySelector('textarea, input');
  const typed = () => ({ edition: Number(root.dataset.edition), text: field.value });
  const is_new = !field || root.dataset.kept !== kept;
  const is_being_typed = field?.timer !== undefined;
  if (is_new || (root.dataset.edition !== String(data.edition) && !is_being_typed)) {
    const tag = data.rows > 1 ? 'textarea' : 'input';
    if (!field || field.tagName.toLowerCase() !== tag) {
      field = document.createElement(tag);
      root.querySelector('div').replaceChildren(field);
    }
    root.dataset.kept = kept;
    root.dataset.edition = String(data.edition);
    const stored = JSON.parse(localStorage.getItem(kept) ?? 'null');
    const is_kept = is_new && stored?.edition === data.edition;
    if (!is_kept && data.forgets) localStorage.removeItem(kept);
    const text = is_kept ? stored.text : data.text;
    field.value = text;
    if (text !== data.text) setStateValue('typed', typed());
    if (is_new && data.focus) field.focus();
  }
  const label = root.querySelector('label');
  label.textContent = data.label;
  field.id = 'writing-' + data.kept;
  label.htmlFor = field.id;
  field.placeholder = data.placeholder;
  field.maxLength = data.limit;
  if (data.rows > 1) field.rows = data.rows;
  const send = () => {
    clearTimeout(field.timer);
    field.timer = undefined;
    setStateValue('typed', typed());
  };
  field.oninput = () => {
    localStorage.setItem(kept, JSON.stringify(typed()));
    clearTimeout(field.timer);  // of the field, since the text may be drawn anew during the pause
    if (data.live) field.timer = setTimeout(send, PAUSE);
  };
  field.onblur = () => { if (field.value !== data.text) send(); };
  field.onkeydown = (event) => {
    if (event.key === 'Enter' && !data.live) send();
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      if (event.repeat) return;
      send();
      setTriggerValue('submitted', true);
    }
  };
}
"""

_HANDED_IN = "handed_in"
_component = st.components.v2.component("writing", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


def writing_field(
    label: str,
    text: str,
    *,
    kept: str,
    rows: int = 1,
    edition: int = 0,
    placeholder: str = "",
    limit: int = 100_000,
    focus: bool = False,
    live: bool = True,
    forgets: bool = False,
) -> tuple[str, bool]:
    """Show a field for a text; returns the text as it stands, and whether Ctrl+Enter was just pressed in it.

    `kept` names the text in the browser, which keeps it until it is handed in. `text` is what the desk knows of it;
    another `edition` replaces what was typed by it, which the browser keeps no longer where it `forgets`.
    The desk hears of each pause in typing where it is `live`, else when the field is left or Enter pressed.
    """
    data = {
        "label": label,
        "text": text,
        "kept": kept,
        "rows": rows,
        "edition": edition,
        "placeholder": placeholder,
        "limit": limit,
        "focus": focus,
        "live": live,
        "forgets": forgets,
        "handed_in": st.session_state.pop(_HANDED_IN, []),
    }
    found = _component(
        key=_field_key(kept),
        data=data,
        default={"typed": None},
        on_typed_change=_nothing,
        on_submitted_change=_nothing,
    )
    typed = found["typed"]
    if typed is not None and typed["edition"] == edition:
        text = str(typed["text"])
    return text[:limit], bool(found["submitted"])


def hand_in_texts(kept: Iterable[str]) -> None:
    """Let the browser forget texts, of which the next field that is shown tells it."""
    st.session_state.setdefault(_HANDED_IN, []).extend(kept)


def typed_text(kept: str, edition: int = 0) -> str | None:
    """Return what was typed into a field that is on the page, in this run already; `None` where nothing was."""
    typed = st.session_state.get(_field_key(kept), {}).get("typed")
    return str(typed["text"]) if typed is not None and typed["edition"] == edition else None


def _field_key(kept: str) -> str:
    return f"writing-{kept}"


def _nothing() -> None:
    """Let a change of the text run the page again, and no more."""
