from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.authoring.export import as_markdown, export_articles
from kb.importers.articles import parse_markdown, read_articles
from kb.records.article import HEADING, Article, Audience, Governance, Section, State
from kb.records.clean_text import clean

AWKWARD = [
    Article("K1", "Plain", issue="It drops.", resolution="1. Sign in again.\n2. Wait."),
    Article("K2", "Headings inside", issue="## Cause\n\nnot a cause", resolution="Do it."),
    Article("K3", "Only a title and a section", sections=(Section("", "Begins."), Section("Status", "Fixed."))),
    Article("K4", "A section named as ours", sections=(Section("Fix", "x"),), resolution="y"),
    Article("K5", "yes: no", issue=" leading and trailing \n", extra={"audience": "ITPro", "Title": "t", "n": 3}),
    Article("K6", "Another heading", issue="a", extra={HEADING: "On the page", "tags": ["a", "b"]}),
    Article("K7", "Code", resolution="```\n# no heading\n```\n\n- [link](../other.md)\n- ![image](pic.png)"),
    Article(
        "A/B ü",
        "State of it",
        cause="c",
        service="Mail",
        category="Mail and calendar",
        summary="S",
        state=State.ARCHIVED,
        audience=Audience.CUSTOMERS,
        governance=Governance.COMPLIANCE,
        merged_into="K1",
        source="../../etc/passwd.md",
    ),
    Article("K8", "Line ends", issue="one\r\ntwo\u2028three\x85four"),
    Article("k1", "Same name but for case", issue="x", source="K1.md"),
    Article("K10", "A note with front matter of its own", extra={"note": "---\na: b\n---\n"}),
    Article("K9", "2024-01-01", issue="null", extra={"since": "2024-01-01", "empty": ""}),
]


@pytest.mark.parametrize("article", AWKWARD, ids=lambda article: article.id)
def test_an_article_is_parsed_as_itself(article: Article) -> None:
    assert parse_markdown(clean(as_markdown(article, "any/place.md")), "any/place.md") == article


def test_readable_articles_stay_readable() -> None:
    text = as_markdown(AWKWARD[0], "k1.md")
    assert "## Issue\n\nIt drops.\n\n## Resolution\n\n1. Sign in again.\n2. Wait.\n" in text
    assert text.startswith("---\nid: K1\ntitle: Plain\nstate: not_validated\naudience: internal\n")


TEXTS = st.text(max_size=80).map(clean) | st.sampled_from(
    ["## Cause\n\nx", "---\na: b\n---\n", "# T", "```\n# x", " x "]
)


@settings(max_examples=150, deadline=None)
@given(
    title=TEXTS.filter(str.strip),
    parts=st.fixed_dictionaries(
        dict.fromkeys(("issue", "environment", "cause", "resolution", "workaround", "summary"), TEXTS)
    ),
    sections=st.lists(st.builds(Section, TEXTS, TEXTS), max_size=3),
    extra=st.dictionaries(TEXTS.filter(bool), TEXTS | st.integers() | st.lists(TEXTS, max_size=2), max_size=3),
    source=st.none() | TEXTS.filter(bool),
)
def test_whatever_stands_in_an_article_survives(
    title: str, parts: dict[str, str], sections: list[Section], extra: dict[str, object], source: str | None
) -> None:
    article = Article("K1", title, sections=tuple(sections), extra=extra, source=source, **parts)
    assert parse_markdown(clean(as_markdown(article, "k1.md")), "k1.md") == article


def test_a_folder_imports_again_as_the_same_and_stays_inside(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert export_articles(AWKWARD, first) == len(AWKWARD)
    assert not (tmp_path.parent / "etc").exists()
    back = [article for article in read_articles(first) if isinstance(article, Article)]
    assert {article.id: article for article in back} == {article.id: article for article in AWKWARD}
    export_articles(back, second)
    files = {path.relative_to(first): path.read_bytes() for path in first.rglob("*.md")}
    assert {path.relative_to(second): path.read_bytes() for path in second.rglob("*.md")} == files
    assert len(files) == len(AWKWARD)


def test_articles_of_a_vendor_survive_export_and_import(real_data: Path, tmp_path: Path) -> None:
    articles = [a for a in read_articles(real_data / "articles" / "office") if isinstance(a, Article)]
    export_articles(articles, tmp_path / "first")
    back = [a for a in read_articles(tmp_path / "first") if isinstance(a, Article)]
    assert {a.id: a for a in back} == {a.id: a for a in articles}
    export_articles(back, tmp_path / "second")
    for path in (tmp_path / "first").rglob("*.md"):
        assert path.read_bytes() == (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes()


def test_a_damaged_whole_article_is_told() -> None:
    with pytest.raises(ValueError, match="export it again"):
        parse_markdown("---\narticle:\n  id: K1\n  title: T\n  state: nonsense\n---\n\n# T\n", "k1.md")
