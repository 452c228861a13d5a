from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importers.articles.front_matter import FrontMatterError, split_front_matter

ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\ntitle: x\n\nno end", "never closed"),
        ("+++\ntitle = 'x'\n\nno end", "never closed"),
        ("---\ntitle: [x\n---\n", "not valid YAML on line"),
        ("+++\ntitle = x\n+++\n", "not valid TOML"),
        ("---\n- x\n---\n", "not a list of"),
        (f"---\n{ALIASES}---\n", "aliases stand for more than"),
        ("---\na: &a [*a]\n---\n", "holds itself"),
        (f"---\na: {'[' * 5000}\n---\n", "nested too deeply"),
        (f"---\na: {'9' * 5000}\n---\n", "cannot be read"),
    ],
)
def test_broken_front_matter_says_where(text: str, reason: str) -> None:
    with pytest.raises(FrontMatterError, match=reason):
        split_front_matter(text)


@pytest.mark.parametrize(
    ("text", "matter", "body"),
    [
        ("---\na: b\n---\nc", {"a": "b"}, "c"),
        ("\n\n---\na: b\n...\nc", {"a": "b"}, "c"),
        ("+++\na = 1\ndone = 2024-05-01\n+++\nc", {"a": 1}, "c"),
        ("---\ntitle: Error 5: access denied\nn: 3\n---\nc", {"title": "Error 5: access denied", "n": 3}, "c"),
        ("---\nday: 2024-02-31\n---\nc", {"day": "2024-02-31"}, "c"),
        ("---\n# only a comment\n---\nc", {}, "c"),
        ("\n---\nno front matter, but a rule", {}, "\n---\nno front matter, but a rule"),
        ("--- a\nb", {}, "--- a\nb"),
        ("", {}, ""),
    ],
)
def test_front_matter_is_parted_from_the_body(text: str, matter: dict[str, object], body: str) -> None:
    found, rest = split_front_matter(text)
    assert {key: value for key, value in found.items() if key != "done"} == matter
    assert rest == body


@given(st.text(alphabet="-+ab:[]{}&*\n \"'!|>#%@`0", max_size=60))
def test_whatever_stands_between_the_lines_ends_in_a_sentence_at_worst(text: str) -> None:
    for mark in ("---", "+++"):
        try:
            split_front_matter(f"{mark}\n{text}\n{mark}\nbody")
        except FrontMatterError as error:
            assert str(error)
