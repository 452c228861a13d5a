from __future__ import annotations

import pytest

from kb.vocabulary.details import Detail, details_in


@pytest.mark.parametrize(
    ("sentence", "details"),
    [
        ("It shows error 0x80070005", {Detail.ERROR_MESSAGE}),
        ("Seit gestern geht nichts", {Detail.SINCE_WHEN}),
        ("tout le monde est touché depuis ce matin", {Detail.WHO_ELSE, Detail.SINCE_WHEN}),
        ("No funciona desde la actualización", {Detail.SINCE_WHEN, Detail.WHAT_CHANGED}),
        ("the printer jams", set()),
        ("the mirrors are bent", set()),
    ],
)
def test_a_sentence_gives_the_details_of_its_words(sentence: str, details: set[Detail]) -> None:
    assert details_in(sentence) == details
