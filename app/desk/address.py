"""Addresses of pages: what is chosen on a page stands in its address by name, the same in every reader's language."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.desk.language import _


def chosen_view(
    label: str, words: Mapping[str, str], *, key: str, is_labelled: bool = False, usual: str | None = None
) -> str:
    """Let the person choose one of a page's views, by name with their words; returns the name in the address.

    `key` is what the address calls it. Without a name there it is the `usual` view, the first unless told.
    """
    usual = usual or next(iter(words))
    asked = st.query_params.get(key, usual)
    chosen = asked if asked in words else usual
    widget = f"view-{key}"
    st.session_state[widget] = chosen
    st.segmented_control(
        label,
        list(words),
        format_func=words.__getitem__,
        key=widget,
        required=True,
        on_change=_put_into_address,
        args=(key, widget),
        label_visibility="visible" if is_labelled else "collapsed",
    )
    return chosen


def chosen_option(label: str, words: Mapping[str, str], *, key: str, width: int) -> str:
    """Let the person choose in a select box by words; returns the name in the address, the first unless told."""
    usual = next(iter(words))
    asked = st.query_params.get(key, usual)
    chosen = asked if asked in words else usual
    _select(label, words, chosen, key=key, width=width)
    return chosen


def chosen_filter(label: str, words: Mapping[str, str], *, key: str, width: int) -> str | None:
    """Let the person narrow a list down by words, or not; returns the name in the address."""
    asked = st.query_params.get(key)
    chosen = asked if asked in words else None
    _select(label, words, chosen, key=key, width=width)
    return chosen


def _select(label: str, words: Mapping[str, str], chosen: str | None, *, key: str, width: int) -> None:
    widget = f"option-{key}"
    st.session_state[widget] = chosen
    st.selectbox(
        label,
        list(words),
        index=None if chosen is None else list(words).index(chosen),
        format_func=words.__getitem__,
        key=widget,
        placeholder=_("any"),
        on_change=_put_into_address,
        args=(key, widget),
        filter_mode="fuzzy",
        width=width,
    )


def _put_into_address(key: str, widget: str) -> None:
    chosen = st.session_state[widget]
    if chosen is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = chosen
