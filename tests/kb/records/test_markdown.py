from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importers.articles import parse_markdown
from kb.records.article import Article, Section, State, passages
from kb.records.markdown import FrontMatterError, headed_parts, plain_text, split_front_matter

WHOLE = """---
id: KB1
title: VPN drops
tags: [vpn, home]
---

# The VPN drops

Introduction here.

## Symptoms

It drops.

### In the log

`timeout`

## Applies to

All laptops

## Mitigation:

1. Use TCP.

```bash
# not a heading
```

## Cause

Idle connections

## See also

[Other](other.md)
"""


def test_headings_of_other_vendors_become_kcs_sections() -> None:
    article = parse_markdown(WHOLE, "network/vpn.md")
    assert (article.id, article.title, article.source) == ("KB1", "VPN drops", "network/vpn.md")
    assert article.issue == "It drops.\n\n### In the log\n\n`timeout`"
    assert article.environment == "All laptops"
    assert article.workaround == "1. Use TCP.\n\n```bash\n# not a heading\n```"
    assert article.cause == "Idle connections"
    assert article.sections == (Section("", "Introduction here."), Section("See also", "[Other](other.md)"))
    assert article.extra == {"tags": ["vpn", "home"], "heading": "The VPN drops"}
    assert article.state is State.NOT_VALIDATED


@pytest.mark.parametrize(
    "heading", ["Resolution", "Solution", "RESOLUTION 1", "Resolution (recommended)", "Solution/Workaround"]
)
def test_every_usual_word_for_a_resolution_is_known(heading: str) -> None:
    assert parse_markdown(f"# T\n\n## {heading}\n\nDo it.", "t.md").resolution == "Do it."


def test_two_resolutions_are_both_kept() -> None:
    article = parse_markdown("# T\n\n## Resolution 1\n\nA\n\n## Resolution 2\n\nB", "t.md")
    assert article.resolution == "A\n\n### Resolution 2\n\nB"


def test_an_article_without_resolution_is_work_in_progress() -> None:
    assert parse_markdown("# T\n\n## Issue\n\nIt fails.", "t.md").state is State.WORK_IN_PROGRESS


def test_title_comes_from_the_file_where_nothing_else_names_it() -> None:
    assert parse_markdown("just words", "how-to_print.md").title == "how to print"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\ntitle: x\n\nno end", "never closed"),
        ("---\ntitle: [x\n---\n", "not valid YAML on line"),
        ("---\n- x\n---\n", "not a list of"),
    ],
)
def test_broken_front_matter_says_where(text: str, reason: str) -> None:
    with pytest.raises(FrontMatterError, match=reason):
        split_front_matter(text)


@given(st.text(max_size=400))
def test_no_line_of_a_body_is_lost(body: str) -> None:
    kept = "\n".join(f"{heading}\n{text}" for _, heading, text in headed_parts(body))
    for word in body.split():
        assert word.strip("#") in kept or not word.strip("#")


@given(st.text(max_size=300))
def test_plain_text_never_fails(text: str) -> None:
    assert isinstance(plain_text(text), str)


def test_plain_text_keeps_words_and_drops_marks() -> None:
    text = (
        "**Bold** [link](http://x.test/a_(b)) ![pic](p.png)\n> note\n<br>&nbsp;A &amp; B\n```sh\nls -l\n```\n\\<tag\\>"
    )
    assert plain_text(text).split() == ["Bold", "link", "pic", "note", "A", "&", "B", "ls", "-l", "<tag>"]


def test_a_long_section_is_cut_at_borders_and_nothing_is_lost() -> None:
    text = "\n\n".join(f"Paragraph {i} " + "word " * 60 for i in range(12))
    found = [part for part in passages(Article("1", "T", issue=text)) if part.section == "Issue"]
    assert len(found) > 2
    assert all(len(part.text) <= 1000 for part in found)
    assert " ".join(part.text for part in found).split() == text.split()


def test_a_word_without_end_is_cut_too() -> None:
    found = passages(Article("1", "T", issue="x" * 5000))
    assert sum(len(part.text) for part in found if part.section == "Issue") == 5000
