"""Quotes: where a mail begins to quote another one.

The words by which mail programs introduce what they quote are those of quotequail and mail-parser-reply (both MIT),
in English, German, French, Spanish, Italian, Dutch and Portuguese. Neither package is used: see experiment 018.
"""

from __future__ import annotations

import re

REPLY_PREFIXES = re.compile(r"^\s*(?:(?:re|aw|antw|sv|fwd?|wg|tr|rv|rif|ref|res)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_HEADERS = {
    "sender": r"From|Von|De|Da|Van|Expéditeur|Remitente",
    "sent": r"Sent|Gesendet|Envoyé(?: le)?|Enviado(?: el)?|Inviato|Verzonden",
    "date": r"Date|Datum|Fecha|Data",
    "receiver": r"To|An|À|Para|Pour|A|Aan|Destinataire",
    "subject": r"Subject|Betreff|Objet|Sujet|Asunto|Oggetto|Onderwerp|Assunto",
}
_ANY_HEADER = "|".join(f"(?P<{kind}>{names})" for kind, names in _HEADERS.items())
_HEADER = re.compile(rf"(?:^|\s)[>*_ ]*(?:{_ANY_HEADER})[*_]{{0,2}}\s?:")
_HEADER_LINE = re.compile(rf"^[>*_ ]*(?:{_ANY_HEADER}|Cc|CC|Bcc|Kopie|Reply-To|Importance)[*_]{{0,2}}\s?:.*$")
_CLOCK = re.compile(r"\d(?:[:h]\d\d| Uhr)")
# Headers of a mail at least: who, when or to whom, about what.
_HEADERS_LEAST = 3
# Characters from the first to the last header at most: there may be many receivers.
_HEADERS_LENGTH = 1200

