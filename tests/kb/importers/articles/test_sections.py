from __future__ import annotations

import pytest

from kb.importers.articles.pages import parse_markdown
from kb.importers.articles.sections import split_sections

STYLES = {
    "setext": "Symptoms\n--------\n\nNo sound.\n\nResolution\n---\n\nUnmute.",
    "setext, numbered": "1. Symptoms\n-----------\nNo sound.\n\n2) Resolution\n=============\nUnmute.",
    "bold": "**Symptoms**\n\nNo sound.\n\n**Resolution**\n\nUnmute.",
    "bold with colon": "**Symptoms:**\nNo sound.\n\n__Resolution__:\nUnmute.",
    "bold beside the text": "**Symptoms:** No sound.\n\n**Resolution** \u2013 Unmute.",
    "bold in a heading": "## **Symptoms**\n\nNo sound.\n\n## *Resolution*\n\nUnmute.",
    "numbered": "## 1. Symptoms\n\nNo sound.\n\n## 2) Resolution\n\nUnmute.",
    "roman": "## I. Symptoms\n\nNo sound.\n\n## IV. Resolution\n\nUnmute.",
    "emoji": "## \U0001f50e Symptoms\n\nNo sound.\n\n## :wrench: Resolution\n\nUnmute.",
    "anchors": "## Symptoms {#s .x}\n\nNo sound.\n\n## <a name='r'></a>Resolution\n\nUnmute.",
    "HTML": "<h2>Symptoms</h2>\n<p>No sound.</p>\n<h3 id='r'>Resolution</h3>\n<p>Unmute.</p>",
    "details": "<details><summary>Symptoms</summary>\n\nNo sound.\n\n</details>\n"
    "<details>\n<summary><b>Resolution</b></summary>\n\nUnmute.\n</details>",
    "nested": "### Symptoms\n\nNo sound.\n\n#### Resolution\n\nUnmute.",
    "below another": "## Details\n\n### Symptoms\n\nNo sound.\n\n### Resolution\n\nUnmute.",
    "no space": "##Symptoms\n\nNo sound.\n\n##Resolution\nUnmute.",
    "capitals": "SYMPTOMS:\nNo sound.\n\nRESOLUTION\nUnmute.",
    "colons": "Symptoms: No sound.\nResolution: Unmute.",
    "alone": "Symptoms\n\nNo sound.\n\nResolution\n\nUnmute.",
    "brackets": "[Symptoms]\nNo sound.\n\n[Resolution]\nUnmute.",
    "list": "- **Symptoms:** No sound.\n- **Resolution:** Unmute.",
    "callouts": "> [!bug] Symptoms\n> No sound.\n\n> [!tip]+ Resolution\n> Unmute.",
    "admonitions": '!!! bug "Symptoms"\n    No sound.\n\n??? tip "Resolution"\n    Unmute.',
    "containers": ":::danger[Symptoms]\nNo sound.\n:::\n\n::: tip Resolution\nUnmute.\n:::",
    "rows": "| | |\n|---|---|\n| **Symptoms** | No sound. |\n| Resolution | Unmute. |",
    "header": "| Symptoms | Resolution |\n|---|---|\n| No sound. | Unmute. |",
    "comment": "<!--\n## Resolution\nold\n-->\n\n## Symptoms\n\nNo sound.\n\n## Resolution\n\nUnmute.",
    "definitions": "Symptoms\n: No sound.\n\nResolution\n: Unmute.",
    "questions": "## What is the problem?\n\nNo sound.\n\n## How do I fix the sound?\n\nUnmute.",
    "German": "## Fehlerbild\n\nNo sound.\n\n## Lösungsschritte\n\nUnmute.",
    "French": "**Symptômes :**\n\nNo sound.\n\n**Étapes de résolution :**\n\nUnmute.",
    "Spanish": "## Síntomas\n\nNo sound.\n\n## Cómo solucionarlo\n\nUnmute.",
}


