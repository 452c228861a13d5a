from __future__ import annotations

import random
from pathlib import Path

import pytest

from kb.importers.articles.files import count_articles, read_articles
from kb.records.article import Article, State
from kb.records.rejects import Reject, RejectKind, UnreadableFileError

PAGES = {
    "a.md": "# Lamp is dark\n\n## Symptoms\n\nNo light.\n\n## Resolution\n\nCharge it.\n",
    "b.markdown": "Lamp is dark\n===\n\nSymptoms\n---\nNo light.\n\nResolution\n---\nCharge it.\n",
    "c.mdx": "---\ntitle: Lamp is dark\n---\nimport Tip from './tip'\n\n<Tip>\n\n## Symptoms\n\nNo light.\n\n</Tip>\n\n"
    "## Resolution\n\nCharge it.\n",
    "d.html": "<!doctype html><html><head><title>Wiki</title></head><body><nav>Home</nav><h1>Lamp is dark</h1>"
    "<h2>Symptoms</h2><p>No light.</p><h2>Resolution</h2><p>Charge it.</p></body></html>",
    "e.htm": "<title>Lamp is dark</title><p><b>Symptoms</b></p><p>No light.</p><p><b>Resolution:</b> Charge it.</p>",
    "f.rst": "============\nLamp is dark\n============\n\nSymptoms\n--------\nNo light.\n\nResolution\n----------\n\n"
    ".. tabs::\n\n   Charge it.\n",
    "g.adoc": "= Lamp is dark\nA. Writer\n:toc:\n\n// no\n== Symptoms\nNo light.\n\n== Resolution\nCharge it.\n",
    "h.txt": "====== Lamp is dark ======\n===== Symptoms =====\nNo light.\n===== Resolution =====\nCharge it.\n",
    "i.wiki": "= Lamp is dark =\n== Symptoms ==\nNo light.\n== Resolution ==\nCharge it.\n",
    "j.txt": "LAMP IS DARK\n\nSYMPTOMS\nNo light.\n\nRESOLUTION\nCharge it.\n",
    "k.wiki": "h1. Lamp is dark\nh2. Symptoms\nNo light.\nh2. Resolution\nCharge it.\n",
}


def _written(folder: Path) -> Path:
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_pages_of_every_format_are_the_same_article(tmp_path: Path) -> None:
    articles = [one for one in read_articles(_written(tmp_path)) if isinstance(one, Article)]
    assert [article.source for article in articles] == sorted(PAGES)
    assert count_articles(tmp_path) == len(PAGES)
    for article in articles:
        assert article.title.casefold() == "lamp is dark", article.source
        assert (article.issue, article.resolution) == ("No light.", "Charge it."), article.source
        assert article.state is State.NOT_VALIDATED


def test_facts_at_the_top_of_a_page_count_in_every_format(tmp_path: Path) -> None:
    for name, text in {
        "a.rst": "Lamp\n====\n\n:Status: draft\n\nFix\n---\n\nx\n",
        "b.adoc": "= Lamp\n:status: draft\n\n== Fix\nx\n",
        "c.txt": "Title: Lamp\nStatus: draft\n\nFix:\nx\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (article,) = read_articles(tmp_path / name)
        assert isinstance(article, Article)
        assert (article.title, article.state, article.resolution) == ("Lamp", State.WORK_IN_PROGRESS, "x")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_by_its_own_name(tmp_path: Path, name: str) -> None:
    (article,) = read_articles(_written(tmp_path) / name)
    assert isinstance(article, Article)
    assert article.resolution == "Charge it."


def test_what_is_left_out_of_a_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "x.md").write_text("# no", encoding="utf-8")
    (folder / "a.md").write_text(PAGES["a.md"], encoding="utf-8")
    for name in ("one.docx", "two.docx", "three.png"):
        (folder / name).write_bytes(b"x")
    (tmp_path / "secret.md").write_text("# Secret\n\n## Fix\n\nx", encoding="utf-8")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "away").symlink_to(tmp_path)
    (folder / "gone.md").symlink_to(tmp_path / "gone.md")
    (folder / "same.md").symlink_to(folder / "a.md")
    found = list(read_articles(folder))
    assert [one.source for one in found if isinstance(one, Article)] == ["a.md", "same.md"]
    notes = [one for one in found if isinstance(one, Reject)]
    assert {note.kind for note in notes} == {RejectKind.NOTE}
    assert [note.file for note in notes] == ["away", "gone.md", "link.md", ".docx", ".png"]
    assert "leaves the folder" in notes[0].reason
    assert notes[3].reason.startswith("2 files are left out (one.docx, two.docx)")


def test_a_folder_without_pages_and_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="holds no page"):
        list(read_articles(tmp_path))
    for name, content, reason in (
        ("a.md", b"\x00\x01\x02" * 9, "is binary"),
        ("b.md", b"x\n" * 30_000, "more than 20,000 lines"),
        ("c.md", b"x" * 5_000_001, "larger than"),
        ("d.md", b"---\na: [\n---\n", "not valid YAML"),
        ("e.md", b" \n", "needs a text"),
    ):
        (tmp_path / name).write_bytes(content)
        (reject,) = read_articles(tmp_path / name)
        assert isinstance(reject, Reject)
        assert reason in reject.reason


def test_a_table_that_ends_in_txt_is_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "kb.txt"
    path.write_text("number\ttitle\tresolution\nKB1\tLamp is dark\tCharge it.\n", encoding="utf-8")
    (article,) = read_articles(path)
    assert isinstance(article, Article)
    assert article.id == "KB1"


@pytest.mark.parametrize("content", [
    "<table><tr><th>Number<th>Title<th>Solution<tr><td>KB-7<td>Dock flickers<td>Replace<br>the cable</table>",
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>'
    "<Row><Cell><Data>Number</Data></Cell><Cell><Data>Title</Data></Cell><Cell><Data>Solution</Data></Cell></Row>"
    "<Row><Cell><Data>KB-7</Data></Cell><Cell><Data>Dock flickers</Data></Cell><Cell><Data>Replace\nthe cable</Data>"
    "</Cell></Row></Table></Worksheet></Workbook>",
])  # fmt: skip
def test_articles_in_what_web_tools_save_as_a_workbook(tmp_path: Path, content: str) -> None:
    (tmp_path / "kb.xls").write_text(content)
    (article,) = (one for one in read_articles(tmp_path / "kb.xls") if isinstance(one, Article))
    assert (article.id, article.title, article.resolution.split()) == (
        "KB-7",
        "Dock flickers",
        ["Replace", "the", "cable"],
    )


def test_mutated_pages_end_in_an_article_or_a_sentence(tmp_path: Path) -> None:
    draw = random.Random(7)
    for name, text in PAGES.items():
        for _ in range(25):
            letters = list(text)
            for _ in range(draw.randint(1, 12)):
                at = draw.randrange(len(letters))
                letters[at] = draw.choice(["", letters[at] * 40, "\n", "<", "`", "[", "\x00", "|", "..  ", "\ud800"])
            path = tmp_path / name
            path.write_bytes("".join(letters).encode("utf-8", "surrogatepass"))
            assert all(isinstance(one, (Article, Reject)) for one in read_articles(path))
