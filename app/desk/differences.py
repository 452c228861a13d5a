"""Differences: two texts side by side, with the words that one has and the other has not."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import streamlit as st

from app.desk.texts import plain

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# words from which on lines are compared, since the time grows with the square
_MOST_WORDS = 4000

_STYLE = """
<style>
.t-sides {width: 100%; border-collapse: collapse; table-layout: fixed; font-size: .9rem; margin-bottom: .6rem}
.t-sides th {text-align: left; font-weight: 600; padding: .3rem .6rem; border-bottom: 1px solid #8886}
.t-sides td {vertical-align: top; padding: .4rem .6rem; border: 1px solid #8884; overflow-wrap: anywhere}
.t-sides del {background: #e5484d33; text-decoration: line-through}
.t-sides ins {background: #30a46c3d; text-decoration: underline}
</style>
"""


def show_sides(before: str, after: str, *, left: str, right: str) -> None:
    """Show two versions of a text side by side; `left` and `right` say which they are."""
    then, now = marked_words(before, after)
    head = f"<tr><th scope='col'>{plain(left)}</th><th scope='col'>{plain(right)}</th></tr>"
    st.html(f"{_STYLE}<table class='t-sides'><thead>{head}</thead><tr><td>{then}</td><td>{now}</td></tr></table>")


def marked_words(before: str, after: str) -> tuple[str, str]:
    """Return both texts as HTML, letter by letter, with what only one of them says marked as deleted or inserted."""
    pieces = _WORD if max(len(_WORD.findall(before)), len(_WORD.findall(after))) <= _MOST_WORDS else _LINE
    then, now = pieces.findall(before), pieces.findall(after)
    left, right = list[str](), list[str]()
    for kind, start, stop, begin, end in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        old, new = plain("".join(then[start:stop])), plain("".join(now[begin:end]))
        left.append(old if kind == "equal" or not old else f"<del>{old}</del>")
        right.append(new if kind == "equal" or not new else f"<ins>{new}</ins>")
    return "".join(left), "".join(right)
