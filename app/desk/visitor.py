"""Visitors: who works in this browser, and what the desk keeps for them across reloads."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

import streamlit as st

from app.desk.language import _
from app.desk.writing import typed_text, writing_field

Kept = TypeVar("Kept")

_SESSION = "session"
_NAME = "person"


class Keeper(Generic[Kept]):
    """Things that outlive a reload, by key; of many, those that were used last."""

    def __init__(self, most: int = 2000) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()  # every visitor's page runs in a thread of its own
        self._most = most

    def get(self, key: str) -> Kept | None:
        """Return what is kept under a key."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: str, value: Kept) -> None:
        """Keep something under a key."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def drop(self, key: str) -> None:
        """Forget what is kept under a key."""
        with self._lock:
            self._kept.pop(key, None)


def browser() -> str:
    """Return a name for this browser that stays the same across reloads; that of the session where it has none.

    It is the secret in Streamlit's cookie against forged requests, which masks it anew in each answer (Tornado's format
    2: version, mask, masked secret, time).
    """
    try:
        _, mask, masked, _ = st.context.cookies["_streamlit_xsrf"].split("|")
        bits = bytes.fromhex(mask)
        return bytes(byte ^ bits[at % len(bits)] for at, byte in enumerate(bytes.fromhex(masked))).hex()
    except (KeyError, ValueError, ZeroDivisionError):
        return str(st.session_state.setdefault(_SESSION, secrets.token_hex(8)))


@st.cache_resource
def _names() -> Keeper[str]:
    return Keeper()


def person() -> str | None:
    """Return who works at this desk: who signed in, or as far as they said, in this run already."""
    typed = typed_text(_NAME)
    return (_kept_name() if typed is None else typed.strip()) or None


def _kept_name() -> str:
    return str(st.session_state.get("person") or _names().get(browser()) or "").strip()


def name_field() -> None:
    """Ask for the visitor's name in the sidebar; the browser keeps it from the first letter on."""
    known = _kept_name()
    with st.sidebar:
        name, _entered = writing_field(
            _("Your name"), known, kept=_NAME, placeholder=_("shown with your changes"), limit=200, live=False
        )
    if name != known:
        st.session_state["person"] = name
        _names().put(browser(), name)
