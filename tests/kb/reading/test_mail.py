from time import perf_counter

import pytest

from kb.reading.mail import newest_part, topic_of

_NEW = "The beamer in room 5 flickers."
_OLD = "The door badge reader is dead."


@pytest.mark.parametrize(
    "below",
    [
        f"From: Desk <desk@example.org>\nSent: Monday, 4 May 2026 09:00\nTo: Ana\nSubject: RE: badge\n\n{_OLD}",
        f"Von: Desk\nGesendet: Montag, 4. Mai 2026 09:00\nAn: Ana\nBetreff: AW: Badge\n\n{_OLD}",
        f"De : Desk\nEnvoyé : lundi 4 mai 2026 09:00\nÀ : Ana\nObjet : RE: badge\n\n{_OLD}",
        f"De: Desk\nEnviado el: lunes, 4 de mayo de 2026\nPara: Ana\nAsunto: RE: placa\n\n{_OLD}",
        f"On Mon, 4 May 2026 at 09:00, Desk <desk@example.org> wrote:\n> {_OLD}",
        f"On Mon, 4 May 2026 at 09:00, The Desk of Example\n<desk@example.org> wrote:\n\n> {_OLD}",
        f"Am 04.05.2026 um 09:00 schrieb Desk <desk@example.org>:\n> {_OLD}",
        f"Le lun. 4 mai 2026 à 09:00, Desk <desk@example.org> a écrit :\n> {_OLD}",
        f"El lun, 4 may 2026 a las 9:00, Desk (<desk@example.org>) escribió:\n> {_OLD}",
        f"-----Original Message-----\n{_OLD}",
        f"-----Ursprüngliche Nachricht-----\n{_OLD}",
        f"> {_OLD}\n> Please help.",
    ],
)
@pytest.mark.parametrize("signature", ["", "\n\n-- \nAna\nTel 12 34", "\n\nMit freundlichen Grüßen\nAna Muster"])
def test_reads_what_stands_above_a_quoted_mail(below: str, signature: str) -> None:
    assert newest_part(f"{_NEW}{signature}\n\n{below}") == _NEW


def test_reads_headers_that_run_together_on_one_line() -> None:
    text = f"{_NEW} From: Desk Sent: Monday, 4 May To: Ana Subject: RE: badge {_OLD}"
    assert newest_part(text) == _NEW


def test_reads_an_answer_below_the_quote() -> None:
    assert newest_part(f"On 4 May 2026, Desk wrote:\n> {_OLD}\n\n{_NEW}") == _NEW


def test_reads_an_answer_between_the_lines() -> None:
    assert newest_part("> Is the lamp on?\nNo, it blinks.\n> Since when?\nMonday.") == "No, it blinks.\nMonday."


@pytest.mark.parametrize("note", ["", "FYI\n\n", "Please see below.\n\n"])
def test_a_mail_that_only_forwards_is_read_by_what_it_forwards(note: str) -> None:
    forwarded = f"---------- Forwarded message ---------\nFrom: Ben\nDate: Mon\nSubject: badge\nTo: desk\n\n{_OLD}"
    assert newest_part(note + forwarded).endswith(_OLD)


def test_a_few_words_are_enough_below_a_subject_of_their_own() -> None:
    text = f"It flickers.\n\nOn 4 May 2026, Desk wrote:\n> {_OLD}"
    assert newest_part(text, subject="Beamer in room 5") == "It flickers."
    assert newest_part(text, subject="RE: badge").endswith(_OLD)


def test_a_short_note_above_a_forwarded_mail_is_read_with_it() -> None:
    note = "Hello all, can somebody help this colleague today?"
    text = f"{note}\n\nFrom: Ben\nSent: Mon\nTo: Ana\nSubject: badge\n\n{_OLD}"
    assert newest_part(text, subject="FW: badge") == f"{note}\n{_OLD}"
    assert newest_part(text, subject="RE: badge") == note


@pytest.mark.parametrize(
    "closing",
    [
        "Best regards,\nBen",
        "Viele Grüße\nBen\nTel. 0 12",
        "Cordialement,\nBen",
        "Un saludo,\nBen",
        "Best regards / Viele Grüße\nBen",
        "Thanks",
        "Saludos,\nBen\nEste mensaje es confidencial. Si lo ha recibido por error, por favor elimínelo.",
    ],
)
def test_leaves_out_a_signature_below_a_closing(closing: str) -> None:
    assert newest_part(f"{_NEW}\n\n{closing}") == _NEW


def test_keeps_what_follows_a_closing_that_ends_nothing() -> None:
    text = f"{_NEW}\nThanks\nPS: it only happens when two people share their screens in the same meeting"
    assert newest_part(text) == text


@pytest.mark.parametrize(
    "notice",
    [
        "This e-mail is confidential and for the intended recipient alone. If you received it in error, delete it now.",
        "Diese E-Mail ist vertraulich und nur für den Empfänger bestimmt, nicht für andere.",
        "Ce message est confidentiel et destiné à son seul destinataire, à l'exclusion de tout autre.",
        "Este mensaje es confidencial y va dirigido únicamente a su destinatario; si lo recibe por error, bórrelo.",
        "Sent from my phone",
        "Gesendet mit Outlook für iOS",
        "Holen Sie sich Outlook für Android",
        "CAUTION: This email originated from outside of the organization. Do not click links.",
    ],
)
def test_leaves_out_notices(notice: str) -> None:
    assert newest_part(f"{_NEW}\n\n{notice}") == _NEW


@pytest.mark.parametrize(
    "text",
    [
        "-- \nAna\nExample Ltd",
        f"> {_OLD}",
        "Thanks",
        "This e-mail is confidential and for the intended recipient alone. If you received it in error, delete it now.",
        "From: Berlin\nTo: Madrid\nDate: 3 May\nThe booking tool rejects my trip",
        "Hello\n\nOn the shelf there are 3 phones, one of them rings",
    ],
)
def test_never_returns_nothing(text: str) -> None:
    assert newest_part(text) == text


def test_a_subject_stands_without_prefixes() -> None:
    assert topic_of("RE: AW: Fwd: badge", _OLD, _OLD) == "badge"
    assert topic_of("Restore: badge", _OLD, _OLD) == "Restore: badge"


def test_the_subject_of_a_quoted_mail_is_not_that_of_what_is_new() -> None:
    new = "Thanks, the badge works. Another thing: my headset makes no sound in meetings."
    assert topic_of("RE: badge", new, f"{new}\n> {_OLD}\n> Ana") == ""
    assert topic_of("badge", new, f"{new}\n> {_OLD}\n> Ana") == "badge"
    assert topic_of("RE: badge", "It is back.", f"It is back.\n> {_OLD}\n> Ana") == "badge"


@pytest.mark.parametrize("line", ["From: a\n", "On 1 a\n", "-- \n", "thanks\n", "> a\n", "Subject: From: "])
def test_reads_a_long_text_in_bounded_time(line: str) -> None:
    started = perf_counter()
    newest_part(line * (20_000 // len(line)))
    assert perf_counter() - started < 10
