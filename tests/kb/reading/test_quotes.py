from time import perf_counter

import pytest

from kb.reading.mail import newest_part
from kb.reading.quotes import quote_in

_NEW = "The beamer in room 5 flickers."
_OLD = "The door badge reader is dead."


@pytest.mark.parametrize(
    "introduction",
    [
        "desk@example.org schrieb am 04.05.2026 09:00:",
        "Desk/Example wrote on 05/04/2026 09:00:",
        "Desk <desk@example.org> wrote on Monday, May 4, 2026 at 9:00 AM:",
        "Desk Nord schrieb am Mo., 4. Mai 2026 um 09:00 Uhr:",
        "Desk <desk@example.org>\nschrieb am 04.05.2026 um 09:00:",
        "Desk/Exemple a écrit le 04/05/2026 à 09:00 :",
        "Desk/Ejemplo escribió el 04/05/2026 a las 9:00:",
        "Desk <desk@example.org> wrote:",
        "Desk Exemple, le 4 mai 2026 09:00, a écrit :",
        "2026-05-04 9:00 GMT+02:00 Desk <desk@example.org>:",
        "Le lun. 4 mai 2026 à 09:00, Service Desk <desk@example.org> a\nécrit :",
        "On Mon, May 4, 2026 at 9:00 AM Service Desk <desk@example.org>\nwrote:",
        "Am Mo., 4. Mai 2026 um 09:00 Uhr schrieb Service Desk <\ndesk@example.org>:",
        "Le lun. 4 mai 2026 à 09:00, Service Desk <desk@example.org>\na écrit :",
        "El lun, 4 may 2026 a las 9:00, Service Desk (<desk@example.org>)\nescribió:",
    ],
)
@pytest.mark.parametrize("old", [_OLD, f"> {_OLD}"])
def test_reads_what_stands_above_an_introduction(introduction: str, old: str) -> None:
    assert newest_part(f"{_NEW}\n\n{introduction}\n{old}") == _NEW
    assert newest_part(f"{_NEW}\n\n{introduction}\n\n{old}") == _NEW


@pytest.mark.parametrize("introduction", ["Desk wrote:", "Desk schrieb:", "Desk a écrit :", "Desk escribió:"])
def test_an_introduction_above_marked_lines_needs_no_date(introduction: str) -> None:
    assert newest_part(f"{_NEW}\n\n{introduction}\n> {_OLD}") == _NEW
    text = f"{_NEW}\n\n{introduction}\nDo it."
    assert newest_part(text) == text


@pytest.mark.parametrize(
    "mark",
    [
        "##- Please type your reply above this line -##",
        "----- Reply above this line -----",
        "--- Bitte antworten Sie oberhalb dieser Linie ---",
        "##- Bitte geben Sie Ihre Antwort über dieser Zeile ein -##",
        "--- Veuillez répondre au-dessus de cette ligne ---",
        "##- Escriba su respuesta por encima de esta línea -##",
        "=== Responda por encima de esta línea ===",
        "> ##- Please write your answer above this line -##",
    ],
)
def test_reads_what_stands_above_the_mark_of_a_ticket_tool(mark: str) -> None:
    assert newest_part(f"{_NEW}\n\n{mark}\n\n{_OLD}") == _NEW


@pytest.mark.parametrize(
    "headers",
    [
        "From: Desk <desk@example.org>\nSent: Monday, 4 May 2026 09:00\nTo: Ana",
        "Von: Desk\nGesendet: Montag, 4. Mai 2026 09:00\nAn: Ana",
        "From: desk@example.org\nDate: 4 May 2026 09:00\nTo: ana@example.org",
        "**From**: Desk\n**Sent**: Monday, 4 May 2026 09:00\n**To**: Ana\n**Subject**: badge",
        "**Von:** Desk\n**Gesendet:** Montag, 4. Mai 2026 09:00\n**An:** Ana\n**Betreff:** badge",
        "*De :* Desk <desk@example.org>\n*Date :* lundi 4 mai 2026\n*Objet :* badge",
        'Gesendet: Montag, 4. Mai 2026 um 09:00 Uhr\nVon: "Desk" <desk@example.org>\nAn: Ana\nBetreff: badge',
        "Sent: Monday, May 4, 2026 at 9:00 AM\nFrom: Desk\nTo: Ana\nSubject: badge",
        "Enviado: lunes, 4 de mayo de 2026, 9:00\nDe: Desk\nPara: Ana\nAsunto: placa",
        "Gesendet: Montag\nAn: Ana\nVon: Desk\nBetreff: badge",
        "Date: Mon, 4 May 2026 09:00\nFrom: desk@example.org\nSubject: badge",
        "From: Desk\nTo: Ana\nSubject: Re: badge",
    ],
)
def test_reads_what_stands_above_headers(headers: str) -> None:
    assert newest_part(f"{_NEW}\n\n{headers}\n\n{_OLD}") == _NEW


@pytest.mark.parametrize(
    "headers",
    [
        "**From**: desk@example.org\n**To**: Ana\n**Date**: Mon\n**Subject**: badge",
        "From: Desk\nSent: Monday\nTo: Ana\nSubject: badge",
        "From: Desk\nTo: Ana\nSubject: RE: badge",
    ],
)
def test_headers_that_only_mails_have_need_no_blank_line(headers: str) -> None:
    assert newest_part(f"{_NEW}\n{headers}\n{_OLD}") == _NEW


@pytest.mark.parametrize(
    "text",
    [
        "Please move us:\nFrom: building A, room 12\nTo: building B, room 14\nSubject: Ms Nord\nThe phone stays.",
        "Umzug\n\nVon: Gebäude A\nAn: Gebäude B, Raum 14\nDatum: 04.05.2026\nBetreff: Umzug\nDas Telefon bleibt.",
        "Umzug\n\nVon: Halle 4\nAn: Halle 5\nDatum: 04.05.2026, 9:00 Uhr\nBetreff: Umzug\nDas Telefon bleibt.",
        "Our mails bounce.\nFrom: ana@example.org\nTo: ben@example.com\nSubject: Order\nDate: Mon, 4 May 2026 09:00\n"
        "Please unblock the sender.",
        "De : Paris\nÀ : Lyon\nObjet : voyage\nL'outil refuse mon billet.",
        "De: Madrid\nPara: Sevilla\nFecha: 4 de mayo\nAsunto: viaje\nLa herramienta rechaza mi billete.",
        "Our mails bounce with 550 5.7.1. The header:\nFrom: ana@example.org\nTo: ben@example.com\n"
        "Subject: Order 12\nDate: Mon, 4 May 2026 09:00:00 +0200\nPlease unblock the sender.",
        "Mails kommen zurück. Beispiel:\nDatum: 4. Mai 2026 09:00\nVon: ana@example.org\nAn: ben@example.com\n"
        "Betreff: Bestellung\nBitte freischalten.",
        "She wrote: no sound\nin room 5",
        "I cannot type above 80 characters a line",
    ],
)
def test_a_form_or_a_header_that_is_shown_is_no_quote(text: str) -> None:
    assert quote_in(text) is None
    assert newest_part(text) == text


@pytest.mark.parametrize(
    "line",
    ["From: a@b\n", "Date: 9:00 From: a@b To: ", "a wrote on 1 ", "a@b wrote\n", "reply above this line", "a\nwrote "],
)
def test_reads_a_long_text_in_bounded_time(line: str) -> None:
    started = perf_counter()
    newest_part(line * (20_000 // len(line)))
    assert perf_counter() - started < 5