@pytest.mark.parametrize("body", STYLES.values(), ids=STYLES.keys())
def test_sections_are_found_in_every_style(body: str) -> None:
    article = parse_markdown(f"# Headset is silent\n\n{body}", "headset.md")
    assert article.title == "Headset is silent"
    assert [line.lstrip(": ") for line in article.issue.split("\n") if line.strip()] == ["No sound."]
    assert [line.lstrip(": ") for line in article.resolution.split("\n") if line.strip()] == ["Unmute."]


def test_a_title_that_begins_with_the_name_of_a_section_is_no_section() -> None:
    article = parse_markdown("# Error: no sound\n\n**Symptoms:**\nSilence.\n\n**Resolution:** Unmute.", "t.md")
    assert (article.title, article.issue, article.resolution) == ("Error: no sound", "Silence.", "Unmute.")


@pytest.mark.parametrize(
    "heading",
    [
        "Solución paso a paso",
        "Solution étape par étape",
        "Lösung Schritt für Schritt",
        "Step-by-step solution",
        "Lösungsvorschlag",
    ],
)
def test_a_solution_has_many_names(heading: str) -> None:
    assert parse_markdown(f"# T\n\n## {heading}\n\nDo it.", "t.md").resolution == "Do it."


@pytest.mark.parametrize(
    "heading",
    ["Resolution", "Solution", "RESOLUTION 1", "Resolution (recommended)", "Solution/Workaround", "Procedure"],
)
def test_every_usual_word_for_a_resolution_is_known(heading: str) -> None:
    assert parse_markdown(f"# T\n\n## {heading}\n\nDo it.", "t.md").resolution == "Do it."


def test_two_resolutions_are_both_kept() -> None:
    article = parse_markdown("# T\n\n## Resolution 1\n\nA\n\n## Resolution 2\n\nB", "t.md")
    assert article.resolution == "A\n\n### Resolution 2\n\nB"


def test_a_heading_that_says_more_than_a_name_is_kept_above_its_text() -> None:
    body = "## Symptoms of the headset\n\nA\n\n## Solution 1: Unmute\n\nB\n\n## Solution 2 for Linux\n\nC"
    assert split_sections(body).texts == {
        "issue": "### Symptoms of the headset\n\nA",
        "resolution": "### Solution 1: Unmute\n\nB\n\n### Solution 2 for Linux\n\nC",
    }


def test_a_table_of_problems_and_solutions_keeps_which_belongs_to_which() -> None:
    texts = split_sections("| Problem | Solution |\n|---|---|\n| a | b |\n| c | d |").texts
    assert texts == {"issue": "1. a\n2. c", "resolution": "1. b\n2. d"}


def test_steps_below_a_resolution_stay_in_it() -> None:
    body = "## Resolution\n\nA\n\n### Problem with the cable\n\nB\n\n"
    body += "### For Windows\n\nC\n\n**Cause**\n\nD\n\n## Cause\n\nE"
    texts = split_sections(body).texts
    assert texts == {
        "resolution": "A\n\n### Problem with the cable\n\nB\n\n### For Windows\n\nC\n\n**Cause**\n\nD",
        "cause": "E",
    }


def test_a_bold_line_that_names_no_section_stays_where_it_is() -> None:
    texts = split_sections("**Fix**\n\nA\n\n**On a Mac**\n\nB\n\n**See also**\n\nC").texts
    assert texts == {"resolution": "A\n\n**On a Mac**\n\nB", "See also": "C"}


def test_code_quotes_and_prose_begin_no_section() -> None:
    body = "## Fix\n\n```\n# Cause\n```\n\n    # Cause\n\n> said: no Cause\n\n"
    body += "Nobody knows the cause: it just happens\n\n- item\n  # no"
    assert list(split_sections(body).texts) == ["resolution"]


def test_hashtags_are_no_headings() -> None:
    assert split_sections("#vpn #home\n\nIt drops.").texts == {"": "#vpn #home\n\nIt drops."}
