import pytest

from kb.reading.said import said

_QUOTES = [
    "From: Desk <desk@example.org>\nSent: Monday, 4 May 2026 09:00\nTo: Ana\nSubject: badge\n\n{old}",
    "Am 04.05.2026 um 09:00 schrieb Desk <desk@example.org>:\n> {old}",
]
_OLD = "The door badge reader is dead."


@pytest.mark.parametrize("quote", _QUOTES)
@pytest.mark.parametrize(
    "new",
    [
        "Teams won't load",
        "Teams lädt nicht.",
        "VPN trennt ständig",
        "Teams ne charge pas.",
        "Teams no carga.",
        "No internet.",
        "Die Tastatur klemmt.",
        "Mon clavier est cassé.",
        "Thanks!\nNow the keyboard sticks.",
    ],
)
@pytest.mark.parametrize("closing", ["", "\n\nGrüße\nAna Nord"])
def test_three_words_that_name_a_matter_decide(new: str, closing: str, quote: str) -> None:
    assert said("RE: badge", f"{new}{closing}\n\n{quote.format(old=_OLD)}").complaint == new


@pytest.mark.parametrize("quote", _QUOTES)
@pytest.mark.parametrize(
    "new",
    [
        "It flickers.",
        "Still broken.",
        "Immer noch kaputt.",
        "Toujours en panne.",
        "Sigue sin funcionar.",
        "FYI",
        "Hello Ms Nord,\nplease see below.",
        "Any news?",
        "Gibt es schon etwas Neues?",
        "Siehe unten, danke!",
        "Bonjour Madame,\ndes nouvelles ?",
        "Hola,\n¿alguna novedad?",
        "Danke!\n\nMit freundlichen Grüßen\nAna Nord",
    ],
)
def test_what_names_nothing_is_read_with_what_it_answers(new: str, quote: str) -> None:
    read = said("RE: badge", f"{new}\n\n{quote.format(old=_OLD)}").complaint
    assert read.endswith(f"{new}\n{_OLD}")


@pytest.mark.parametrize(
    "new",
    [
        "Hallo,\nvielen Dank.\nJetzt druckt aber das Faxgerät nicht mehr.\nFehler 0x81",
        "That works now.\nThank you!\n\nNew problem: the fax is silent.",
        "Thanks, the badge works.\nSince today the fax is silent.",
        "Danke, das Badge geht wieder.\nSeit heute bleibt das Fax stumm.",
        "Merci beaucoup.\nPar contre, le fax est muet.",
        "Merci !\nMaintenant le fax ne marche plus.",
        "Gracias, ya funciona.\nAhora el fax no envía nada.",
        "Das ist erledigt. Neues Anliegen:\nDas Fax sendet nichts.",
    ],
)
def test_a_settled_matter_does_not_decide(new: str) -> None:
    assert said("AW: badge", new).complaint == new


@pytest.mark.parametrize(
    "new",
    [
        "Now it beeps at noon",
        "Thanks. It still beeps, but less",
        "Error 0x81 appears at the gate",
        "Thanks.\nSince today the gate beeps.",
        "It works at home. The office gate beeps.",
        "Danke, aber es piept weiterhin",
        "Merci, mais ça bipe toujours",
    ],
)
def test_a_reply_about_the_same_keeps_its_subject(new: str) -> None:
    assert said("AW: badge", new).complaint == f"badge\n{new}"
