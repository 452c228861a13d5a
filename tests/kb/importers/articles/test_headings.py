from __future__ import annotations

import pytest

from kb.importers.articles.headings import FURTHER_PART, section_headed, section_named, section_of_key


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("Error message", "issue"),
        ("Fehlermeldungen", "issue"),
        ("Gilt für", "environment"),
        ("S'applique à", "environment"),
        ("Why does this happen?", "cause"),
        ("Causa raíz", "cause"),
        ("Steps to resolve", "resolution"),
        ("Step 3: The fix", "resolution"),
        ("Wie kann ich das beheben?", "resolution"),
        ("Ursache und Lösung", "resolution"),
        ("Oplossing", "resolution"),
        ("Solución temporal", "workaround"),
        ("Temporary fix", "workaround"),
        ("Weitere Informationen", FURTHER_PART),
        ("On Windows", None),
        ("Environment variables", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_a_heading_begins_the_section_that_it_names(heading: str, section: str | None) -> None:
    assert section_headed(heading) == section


def test_a_sentence_about_a_section_is_not_its_name() -> None:
    assert section_named("How to fix Outlook") is None
    assert section_headed("How to fix Outlook") == "resolution"


def test_a_column_is_known_by_its_key() -> None:
    assert section_of_key("losung") == "resolution"
    assert section_of_key("seealso") is None