_VERB = r"(?:wrote|schrieb|a\s+écrit|escribió|ha\s+scritto|schreef|escreveu)"
_DAY = r"(?:(?:on|am|le|el|il|op|em) )?(?:[^\W\d]{2,10}[.,]{0,2} ){0,2}\d[^\n]{0,60}\d[^\n\d]{0,8}"
_WROTE = re.compile(
    rf"^[> ]*(?:(?:On|Am|Le|El|Il|Op|Em)\b(?=[^\n]*\d)[^\n]{{4,200}}(?:\n(?!\n)[^\n]{{0,150}}){{0,2}}?"
    rf"\b{_VERB}\b[^\n:]{{0,150}}(?:\n[^\n:]{{1,80}}>)?:[ \t]*$"
    # the name first: "Desk <desk@example.org> wrote on 4 May 2026 09:00:"
    rf"|[^\n]{{1,100}}(?:[ ]|[ ]?\n){_VERB} {_DAY}:[ \t]*$"
    rf"|[^\n]{{0,100}}@[^\n]{{1,100}}(?:[ ]|[ ]?\n){_VERB} ?:[ \t]*$"
    rf"|(?=[^\n]*\d[:h]\d\d)[^\n]{{8,150}}[ ]{_VERB} ?:[ \t]*$"
    r"|\d{4}-\d\d-\d\d \d{1,2}:\d\d[^\n]{1,100}<[^\n>]{1,80}@[^\n>]{1,80}>:[ \t]*$"
    # no date, but lines that are marked
    rf"|[^\n]{{1,100}}[ ]{_VERB}\b[^\n]{{0,60}}:[ \t]*$(?=\n{{1,3}}[ \t]*>))",
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
# "##- Please type your reply above this line -##": what a ticket tool sent begins here.
_THIS_LINE = re.compile(
    r"\b(?:this|the|diese[rmn]?|der|cette|la|esta) (?:dotted |dashed )?"
    r"(?:line|marker|trennlinie|linie|zeile|ligne|l[ií]nea)\b",
    re.IGNORECASE,
)
_REPLY = re.compile(
    r"repl|respond|answer|type|write|antwort|schreib|répon|écri|respuesta|conteste|escrib", re.IGNORECASE
)
_ABOVE = re.compile(r"above|oberhalb|über|au-dessus|ci-dessus|encima|arriba", re.IGNORECASE)
# Characters of such a line at most: a longer one is what somebody says.
_MARK_LENGTH = 140
_QUOTE_LINE = re.compile(r"^[ \t]*>")
_RULE = re.compile(r"^[-_*= ]{5,}$")
_WORD = re.compile(r"\w{2,}")


def quote_in(text: str) -> tuple[int, int] | None:
    """Return where what is quoted begins, and where its own text does; `None` where nothing introduces a quote."""
    found = [match.span() for form in (_WROTE, _SEPARATOR) if (match := form.search(text))]
    found += filter(None, (_mark_to_reply_above(text), _headers_of_mail(text)))
    return min(found, default=None)


def has_marked_lines(text: str) -> bool:
    """Return whether a text quotes lines that begin with `>`, and says something else."""
    return without_marked_lines(text) != text


def without_marked_lines(text: str) -> str:
    """Return a text without the lines that begin with `>`; without these marks where it has no other lines."""
    lines = text.split("\n")
    own = [line for line in lines if not _QUOTE_LINE.match(line)]
    if len(own) == len(lines):
        return text
    return "\n".join(own) if any(map(_WORD.search, own)) else without_marks(text)


def without_marks(text: str) -> str:
    """Return a text with one level of quotation taken off its lines."""
    return "\n".join(re.sub(r"^[ \t]*>[ \t]?", "", line) for line in text.split("\n"))


def reply_below(text: str) -> str:
    """Return what was written below a quote whose lines are marked; nothing where they are not."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines or not _QUOTE_LINE.match(lines[0]):
        return ""
    return "\n".join(line for line in lines if not _QUOTE_LINE.match(line))


def without_headers(text: str) -> str:
    """Return the text below the header lines that it begins with."""
    lines = text.lstrip("\n").split("\n")
    while lines and (not lines[0].strip() or _HEADER_LINE.match(lines[0]) or _RULE.match(lines[0])):
        lines.pop(0)
    return "\n".join(lines)


def _mark_to_reply_above(text: str) -> tuple[int, int] | None:
    for words in _THIS_LINE.finditer(text):
        start = text.rfind("\n", 0, words.start()) + 1
        line = text[start : start + _MARK_LENGTH + 1].partition("\n")[0]
        if len(line) <= _MARK_LENGTH and _REPLY.search(line) and _ABOVE.search(line):
            return start, start + len(line)
    return None


def _headers_of_mail(text: str) -> tuple[int, int] | None:
    """Where the headers of a quoted mail begin, on lines of their own or run together; in any order of programs."""
    headers = list(_HEADER.finditer(text))
    place = 0
    while place < len(headers):
        values = _values(text, headers[place:])
        if len(values) < _HEADERS_LEAST or "sender" not in list(values)[:3]:
            place += 1
            continue
        first, last = headers[place], headers[place + len(values) - 1]
        is_apart = "*" in first[0] or _begins_below_blank_line(text[last.end() : last.end() + _HEADERS_LENGTH])
        if _is_mail(values, text[: first.start()], is_apart=is_apart):
            return first.start(), first.start()
        place += len(values)
    return None


def _values(text: str, headers: list[re.Match[str]]) -> dict[str, str]:
    """Return the headers that stand together from the first on, with what each says."""
    values = dict[str, str]()
    for header, following in zip(headers, [*headers[1 : len(_HEADERS)], None], strict=False):
        kind = str(header.lastgroup)
        if kind in values or header.end() - headers[0].start() > _HEADERS_LENGTH:
            break
        end = header.end() + _HEADERS_LENGTH if following is None else following.start()
        values[kind] = text[header.end() : end].partition("\n")[0].strip("*_ ")
    return values


def _is_mail(values: dict[str, str], before: str, *, is_apart: bool) -> bool:
    """Return whether headers are those of a quoted mail: no form that says from where to where, and none that is shown.

    `is_apart`: they are in bold type, or a blank line follows.
    """
    if REPLY_PREFIXES.match(values.get("subject", "")):
        return True
    if before.rstrip().endswith(":"):
        return False
    if "sent" in values:  # no form asks for it
        return True
    has_address = "@" in values["sender"] or "@" in values.get("receiver", "")
    is_dated = _CLOCK.search(values.get("date", "")) is not None
    is_enough = has_address or is_dated if "subject" in values else has_address and is_dated
    return is_enough and is_apart


def _begins_below_blank_line(after: str) -> bool:
    """Whether a mail's own text is set apart from its headers, of which `after` follows the last that was read."""
    lines = after.split("\n")[1:]
    return not next((line for line in lines if not _HEADER_LINE.match(line)), "").strip(" >")
