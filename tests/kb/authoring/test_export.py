from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.authoring.export import as_markdown, export_articles
from kb.importers.articles.facts import FactError, article_id
from kb.importers.articles.files import read_articles
from kb.importers.articles.pages import parse_markdown
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


def test_an_export_replaces_only_files_that_hold_the_same_article(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    (folder / "own").mkdir(parents=True)
    outside.mkdir()
    foreign = "# Build instructions\n\nType make.\n"
    for path in (folder / "readme.md", folder / "k4.md", outside / "linked.md", outside / "k5.md"):
        path.write_text(foreign)
    (folder / "own" / "vpn.md").write_text("# VPN drops\n\nUse TCP.\n")
    (folder / "link").symlink_to(outside)
    (folder / "k5.md").symlink_to(outside / "k5.md")
    imported = parse_markdown("# VPN drops\n\nUse TCP.\n", "own/vpn.md")
    articles = [
        replace(imported, title="VPN drops often"),
        replace(imported, id=article_id("readme.md"), title="Read me first", source="readme.md"),
        Article("K3", "Behind a link", issue="x", source="link/new.md"),
        Article("K4", "A name that is taken", issue="x"),
        Article("K5", "A link that leads out", issue="x"),
    ]
    assert export_articles(articles, folder, lambda _: ["VPN drops"]) == 5
    assert "VPN drops often" in (folder / "own" / "vpn.md").read_text()
    for path in (folder / "readme.md", folder / "k4.md", outside / "linked.md", outside / "k5.md"):
        assert path.read_text() == foreign
    assert sorted(path.name for path in outside.iterdir()) == ["k5.md", "linked.md"]
    written = {path.name for path in folder.iterdir()}
    assert export_articles(articles, folder) == 5
    assert {path.name for path in folder.iterdir()} == written


def test_articles_of_a_vendor_survive_export_and_import(real_data: Path, tmp_path: Path) -> None:
    vendor = real_data / "articles" / "office"
    for page in sorted(vendor.rglob("*.md"))[::4]:  # `workbench-office` of the benchmarks exports all of them
        copy = tmp_path / "vendor" / page.relative_to(vendor)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, copy)
    articles = [a for a in read_articles(tmp_path / "vendor") if isinstance(a, Article)]
    assert len(articles) > 300
    export_articles(articles, tmp_path / "first")
    back = [a for a in read_articles(tmp_path / "first") if isinstance(a, Article)]
    assert {a.id: a for a in back} == {a.id: a for a in articles}
    export_articles(back, tmp_path / "second")
    for path in (tmp_path / "first").rglob("*.md"):
        assert path.read_bytes() == (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes()


def test_a_damaged_whole_article_is_told() -> None:
    with pytest.raises(FactError, match="export it again"):
        parse_markdown("---\narticle:\n  id: K1\n  title: T\n  state: nonsense\n---\n\n# T\n", "k1.md")
