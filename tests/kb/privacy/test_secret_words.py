from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.privacy.secret_words import alternatives, by_first_letter

PATTERNS = [
    r"a|bc",
    r"(?:a|b(?:c|d))x|(?:(?:c|d)a)b?",
    r"(?:ab)?c|[|)]a|\|b|\(c",
    r"(?:a|b)+c|(?:b)*d|a?b|a{2}d",
    r"(?:x|(?<!a )b)c(?=d)",
    r"(?:ab|cd)",
]


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (r"a|bc", ["a", "bc"]),
        (r"(?:a|b(?:c|d))x", ["ax", "b(?:c|d)x"]),
        (r"(?:(?:p|q)r)s[|)]", ["prs[|)]", "qrs[|)]"]),
        (r"(?:a|b)?x", ["(?:a|b)?x"]),
        (r"(?-i:A|B)x", ["(?-i:A|B)x"]),
        (r"\(?:a|b", [r"\(?:a", "b"]),
    ],
)
def test_groups_at_the_beginning_are_written_out(pattern: str, parts: list[str]) -> None:
    assert alternatives(pattern) == parts


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=st.text(alphabet="abcdxABS ſK|)(", max_size=12))
@example(text="a bcd abx cdx dab")
def test_the_same_places_match(pattern: str, text: str) -> None:
    def places(pattern: str) -> list[int]:
        return [found.start() for found in re.finditer(rf"(?={pattern})", text, re.IGNORECASE)]

    assert places(by_first_letter(pattern)) == places(rf"(?:{pattern})")
    assert places(by_first_letter(pattern, "s")) == places(rf"(?:{pattern}|s)")
