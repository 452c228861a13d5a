from time import perf_counter

import pytest

from kb.reading.said import said
from kb.reading.signature import without_signature

_SAID = "The beamer in room 5 flickers."


@pytest.mark.parametrize("closing", ["Best regards,", "Danke", "Cordialement,", "Un saludo,", "--", "-- "])
@pytest.mark.parametrize(
    "contact",
    [
        "Ben",
        "ben",
        "Ben Example\nHead of IT\nExample Ltd.\nphone: +49 30 1234\nben@example.org | www.example.org",
        "i. A. Ben Muster\nLeiter der Abteilung Einkauf\nMuster GmbH & Co. KG\nHauptstr. 5, Berlin\nTel. 030 12-34",
        "Léa Exemple\nResponsable informatique\n12, rue de la Paix\n75002 Paris\nTél. : 01 23 45 67 89",
        "Ana Ejemplo\nDepartamento de Ventas\nEjemplo S.L.\nC/ Mayor 3, 28013 Madrid\nMóvil: 600 123 456",
        "Ben\n\nThanks",
    ],
)
def test_what_says_who_wrote_is_left_out(closing: str, contact: str) -> None:
    assert without_signature(f"Hello,\n{_SAID}\n\n{closing}\n{contact}") == f"Hello,\n{_SAID}"


@pytest.mark.parametrize("courtesy", ["Thank you!", "vielen Dank.", "Merci !", "Muchas gracias.", "Best regards,\nBen"])
@pytest.mark.parametrize(
    "complaint",
    [
        "But now the headset is silent.\nCode 0x81 is shown.",
        "Jetzt aber bleibt das Headset stumm.\nFehler 0x81",
        "Maintenant le casque ne marche plus.",
        "Ahora los auriculares no suenan.",
        "P.S. headset is silent",
        "Headset: Störung",
        "HEADSET DOES NOT PLAY",
        "Headset klemmt",
        "Headset Error 81",
        "What about Room 7?",
    ],
)
@pytest.mark.parametrize("before", ["Hello,\n", "Bonjour,\n", f"{_SAID}\n"])
def test_a_complaint_below_thanks_stays(before: str, courtesy: str, complaint: str) -> None:
    text = f"{before}{courtesy}\n{complaint}"
    assert without_signature(text) == text


@pytest.mark.parametrize(
    "greeting", ["Hi", "Hallo Team,", "Sehr geehrte Damen und Herren,", "Bonjour à tous,", "Hola,"]
)
@pytest.mark.parametrize("complaint", ["the headset is silent", "das Headset klemmt.", "Headset Nord", "no suena"])
@pytest.mark.parametrize("line", ["\n--\n", "\n\n-- \n\n"])
def test_lines_of_dashes_part_a_text_and_end_none(greeting: str, complaint: str, line: str) -> None:
    read = said("", f"{greeting}{line}{complaint}{line}Danke").complaint
    assert read.startswith(greeting)
    assert complaint in read


def test_what_is_said_below_a_line_of_dashes_stays() -> None:
    text = f"{_SAID}\n--\nthe headset is silent, too"
    assert without_signature(text) == text


@pytest.mark.parametrize("greeting", ["Hello,", "Hallo Frau Muster,", "Bonjour Madame,", "Buenos días,"])
def test_a_greeting_alone_is_never_what_is_left(greeting: str) -> None:
    for rest in ("-- \nAna Nord\nHeadset Ltd", "Danke\nHeadset Halle 4"):
        assert said("", f"{greeting}\n\n{rest}").complaint == f"{greeting}\n\n{rest}"


@pytest.mark.parametrize("line", ["thanks\n", "-- \n", "Danke\nA\n", "x\nThanks\n", "Hello\n", "? \n"])
def test_reads_a_long_text_in_bounded_time(line: str) -> None:
    started = perf_counter()
    without_signature(line * (20_000 // len(line)))
    assert perf_counter() - started < 5
