"""Signature: the end of a mail that says who wrote it, disclaimers, and the lines that mail programs add."""

from __future__ import annotations

import re

from kb.reading.courtesies import says_something
from kb.reading.word_lists import words_of

_RULE = re.compile(r"^[-_*= ]{5,}$")
_DASHES = re.compile(r"^--[ \t]?$")
_CLOSING = re.compile(
    r"^\W{0,2}(?:(?:many |with |my )?(?:(?:best|kind|warm|kindest|warmest) )?(?:regards|wishes)|best|cheers|sincerely"
    r"|(?:yours|best) (?:sincerely|faithfully|truly)|(?:many )?thanks(?: and (?:best |kind )?regards| in advance)?"
    r"|thank you(?: in advance| very much)?|thx"
    r"|(?:mit )?(?:(?:vielen |herzlichen )?dank und )?(?:freundlichen?|besten?|herzlichen?|lieben?|vielen?|schönen?)"
    r" gr(?:u|ü|ue)(?:ß|ss)e?n?|mfg|vg|lg|gr(?:u|ü|ue)(?:ß|ss)e?|(?:vielen |herzlichen )?dank(?: im voraus)?|danke"
    r"|(?:bien |très )?cordialement(?: vôtre)?|(?:sincères |meilleures )?salutations(?: distinguées)?|bonne journée"
    r"|merci(?: d.avance| beaucoup)?|(?:un |muchos )?(?:cordial(?:es)? )?saludos?(?: cordial(?:es)?)?|atentamente"
    r"|cordialmente|(?:muchas )?gracias(?: de antemano| por adelantado)?)[ ,.!]*$",
    re.IGNORECASE,
)
_LANGUAGES = re.compile(r" [/|] ")
"""Between closings in several languages: "Best regards / Viele Grüße"."""
_CONTACT_WORDS = words_of("contacts.toml")
# What a name, a company or an address does not have, also where all its words begin with capitals.
_TROUBLE = re.compile(
    r"^\W*p\.?\s?s\b|0x[0-9a-f]+|\b(?:errors?|fehler\w*|erreurs?|störung\w*|problem\w*|problèmes?|ausfall|defekt"
    r"|pannes?|fallos?|averías?|help|hilfe|please|bitte|not|cannot|can['\u2019]?t|won['\u2019]?t|does(?:n['\u2019]?t)?"
    r"|is|are|down|nicht|kein\w*|ist|geht|pas|n['\u2019]est|est|ne|está|funciona)\b|[?!][ ]*$|\w{5}\.[ ]*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"@|\bwww\.|://|^\(?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\W*$")
_SENT_FROM = re.compile(
    r"^\W*(?:sent from (?:my|outlook|mail|yahoo)|get outlook for|gesendet (?:von meine|mit (?:der|outlook)|aus outlook)"
    r"|(?:holen sie sich|hol dir) outlook|outlook für (?:ios|android)|obtenez outlook|descargar outlook"
    r"|von meinem \w+ gesendet|envoyé (?:de|depuis) mon|télécharger outlook pour|obtenir outlook pour"
    r"|enviado desde mi|obtener outlook para|inviato da(?:l mio)?|verzonden vanaf mijn)\b.{0,80}$",
    re.IGNORECASE,
)
_SECRET = re.compile(r"confiden[tc]|vertraulich|privileged|disclaimer|haftung|liability|responsabili", re.IGNORECASE)
_ADDRESSEE = re.compile(
    r"intended|recipient|addressee|bestimmt|empfänger|adressat|destinataire|destinatari[oa]|unauthori[sz]ed|unbefugt"
    r"|error|irrtümlich|por error|par erreur",
    re.IGNORECASE,
)
_MAIL_WORD = re.compile(r"e-?mail|message|nachricht|mensaje|courriel|correo|attachment|anhang|anhänge", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"(?:e-?mail|message|nachricht|sender|absender|courriel|correo)\b.{0,60}\b(?:outside|external|extern|externe[rn]?"
    r"|externo|l.extérieur|außerhalb|von außen)\b.{0,40}(?:organi[sz]ation|company|unternehmens?|firma"
    r"|empresa|entreprise|société|click|klicken|cliquez)",
    re.IGNORECASE,
)
# Words of a line below a closing at most: names, addresses, telephones; a longer one is what somebody added.
_CONTACT_LINE = 10
# Lines below a closing at most; a closing higher up ends no mail.
_CONTACT_LINES = 20
# Characters of a disclaimer at least: a shorter line that speaks of a confidential message may be the problem itself.
_DISCLAIMER_LEAST = 80


def without_signature(text: str, *, has_said: bool = False) -> str:
    """Return a text without disclaimers and the line of a mail program, and without the signature below what it says.

    `has_said`: something was said before the text.
    """
    lines = [line for line in text.rstrip().split("\n") if not _is_notice(line)]
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1])):
        lines.pop()
    for place, line in enumerate(lines):
        if has_said and _is_closing(line) and _is_contact(lines[place + 1 :]):
            return "\n".join(lines[:place]).rstrip()
        has_said = has_said or says_something(line)
    return "\n".join(lines)


def _is_closing(line: str) -> bool:
    return bool(_DASHES.match(line)) or all(map(_CLOSING.match, _LANGUAGES.split(line)))


def _is_contact(lines: list[str]) -> bool:
    """Whether lines say nothing but who somebody is and how to reach them."""
    return len(lines) <= _CONTACT_LINES and all(
        _is_contact_line(line) or _is_closing(line) or _is_disclaimer(line) or not says_something(line)
        for line in lines
    )


def _is_contact_line(line: str) -> bool:
    """Whether each word of a line may belong to a name, a role, a company, an address or a telephone number."""
    words = line.split()
    return (
        len(words) <= _CONTACT_LINE
        and not _TROUBLE.search(line)
        and (len(words) == 1 or all(map(_is_contact_word, words)))
    )


def _is_contact_word(word: str) -> bool:
    letters = word.strip("()[]|,;:.+/-\u2013\u2022\u00b7*_&\"'")
    return not letters[:1].islower() or letters.lower() in _CONTACT_WORDS or bool(_ADDRESS.search(letters))


def _is_notice(line: str) -> bool:
    if len(line) < _DISCLAIMER_LEAST:
        return bool(_SENT_FROM.match(line) or _OUTSIDE.search(line))
    return _is_disclaimer(line) or bool(_OUTSIDE.search(line))


def _is_disclaimer(line: str) -> bool:
    return bool(_SECRET.search(line) and _ADDRESSEE.search(line) and _MAIL_WORD.search(line))
