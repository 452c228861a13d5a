"""Values, texts and moments that mean that there is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kb.vocabulary.nothing import is_no_date, is_no_moment, is_nothing, is_unwritten


@pytest.mark.parametrize(
    "value",
    [
        "", "-", "...", "(?)", "[none]", "-- None --", "<Keine>", "*nicht definiert*", "Ohne Angabe", "- AUCUNE -",
        "-- Please choose --", "(Bitte auswählen)", "Veuillez sélectionner", "Seleccione", "Sin categoría",
        "Non Defini", "(sin datos)", "Nicht klassifiziert", "n. a.", "N/A.",
    ],
)  # fmt: skip
def test_a_placeholder_is_nothing_whatever_signs_stand_around_it(value: str) -> None:
    assert is_nothing(value)


@pytest.mark.parametrize("value", ["NA", "Other", "Sonstiges", "C", "(C)", "Group 0", "None of these fit", "Keiner 2"])
def test_a_value_that_may_be_real_is_kept(value: str) -> None:
    assert not is_nothing(value)


@pytest.mark.parametrize("text", ["NA", "tba", "Todo.", "n/a\n\n-", "Folgt noch ...", "À compléter", "(pendiente)", ""])
def test_words_that_stand_in_for_a_text_are_none(text: str) -> None:
    assert is_unwritten(text)


@pytest.mark.parametrize("text", ["Restart it.", "N/A\nRestart it.", "To do this, restart it.", "Unknown to the owner"])
def test_a_text_that_says_anything_is_written(text: str) -> None:
    assert not is_unwritten(text)


@pytest.mark.parametrize("text", ["0", "0000-00-00", "00.00.0000 00:00", "0000/00/00T00:00:00Z", "nunca", "(keine)"])
def test_zeros_and_words_are_no_date(text: str) -> None:
    assert is_no_date(text)


def test_a_day_that_programs_store_for_no_date_is_none() -> None:
    assert is_no_moment(datetime(1970, 1, 1, 9, tzinfo=UTC))
    assert is_no_moment(datetime(1900, 1, 1))  # noqa: DTZ001 (a moment without a zone)
    assert is_no_moment(datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    assert not is_no_moment(datetime(1970, 1, 2, tzinfo=UTC))
