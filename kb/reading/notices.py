"""Notices: disclaimers, and the lines that mail programs and mail servers add."""

from __future__ import annotations

import re
from itertools import takewhile

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
_WARNING = re.compile(
    r"if you are not the|if you (?:have )?received? this|wenn sie nicht der|sollten sie (?:diese|nicht)"
    r"|si vous n.êtes pas|si vous avez reçu ce|si (?:usted )?no es|si (?:usted )?ha recibido este",
    re.IGNORECASE,
)
_DISCLAIMER_START = re.compile(
    r"^\W*(?:confidential|disclaimer|vertraulich|haftung|avis de|aviso|(?:the|any) (?:information|contents?)\b"
    r"|this (?:e-?mail|message|communication|transmission)\b|diese (?:e-?mail|nachricht|mail)\b|der inhalt dieser"
    r"|die in dieser|cet? (?:message|e-?mail|mail|courriel)\b|les informations|est[ea] (?:mensaje|correo)\b"
    rf"|esta comunicación|la información|el contenido de|{_WARNING.pattern})",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"disseminat|distribut|cop(?:y|ies|ier|iar)|disclos|prohibit|unlawful|delete|destroy|notify|intended|solely"
    r"|lösch|vernicht|weiterleit|weitergabe|untersagt|unzulässig|nicht gestattet|informier|benachrichtig|bestimmt"
    r"|ausschließlich|supprim|détrui|diffus|interdit|destiné|exclusi|elim[ií]n|b[oó]rr|divulg|prohib|dirigid|notifi",
    re.IGNORECASE,
)
_PRINTING = re.compile(
    r"environment before print|an die umwelt.{0,40}druck|environnement avant d.imprimer"
    r"|medio ambiente.{0,40}imprimir|imprimir.{0,40}medio ambiente",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(
    r"(?:e-?mail|message|nachricht|sender|absender|courriel|correo)\b.{0,60}\b(?:outside|external|extern|externe[rn]?"
    r"|externo|l.extérieur|außerhalb|von außen)\b.{0,40}(?:organi[sz]ation|company|unternehmens?|firma"
    r"|empresa|entreprise|société|click|klicken|cliquez)",
    re.IGNORECASE,
)
# Lines of a disclaimer that a mail program wrapped, at most.
_DISCLAIMER_LINES = 20
# Characters of a disclaimer at least: a shorter line that speaks of a confidential message may be the problem itself.
_DISCLAIMER_LEAST = 80


def without_notices(lines: list[str]) -> list[str]:
    """Return the lines of a mail that are no notice."""
    kept, end = list[str](), 0
    for place, line in enumerate(lines):
        if place < end or _is_notice(line):
            continue
        end = place + _wrapped_disclaimer(lines[place : place + _DISCLAIMER_LINES])
        if end == place:
            kept.append(line)
    return kept


def _is_notice(line: str) -> bool:
    if _SENT_FROM.match(line) or _OUTSIDE.search(line) or _PRINTING.search(line):
        return True
    return len(line) >= _DISCLAIMER_LEAST and is_disclaimer(line)


def is_disclaimer(text: str) -> bool:
    """Return whether a text says that a mail is for its addressee alone."""
    is_about_mail = _MAIL_WORD.search(text) and _ADDRESSEE.search(text)
    return bool(is_about_mail and (_SECRET.search(text) or (_WARNING.search(text) and _FORBIDDEN.search(text))))


def _wrapped_disclaimer(lines: list[str]) -> int:
    """Return how many lines a disclaimer takes that begins with the first; 0 where none does."""
    if not _DISCLAIMER_START.match(lines[0]):
        return 0
    paragraph = list(takewhile(str.strip, lines))
    text = " ".join(paragraph)
    if len(text) < _DISCLAIMER_LEAST or not (is_disclaimer(text) and _FORBIDDEN.search(text)):
        return 0
    last = max(place for place, line in enumerate(paragraph) if _FORBIDDEN.search(line) or _MAIL_WORD.search(line))
    while last + 1 < len(paragraph) and not paragraph[last].rstrip().endswith((".", "!", "?")):
        last += 1
    return last + 1
