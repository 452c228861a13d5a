"""AsciiDoc, reStructuredText and wiki markup: what becomes of them in Markdown."""

from __future__ import annotations

from kb.importers.articles.asciidoc import asciidoc_to_markdown
from kb.importers.articles.restructured_text import restructured_text_to_markdown
from kb.importers.articles.wiki import wiki_to_markdown


def test_asciidoc_keeps_lists_code_links_and_admonitions() -> None:
    text = (
        ":toc:\n////\nold\n////\n.Do this\n. Open *it*.\n.. Wait\n* Item\n\n[source,bash]\n----\n= no heading\n----\n"
        "NOTE: hot\nSee link:a.html[A], https://example.org[B] and <<c,C>>.\nimage::lid.png[Lid]\n\n====\nboxed\n===="
    )
    rows = [row for row in asciidoc_to_markdown(text).split("\n") if row]
    assert rows == [
        "**Do this**",
        "1. Open **it**.",
        "   1. Wait",
        "- Item",
        "```",
        "= no heading",
        "```",
        "NOTE: hot",
        "See [A](a.html), [B](https://example.org) and C.",
        "![Lid](lid.png)",
        "boxed",
    ]


def test_asciidoc_terms_are_labels() -> None:
    assert asciidoc_to_markdown("Fix::\nCharge it.\nNo: http://x.test") == "\n**Fix**\nCharge it.\nNo: http://x.test"


def test_restructured_text_keeps_what_only_sphinx_knows_and_reads_no_other_file() -> None:
    text = (
        "Fix\n===\n\n#. Open :guilabel:`Lid`.\n#. Wait.\n\n.. tip:: Hot\n\n.. only:: html\n\n   Seen words.\n\n"
        ".. include:: /etc/hostname\n\n.. code-block:: bash\n\n   ls -l\n"
    )
    found = restructured_text_to_markdown(text)
    assert found.startswith("# Fix")
    assert "1. Open" in found
    assert "Seen words." in found
    assert "Hot" in found
    assert "```\nls -l\n```" in found
    assert "Open :guilabel:\\`Lid\\`." in found
    assert "\n/etc/hostname\n" in found


def test_wiki_headings_of_each_kind_become_markdown_headings() -> None:
    def headings(text: str) -> list[str]:
        return [row for row in wiki_to_markdown(text).split("\n") if row.startswith("#")]

    assert headings("====== T ======\n===== A =====\n==== B ====") == ["# T", "## A", "### B"]
    assert headings("= T =\n== A ==\n=== B ===") == ["# T", "## A", "### B"]
    assert headings("== A ==\n=== B ===\n== C ==") == ["## A", "### B", "## C"]
    assert headings("h1. T\nh3. A") == ["# T", "### A"]
    assert headings("Title\n=====\nA\n~\nPart\n~~~~") == ["### Part"]
    lists = wiki_to_markdown("== A ==\n# one\n## two\n* '''three'''")
    assert lists.split("\n")[-3:] == ["1. one", "   1. two", "- **three**"]
    assert wiki_to_markdown("# Markdown\n* item") == "# Markdown\n* item"
    assert wiki_to_markdown("plain = text\n==\n===") == "plain = text\n==\n==="
