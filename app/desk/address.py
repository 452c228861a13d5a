"""Addresses of pages: what is chosen on a page stands in its address by name, the same in every reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import streamlit as st

from app.desk.language import _

Found = TypeVar("Found")

_PAGE = "page"
_PAGE_DIGITS = 5  # the API counts no further
_PAGE_FIELD = "page-number"


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


def chosen_option(
    label: str,
    words: Mapping[str, str],
    *,
    key: str,
    width: int,
    usual: str | None = None,
    is_labelled: bool = True,
) -> str:
    """Let the person choose in a select box by words; returns the name in the address.

    Without a name there it is the `usual` one, the first unless told.
    """
    usual = usual or next(iter(words))
    asked = st.query_params.get(key, usual)
    chosen = asked if asked in words else usual
    _select(label, words, chosen, key=key, width=width, is_labelled=is_labelled)
    return chosen


def chosen_filter(label: str, words: Mapping[str, str], *, key: str, width: int) -> str | None:
    """Let the person narrow a list down by words, or not; returns the name in the address."""
    asked = st.query_params.get(key)
    chosen = asked if asked in words else None
    _select(label, words, chosen, key=key, width=width)
    return chosen


def _select(
    label: str, words: Mapping[str, str], chosen: str | None, *, key: str, width: int, is_labelled: bool = True
) -> None:
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
        label_visibility="visible" if is_labelled else "collapsed",
    )


def _put_into_address(key: str, widget: str) -> None:
    chosen = st.session_state[widget]
    if chosen is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = chosen


def paged(key: str, read: Callable[[int], Found], total: Callable[[Found], int], *, size: int, asked: object) -> Found:
    """Read the page of a list that the address names, by its offset; the last one where there are not so many.

    `asked` is what the list is narrowed down by: a list of something else begins at its first page.
    """
    kept, at = f"paged-{key}", page_in_address()
    before = st.session_state.get(kept, (asked, at))
    if before[0] != asked and before[1] == at:
        at = 1
    found = read((at - 1) * size)
    last = max(1, -(-total(found) // size))
    if at > last:
        at = last
        found = read((at - 1) * size)
    put_page_into_address(at)
    st.session_state[kept] = (asked, at)
    return found


def turn_pages(total: int, *, size: int) -> None:
    """Let the person turn to another page of a list where it has several."""
    shown = page_in_address()
    pages = max(shown, -(-total // size))
    if pages > 1:
        st.session_state[_PAGE_FIELD] = shown
        st.number_input(_("Page"), 1, pages, key=_PAGE_FIELD, width=120, on_change=_turn)


def page_in_address() -> int:
    """Return the page of a list that the address names, the first unless it does."""
    given = st.query_params.get(_PAGE, "")
    return max(1, int(given)) if given.isdecimal() and len(given) <= _PAGE_DIGITS else 1


def put_page_into_address(at: int) -> None:
    """Let the address name a page of a list; the first one needs no name."""
    if at == 1:
        st.query_params.pop(_PAGE, None)
    elif at != page_in_address():
        st.query_params[_PAGE] = str(at)


def _turn() -> None:
    put_page_into_address(st.session_state[_PAGE_FIELD])
