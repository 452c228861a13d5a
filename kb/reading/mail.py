"""Mail: the newest part of a text that came by mail, without what is quoted, signatures and disclaimers.

The words by which mail programs introduce what they quote are those of quotequail and mail-parser-reply (both MIT),
in English, German, French, Spanish, Italian, Dutch and Portuguese. Neither package is used: see docs/experiments/018.
"""

from __future__ import annotations

import re

_FROM = r"(?:From|Von|De|Da|Van|Expéditeur)"
_SENT = (
    r"(?:Sent|Date|Gesendet|Datum|Envoyé(?: le)?|Enviado(?: el)?|Fecha|Inviato|Data|Verzonden|To|An|À|Para|Pour|A|Aan)"
)
_SUBJECT = r"(?:Subject|Betreff|Objet|Sujet|Asunto|Oggetto|Onderwerp|Assunto)"
# Header lines of a mail: who, then a subject and a date or receiver, on lines of their own or run together.
_HEADERS = re.compile(
    rf"(?:^|\s)[>*_ ]*{_FROM}[*_]?\s?:(?=.{{1,600}}?\s[>*_ ]*{_SUBJECT}[*_]?\s?:)"
    rf"(?=.{{1,600}}?\s[>*_ ]*{_SENT}[*_]?\s?:)",
    re.DOTALL,
)
_HEADER_LINE = re.compile(rf"^[>*_ ]*(?:{_FROM}|{_SENT}|{_SUBJECT}|Cc|CC|Bcc|Kopie|Reply-To|Importance)[*_]?\s?:.*$")
_WROTE = re.compile(
    r"^[> ]*(?:On|Am|Le|El|Il|Op|Em)\b(?=[^\n]*\d)[^\n]{4,200}(?:\n[^\n]{1,150}){0,2}?"
    r"\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu)\b[^\n:]{0,150}:[ \t]*$",
    re.MULTILINE,
)
_ORIGINAL = (
    r"original message|forwarded message|ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht|"
    r"message d.origine|message original|message transféré|mensaje original|mensaje reenviado|"
    r"messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht|mensagem original"
)
_SEPARATOR = re.compile(
    rf"^[> ]*(?:-{{2,}} ?(?:{_ORIGINAL}) ?-{{2,}}|begin forwarded message:"
    r"|anfang der weitergeleiteten (?:e-?mail|nachricht):|début du message (?:transféré|réexpédié) ?:"
    r"|inicio del mensaje reenviado:)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTE_LINE = re.compile(r"^[ \t]*>")
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
_FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|doorst)\s*:", re.IGNORECASE)
_PREFIXES = re.compile(r"^\s*(?:(?:re|aw|antw|sv|fwd?|wg|tr|rv|rif|ref|res)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_WORD = re.compile(r"\w{2,}")
# Header lines of a mail at least: who, when or to whom, about what.
_HEADERS_LEAST = 3
# Words that a new part has at least: "see below, thanks" says nothing without what is below.
_SAYS_LITTLE = 4
# A reply with so many words says what it is about: "That works, thanks. New thing: no sound in meetings."
_SAYS_ENOUGH = 8
# Words of a note above a forwarded mail up to which that mail is read too: "Hi team, can you help this colleague?"
_COVER_NOTE = 30
# Words of a line below a closing at most: names, addresses, telephones; a longer one is what somebody added.
_CONTACT_LINE = 10
# Lines below a closing at most; a closing higher up ends no mail.
_CONTACT_LINES = 20
# Characters of a disclaimer at least: a shorter line that speaks of a confidential message may be the problem itself.
_DISCLAIMER_LEAST = 80


def topic_of(subject: str, new: str, text: str) -> str:
    """Return a subject without `RE:`; none where it is that of a quoted mail, and the new part says enough.

    `new` is the newest part of `text`.
    """
    topic = _PREFIXES.sub("", subject)
    is_reply = topic != subject and not _FORWARD.match(subject) and len(new) < len(text)
    return "" if is_reply and len(_WORD.findall(new)) >= _SAYS_ENOUGH and _is_quoting(text) else topic


def _is_quoting(text: str) -> bool:
    return _boundary(text) is not None or _without_quotes(text) != text


def newest_part(text: str, *, subject: str = "") -> str:
    """Return what was written last, without quoted mail, signature and disclaimer; never nothing of a text.

    A mail that only forwards, with a short note or none, has the newest part of what it forwards as well.
    """
    if "\n" not in text and text.count(":") < _HEADERS_LEAST:
        return text
    text = text.replace("\r\n", "\n")
    split = _boundary(text)
    if split is None:
        return _guarded(_without_signature(_without_quotes(text)), text)
    start, end = split
    own = _without_signature(_without_quotes(text[:start]))
    below = _unquoted_reply(text[end:])
    if below:
        return f"{own}\n{_without_signature(below)}".strip()
    said = len(_WORD.findall(own)) + (0 if _PREFIXES.match(subject) else len(_WORD.findall(subject)))
    is_forward = bool(_FORWARD.match(subject) or "orward" in text[start:end] or "eitergeleit" in text[start:end])
    if said < _SAYS_LITTLE or (is_forward and said <= _COVER_NOTE):
        inner = newest_part(_without_headers(_unquoted(text[end:]))) if text[end:].strip() else ""
        return _guarded(f"{own}\n{inner}".strip(), text)
    return own


def _boundary(text: str) -> tuple[int, int] | None:
    """Where what is quoted begins, and where its own text does; `None` where nothing introduces a quote."""
    found = [match for form in (_WROTE, _SEPARATOR, _HEADERS) if (match := form.search(text))]
    if not found:
        return None
    first = min(found, key=lambda match: match.start())
    end = first.start() if first.re is _HEADERS else first.end()
    return first.start(), end


def _without_headers(text: str) -> str:
    """The text below the header lines that it begins with."""
    lines = text.lstrip("\n").split("\n")
    while lines and (not lines[0].strip() or _HEADER_LINE.match(lines[0]) or _RULE.match(lines[0])):
        lines.pop(0)
    return "\n".join(lines)


def _unquoted(text: str) -> str:
    """The text with one level of quotation taken off its lines."""
    return "\n".join(re.sub(r"^[ \t]*>[ \t]?", "", line) for line in text.split("\n"))


def _unquoted_reply(text: str) -> str:
    """What was written below a quote whose lines are marked; nothing where they are not."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines or not _QUOTE_LINE.match(lines[0]):
        return ""
    return "\n".join(line for line in lines if not _QUOTE_LINE.match(line))


def _without_quotes(text: str) -> str:
    lines = text.split("\n")
    quoted = [bool(_QUOTE_LINE.match(line)) for line in lines]
    if not any(quoted):
        return text
    own = "\n".join(line for line, is_quoted in zip(lines, quoted, strict=True) if not is_quoted)
    return own if _WORD.search(own) else _unquoted(text)


def _without_signature(text: str) -> str:
    """The text without signature, disclaimers and the line of a mail program; all of it where nothing would stay."""
    lines = [line for line in text.rstrip().split("\n") if not _is_notice(line)]
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1])):
        lines.pop()
    says_something = False
    for place, line in enumerate(lines):
        if says_something and (_DASHES.match(line) or _is_closing(lines, place)):
            return "\n".join(lines[:place]).rstrip()
        says_something = says_something or bool(_WORD.search(line))
    return _guarded("\n".join(lines), text)


def _is_closing(lines: list[str], place: int) -> bool:
    """Whether a mail ends with a line: nothing but a name and how to reach it follows."""
    rest = lines[place + 1 :]
    if len(rest) > _CONTACT_LINES or not all(map(_CLOSING.match, _LANGUAGES.split(lines[place]))):
        return False
    return all(len(line.split()) <= _CONTACT_LINE or _is_disclaimer(line) for line in rest)


def _is_notice(line: str) -> bool:
    if len(line) < _DISCLAIMER_LEAST:
        return bool(_SENT_FROM.match(line) or _OUTSIDE.search(line))
    return _is_disclaimer(line) or bool(_OUTSIDE.search(line))


def _is_disclaimer(line: str) -> bool:
    return bool(_SECRET.search(line) and _ADDRESSEE.search(line) and _MAIL_WORD.search(line))


def _guarded(read: str, text: str) -> str:
    return read if _WORD.search(read) else text
