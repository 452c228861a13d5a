from __future__ import annotations

import json

import pytest

from kb.importers.articles.facts import FactError
from kb.importers.articles.tables import article_from_row
from kb.records.article import Section, State

PAGE = "<h2>Symptoms</h2><p>No <b>light</b>.</p><h2>Resolution</h2><p>Charge it.</p>"


@pytest.mark.parametrize(
    "row",
    [
        {"number": "KB7", "short_description": "Dock is dead", "text": PAGE, "workflow_state": "published"},
        {"number": "KB7", "short_description": "Dock is dead", "text": "", "kb_issue": "<p>No <b>light</b>.</p>",
         "kb_resolution": "<p>Charge it.</p>", "workflow_state": "published"},
        {"id": "KB7", "title": "Dock is dead", "body": PAGE, "draft": "false", "locale": "en-us"},
        {"id": "KB7", "title": "Dock is dead", "description": PAGE, "description_text": "No light. Charge it.",
         "status": "2", "folder_id": "4"},
        {"id": "KB7", "title": "Dock is dead", "status": "current",
         "body": json.dumps({"storage": {"value": PAGE, "representation": "storage"}})},
        {"id": "KB7", "title": "Dock is dead", "status": "current", "body.storage.value": PAGE},
        {"ID": "KB7", "Subject": "Dock is dead", "Content": PAGE.replace("<", "&#60;").replace(">", "&#62;"),
         "State": "Approved"},
        {"ID": "KB7", "Betreff": "Dock is dead", "Inhalt": PAGE, "Status": "Veröffentlicht"},
        {"NUMMER": "KB7", "TITEL": "Dock is dead", "SYMPTOME": "No **light**.", "LÖSUNG": "Charge it.",
         "ZUSTAND": "Freigegeben"},
        {"Número": "KB7", "Título": "Dock is dead", "Síntomas": "No **light**.", "Solución": "Charge it.",
         "Estado": "Publicado"},
        {"Number": "KB7", "Title": "Dock is dead", "Symptom (public)": "No **light**.",
         "Solution (public)": "Charge it.", "State": "public (all)"},
        {"ArticleNumber": "KB7", "Title": "Dock is dead", "Issue__c": "No **light**.",
         "Resolution__c": "Charge it.", "PublishStatus": "Online"},
        {"number": "KB7", "title": "Dock is dead", "body": "Symptoms: No **light**.\nResolution: Charge it.",
         "status": "published"},
    ],
)  # fmt: skip
def test_an_article_of_any_tool_is_the_same_article(row: dict[str, str]) -> None:
    article = article_from_row(row).article
    assert (article.id, article.title, article.state) == ("KB7", "Dock is dead", State.VALIDATED)
    assert (article.issue, article.resolution) == ("No **light**.", "Charge it.")


@pytest.mark.parametrize(
    ("row", "title"),
    [
        ({"id": "1", "body": "# Dock is dead\n\n## Fix\n\nx"}, "Dock is dead"),
        ({"question": "Why is my dock dead?", "answer": "No power."}, "Why is my dock dead?"),
        ({"title": "", "issue": "Dock is dead\n\nIt shows no light."}, "Dock is dead"),
    ],
)
def test_a_title_that_no_column_has_is_found_in_the_text(row: dict[str, str], title: str) -> None:
    assert article_from_row(row).article.title == title


def test_a_row_without_a_title_or_text_is_refused_with_a_sentence() -> None:
    with pytest.raises(FactError, match="needs a title"):
        article_from_row({"id": "1", "resolution": "x"})
    with pytest.raises(FactError, match="needs a text"):
        article_from_row({"id": "1", "title": "x"})


def test_a_heading_beside_the_title_and_columns_that_are_unknown_are_kept() -> None:
    article = article_from_row({"title": "Dock", "body": "# Dock is dead\n\nIt is.", "Writer": "A", "x": ""}).article
    assert article.extra == {"Writer": "A", "heading": "Dock is dead"}
    assert article.sections == (Section("", "It is."),)


def test_two_columns_of_one_section_are_both_kept() -> None:
    article = article_from_row({"title": "Dock", "Symptom": "No light.", "Problem": "Dead.", "Fix": "x"}).article
    assert article.issue == "No light.\n\n### Problem\n\nDead."


def test_a_description_of_one_line_is_the_summary() -> None:
    article = article_from_row({"title": "Dock", "description": "About docks", "resolution": "x"}).article
    assert (article.summary, article.resolution) == ("About docks", "x")


def test_what_else_a_template_says_is_a_section() -> None:
    article = article_from_row({"short_description": "Dock", "kb_introduction": "<p>A</p>", "kb_answer": "B"}).article
    assert (article.resolution, article.sections) == ("B", (Section("Introduction", "A"),))


def test_facts_inside_other_objects_are_found() -> None:
    row = {"number": "1", "translation.content.title": "Dock", "translation.content.content": "<b>Fix</b><br>x"}
    article = article_from_row(row).article
    assert (article.id, article.title, article.resolution) == ("1", "Dock", "x")


@pytest.mark.parametrize(
    "column", ["Workflow", "Publication status", "Freigabe", "Freigabestatus", "Statut de publication"]
)
def test_the_state_has_many_names(column: str) -> None:
    row = {"Number": "1", "Title": "Dock", "Resolution": "x", column: "Published"}
    assert article_from_row(row).article.state is State.VALIDATED


@pytest.mark.parametrize("column", ["Artikel-Nr.", "Référence", "Código", "Solution ID"])
def test_the_id_has_many_names(column: str) -> None:
    assert article_from_row({column: "A-7", "Title": "Dock", "Resolution": "x"}).article.id == "A-7"


def test_nothing_is_validated_without_an_answer() -> None:
    read = article_from_row({"title": "Dock", "body": "<p>All about docks</p>", "status": "published"})
    assert read.article.state is State.WORK_IN_PROGRESS
    assert "kept as Work in Progress" in read.notes[0][1]


@pytest.mark.parametrize(
    "row",
    [
        {"Symptom": "It hums", "Workaround": answer, "Resolution": answer}
        for answer in (
            "n/a",
            "-",
            "None.",
            "(keine)",
            "To be defined",
            "…",
            "<div>TBD</div>",
            "<p>-</p><p>N/A</p>",
            "NA",
            "1. N/A",
            "<h3>Steps</h3><ol><li>TBD</li></ol>",
        )
    ]
    + [{"body": "<h2>Symptoms</h2><p>It hums</p><h2>How to fix</h2><p><i>folgt noch</i></p>"}],
)
def test_a_placeholder_is_no_answer(row: dict[str, str]) -> None:
    article = article_from_row({"title": "Fan", **row, "status": "Published"}).article
    assert (article.state, article.issue) == (State.WORK_IN_PROGRESS, "It hums")


def test_a_short_answer_and_a_picture_are_answers() -> None:
    for answer in ("Reboot", "`sc stop x`", "![](steps.png)", "1. Oil it", "`<script>x</script>`"):
        article = article_from_row({"title": "Fan", "resolution": answer, "status": "published"}).article
        assert article.state is State.VALIDATED


def test_json_without_end_in_a_cell_is_kept_as_text() -> None:
    nested = '{"a":' * 3000 + "1" + "}" * 3000
    assert article_from_row({"title": "Dock", "resolution": "x", "raw": nested}).article.extra == {"raw": nested}
