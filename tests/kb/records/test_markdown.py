from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.records.article import Article, passages
from kb.records.markdown import headed_parts, plain_text


@given(st.text(max_size=400))
def test_no_line_of_a_body_is_lost(body: str) -> None:
    kept = "\n".join(f"{heading}\n{text}" for _, heading, text in headed_parts(body))
    for word in body.split():
        assert word.strip("#") in kept or not word.strip("#")


@given(st.text(max_size=300))
def test_plain_text_never_fails(text: str) -> None:
    assert isinstance(plain_text(text), str)


def test_headings_of_every_style_part_a_body_and_what_only_looks_like_one_does_not() -> None:
    body = "a\n\n# One #\nb\n\nTwo\n---\n```\n# no\n```\n<!--\n# no\n-->\n> # no\n\n- # no\n\n\t# no\n#no\n"
    assert [(level, heading) for level, heading, _ in headed_parts(body)] == [(0, ""), (1, "One"), (2, "Two")]


def test_a_long_paragraph_above_a_rule_is_no_heading() -> None:
    body = f"# T\n\n{'word ' * 60}\n---\nmore"
    assert [heading for _, heading, _ in headed_parts(body)] == ["", "T"]


def test_plain_text_parts_blocks_by_blank_lines_and_items_and_rows_by_line_ends() -> None:
    text = "1. a\n2. b\n\n- c\n\n  d\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n[[P|page]]\n\n<p>e</p>\n"
    assert plain_text(text) == "1. a\n2. b\n\n- c\n\nd\n\n\nx | y | \n1 | 2 | \n\npage\n\n e"


def test_of_a_directive_only_its_title_is_read() -> None:
    picture = ':::image type="content" source="a/b.png" alt-text="Screenshot":::'
    text = (
        f"Open it ({picture}).\n\n{picture}\n\n::: tip Sound\nUnmute.\n:::\n\n"
        "- one\n\n  :::danger[Careful]\n  two\n  :::\n\n::: {.callout-note}\nthree\n:::\n\nC:::D\n"
    )
    assert " ".join(plain_text(text).split()) == "Open it (). Sound Unmute. - one Careful two three C:::D"


def test_a_text_without_end_is_read_in_time() -> None:
    for text in (
        "![[" * 50_000,
        "[a](" * 50_000,
        "**a" * 60_000,
        "a\n" * 30_000,
        ":::" * 30_000,
        ":::a " + "b=" * 4_000,
        "> " * 5_000,
    ):
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
