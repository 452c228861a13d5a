"""Names of columns: compared whatever their style, accents and decoration."""

from __future__ import annotations

import pytest

from kb.vocabulary.column_name import name_forms, name_keys, name_words, singular_words


@pytest.mark.parametrize(
    ("column", "known"),
    [
        ("ResolvedDateTime", "resolved date time"),
        ("Assigned Group*+", "assigned group"),
        ("\ufeffTicket#", "ticket number"),
        ("Catégorie", "categorie"),
        ("team_id->friendlyname", "team id"),
        ("Requester - Requester", "requester"),
        ("fields.summary", "summary"),
        ("Custom field (Urgency)", "urgency"),
        ("CustomField.{Site}", "site"),
        ("custom_fields.building", "building"),
        ("customfield_10077.requestType", "request type"),
        ("[Incident] Opened (UTC)", "opened"),
        ("Ticket Status", "status"),
        ("incidentStatus", "status"),
        ("requester.name", "requester"),
        ("Priority  Name", "priority"),
        ("Création : date", "creation date"),
    ],
)
def test_a_name_is_known_in_any_style(column: str, known: str) -> None:
    assert set(name_keys(known)) & set(name_forms(column))


@pytest.mark.parametrize("column", ["Resolved (h)", "Opened (days)", "Resolution time [min]", "Closed (%)"])
def test_a_unit_in_brackets_is_part_of_the_name(column: str) -> None:
    assert len(name_forms(column)) == 1


@pytest.mark.parametrize(
    "column",
    [
        "Opened (UTC+5:30)", "Opened [CEST]", "Opened (Asia/Tokyo)", "Opened (Mitteleuropäische Zeit)",
        "Opened (local time)", "Opened (YYYY-MM-DD HH:MM)", "Opened (jj/mm/aaaa hh:mm)", "Opened (ISO 8601)",
        "Opened (EN)", "Opened (deutsch)", "Opened (obligatoire)", "(Incident) Opened", "Opened (2)", "Opened ()",
    ],
)  # fmt: skip
def test_what_only_decorates_a_name_is_cut(column: str) -> None:
    assert "opened" in name_forms(column)


@pytest.mark.parametrize(
    "column",
    [
        "Description (internal)", "Description [Agent]", "Beschreibung (intern)", "Description (équipe)",
        "Status (Problem)", "Estado (padre)", "Number (Change)", "Closed (SLA)", "{Parent} Status",
        "Closed (Change) (UTC)",
    ],
)  # fmt: skip
def test_what_makes_another_column_of_a_name_is_part_of_it(column: str) -> None:
    assert len(name_forms(column)) == 1


def test_umlauts_are_the_same_written_out_or_dropped() -> None:
    assert set(name_keys("Priorität")) == {"prioritat", "prioritaet"}


def test_words_of_a_name_are_split_at_capitals() -> None:
    assert name_words("CustomerUserID") == ("customer", "user", "id")
    assert name_words("assigned_to_group") == ("assigned", "to", "group")


def test_a_name_of_punctuation_alone_has_no_form() -> None:
    assert name_forms(" -*- ") == ()


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("Categories", ("category",)),
        ("Categorías", ("categoria",)),
        ("Ubicaciones", ("ubicacion",)),
        ("Lieux", ("lieu",)),
        ("AffectedSites", ("affected", "site")),
        ("Status", ("status",)),
        ("Class", ("class",)),
    ],
)
def test_words_are_compared_without_their_plural_endings(plural: str, singular: tuple[str, ...]) -> None:
    assert singular_words(plural) == singular
