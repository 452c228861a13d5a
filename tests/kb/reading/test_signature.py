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
        "Ben Example\nSoftware Engineer, IT Systems\nben_example@example.org",
    ],
)
def test_what_says_who_wrote_is_left_out(closing: str, contact: str) -> None:
    assert without_signature(f"Hello,\n{_SAID}\n\n{closing}\n{contact}") == f"Hello,\n{_SAID}"


@pytest.mark.parametrize(
    "closing",
    [
        "Mit freundlichem Gruß",
        "Schöne Grüße",
        "Viele Grüße aus Bad Nord",
        "LG Ben",
        "Danke und Gruß",
        "Vielen Dank für Ihre schnelle Hilfe!",
        "Best regards from New Town,",
        "Kind regards, Ben Example",
        "Thanks, Ben",
        "Thanks & regards",
        "Many thanks and best wishes,",
        "BR,",
        "Thank you for your support!",
        "Thanks a lot in advance.",
        "Bien à vous,",
        "Cdt,",
        "Veuillez agréer, Madame, l'expression de mes salutations distinguées.",
        "Un abrazo,",
        "Grüße aus dem schönen Norden",
        "Merci et bonne journée",
        "Merci beaucoup pour votre aide,",
        "Reciba un cordial saludo,",
        "Gracias y saludos,",
        "Muchas gracias por su ayuda.",
        "Saludos desde Ciudad Norte",
        "Thanks / Danke",
        "Cordiali saluti,",
        "Met vriendelijke groet,",
        "Muito obrigada",
    ],
)
def test_many_words_close_a_mail(closing: str) -> None:
    assert without_signature(f"{_SAID}\n\n{closing}\nBen Example\nExample GmbH\nTel. 0 12") == _SAID
    assert without_signature(f"{_SAID}\n{closing}") == _SAID


@pytest.mark.parametrize(
    "line", ["Thanks, headset is silent", "Danke, Headset klemmt", "Thanks, Headset Error 81", "Best headset ever"]
)
def test_a_complaint_beside_thanks_stays(line: str) -> None:
    assert without_signature(f"{_SAID}\n{line}\nBen") == f"{_SAID}\n{line}\nBen"


@pytest.mark.parametrize(
    "disclaimer",
    [
        "This e-mail and its attachments are confidential and\nintended solely for the addressee. If you are not\n"
        "the addressee, any copying of the message or action\ntaken in reliance on it is not allowed.",
        "If you are not the intended recipient you must\nnot copy this message or disclose its contents\nto anyone.",
        "CONFIDENTIALITY NOTICE\nThe information in this message is for the\nintended recipient alone.\n"
        "If you received it in error, delete it.",
        "Diese E-Mail enthält vertrauliche Informationen und ist\nnur für den Empfänger bestimmt. Sollten Sie nicht\n"
        "der Empfänger sein, löschen Sie diese Nachricht.",
        "Ce message est confidentiel et destiné à son\nseul destinataire. Toute diffusion par erreur\nest interdite.",
        "Este mensaje es confidencial y va dirigido\núnicamente a su destinatario. Si no es usted,\nbórrelo ahora.",
        "Please consider the environment before printing this e-mail.",
    ],
)
def test_a_disclaimer_that_is_wrapped_is_left_out(disclaimer: str) -> None:
    assert without_signature(f"{_SAID}\n\n{disclaimer}") == _SAID
    assert without_signature(f"{disclaimer}\n\n{_SAID}").strip() == _SAID
    assert without_signature(f"{_SAID}\n\nThanks,\nBen\n\n{disclaimer}") == _SAID


@pytest.mark.parametrize(
    "text",
    [
        "This message appears for each confidential mail\nthat I send to a recipient in another office\nsince noon.",
        "Diese Nachricht kommt bei jeder vertraulichen E-Mail\nan einen Empfänger in Halle 4, seit heute.\nWarum?",
        "If you received this, call me.\nMy headset is silent.",
    ],
)
def test_a_complaint_about_confidential_mails_stays(text: str) -> None:
    assert without_signature(f"Hello,\n{text}\nIt is urgent.") == f"Hello,\n{text}\nIt is urgent."


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
        "Also Headset Room 5",
        "Benutzer: ANORD",
        "ERR_HEADSET_RESET",
        "550 5.7.1 Relaying",
        "1. Headset\n2. Beamer",
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
