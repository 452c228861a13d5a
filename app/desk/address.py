"""Addresses of pages: the view that is chosen on a page stands in its address, the same for every reader."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


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


def _put_into_address(key: str, widget: str) -> None:
    st.query_params[key] = st.session_state[widget]
