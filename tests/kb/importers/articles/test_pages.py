from __future__ import annotations

import pytest

from kb.importers.articles.pages import markdown_page, parse_markdown, read_page
from kb.records.article import Section, State

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


def test_an_article_without_resolution_is_work_in_progress() -> None:
    assert parse_markdown("# T\n\n## Issue\n\nIt fails.", "t.md").state is State.WORK_IN_PROGRESS


@pytest.mark.parametrize("answer", ["N/A", "* none", "**TBD**", "_à compléter_", "<p>-</p>"])
def test_a_page_whose_answer_is_a_placeholder_is_work_in_progress(answer: str) -> None:
    page = f"---\nstatus: published\n---\n# Fan\n\n## Issue\n\nIt hums.\n\n## Resolution\n\n{answer}\n"
    assert parse_markdown(page, "fan.md").state is State.WORK_IN_PROGRESS


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: Proxy asks twice\n---\n# Other\n\n## Fix\n\nx", "Proxy asks twice"),
        ('+++\ntitle = "Proxy asks twice"\n+++\n## Fix\n\nx', "Proxy asks twice"),
        ("# Proxy asks twice {#proxy}\n\n## Fix\n\nx", "Proxy asks twice"),
        ("# **Proxy asks twice** #\n\n## Fix\n\nx", "Proxy asks twice"),
        ("Proxy asks twice\n===\n\n## Fix\n\nx", "Proxy asks twice"),
        ("#Proxy asks twice\n\n##Fix\n\nx", "Proxy asks twice"),
        ("<h1>Proxy asks twice</h1>\n\n## Fix\n\nx", "Proxy asks twice"),
        ("## Proxy asks twice\n\n### Fix\n\nx", "Proxy asks twice"),
        ("## Proxy asks twice\n\n**Fix**\n\nx", "Proxy asks twice"),
        ('{"title": "Proxy asks twice"}\n\n## Fix\n\nx', "Proxy asks twice"),
        ("Title: Proxy asks twice\nOwner: me\n\n## Fix\n\nx", "Proxy asks twice"),
        ("## Proxy asks twice\n\na\n\n## More\n\n### Fix\n\nx", "Proxy asks twice"),
        ("PROXY ASKS TWICE\n\nFIX:\nx", "PROXY ASKS TWICE"),
        ("**Proxy asks twice**\n\n**Fix:**\nx", "Proxy asks twice"),
        ("Proxy asks twice\n\nFix: x", "Proxy asks twice"),
        ("<!-- # Old name -->\n# Proxy asks twice\n\n## Fix\n\nx", "Proxy asks twice"),
        ("# Symptoms\n\na\n\n# Fix\n\nx", "proxy asks"),
        ("just words", "proxy asks"),
        ("## Overview\n\na\n\n## Fix\n\nx", "proxy asks"),
    ],
)
def test_a_title_is_found_in_every_style_and_else_is_the_name_of_the_file(text: str, title: str) -> None:
    assert parse_markdown(text, "notes/proxy-asks.md").title == title


@pytest.mark.parametrize(
    ("matter", "state"),
    [
        ("draft: true", State.WORK_IN_PROGRESS),
        ("published: false", State.WORK_IN_PROGRESS),
        ("draft: true\nstatus: published", State.WORK_IN_PROGRESS),
        ("status: Veröffentlicht", State.VALIDATED),
        ("status: deprecated", State.ARCHIVED),
        ("state: in review", State.NOT_VALIDATED),
        ("state: shiny", State.NOT_VALIDATED),
        ("published: 2024-05-01", State.NOT_VALIDATED),
    ],
)
def test_what_front_matter_says_about_the_state_counts(matter: str, state: State) -> None:
    assert parse_markdown(f"---\n{matter}\n---\n# T\n\n## Fix\n\nx", "t.md").state is state


def test_nothing_is_validated_without_an_answer_and_the_owner_is_told() -> None:
    read = read_page(markdown_page("---\nstatus: published\n---\n# T\n\n## Overview\n\nx"), "t.md")
    assert read.article.state is State.WORK_IN_PROGRESS
    assert read.notes == (
        (
            "state",
            "'published' with neither resolution nor workaround (its other sections: Overview): "
            "kept as Work in Progress",
        ),
    )


def test_an_article_that_is_held_whole_is_not_validated_without_an_answer_either() -> None:
    text = "---\narticle:\n  id: K1\n  title: T\n  state: validated\n  issue: x\n---\n\n# T\n"
    assert parse_markdown(text, "k1.md").state is State.WORK_IN_PROGRESS


def test_a_state_that_nobody_knows_is_named_and_the_article_kept() -> None:
    read = read_page(markdown_page("---\nstatus: shiny\n---\n# T\n\n## Fix\n\nx"), "t.md")
    assert read.notes[0][1].startswith("'shiny' is not a known state")
    assert read.article.resolution == "x"


def test_a_number_that_json_cannot_hold_is_kept_as_text() -> None:
    assert parse_markdown("---\nrank: .inf\n---\n# T\n\nx", "t.md").extra == {"rank": "inf"}
