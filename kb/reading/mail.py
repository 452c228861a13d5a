"""Mail: the newest part of a text that came by mail, without what is quoted, signatures and disclaimers.

The words by which mail programs introduce what they quote are those of quotequail and mail-parser-reply (both MIT),
in English, German, French, Spanish, Italian, Dutch and Portuguese. Neither package is used: see docs/experiments/018.
"""

from __future__ import annotations

import re

from kb.reading.courtesies import says_something
from kb.reading.signature import without_signature
from kb.reading.topic import changes_topic, has_topic

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
_FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|doorst)\s*:", re.IGNORECASE)
_PREFIXES = re.compile(r"^\s*(?:(?:re|aw|antw|sv|fwd?|wg|tr|rv|rif|ref|res)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_WORD = re.compile(r"\w{2,}")
# Header lines of a mail at least: who, when or to whom, about what.
_HEADERS_LEAST = 3
# Words that a new part has at least where it names nothing: "It flickers" says little without what is below.
_SAYS_LITTLE = 4
# A reply with so many words says what it is about: "That works, thanks. New thing: no sound in meetings."
_SAYS_ENOUGH = 8
# Words of a note above a forwarded mail up to which that mail is read too: "Hi team, can you help this colleague?"
_COVER_NOTE = 30


def topic_of(subject: str, new: str, text: str) -> str:
    """Return a subject without `RE:`; none where it is that of a mail before, and the new part says enough.

    `new` is the newest part of `text`.
    """
    topic = _PREFIXES.sub("", subject)
    if topic == subject or _FORWARD.match(subject):
        return topic
    quotes = len(new) < len(text) and _is_quoting(text)
    is_new = (quotes and len(_WORD.findall(new)) >= _SAYS_ENOUGH) or changes_topic(new, quotes=quotes)
    return "" if is_new else topic


def _is_quoting(text: str) -> bool:
    return _boundary(text) is not None or _without_quotes(text) != text


def newest_part(text: str, *, subject: str = "") -> str:
    """Return what was written last, without quoted mail, signature and disclaimer; never only courtesies of a text.

    A mail that only forwards, with a short note or none, has the newest part of what it forwards as well.
    """
    if "\n" not in text and text.count(":") < _HEADERS_LEAST:
        return text
    text = text.replace("\r\n", "\n")
    split = _boundary(text)
    if split is None:
        return _guarded(without_signature(_without_quotes(text)), text)
    start, end = split
    own = without_signature(_without_quotes(text[:start]))
    below = _unquoted_reply(text[end:])
    if below:
        return f"{own}\n{without_signature(below)}".strip()
    said = own if _PREFIXES.match(subject) else f"{subject}\n{own}"
    is_forward = bool(_FORWARD.match(subject) or "orward" in text[start:end] or "eitergeleit" in text[start:end])
    if not _decides(said) or (is_forward and len(_WORD.findall(said)) <= _COVER_NOTE):
        inner = newest_part(_without_headers(_unquoted(text[end:]))) if text[end:].strip() else ""
        return _guarded(f"{own}\n{inner}".strip(), text)
    return own


def _decides(text: str) -> bool:
    """Whether a new part says what it is about, so that what is below is not read: more than "see below, thanks"."""
    text = without_signature(text, has_said=True)
    return has_topic(text) or (len(_WORD.findall(text)) >= _SAYS_LITTLE and says_something(text))


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


def _guarded(read: str, text: str) -> str:
    return read if says_something(read) else text
