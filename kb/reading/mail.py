"""Mail: the newest part of a text that came by mail, without what is quoted, signatures and disclaimers."""

from __future__ import annotations

import re

from kb.reading.courtesies import says_something
from kb.reading.quotes import (
    REPLY_PREFIXES,
    has_marked_lines,
    quote_in,
    reply_below,
    without_headers,
    without_marked_lines,
    without_marks,
)
from kb.reading.signature import without_signature
from kb.reading.topic import changes_topic, has_topic

_FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|doorst)\s*:", re.IGNORECASE)
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
    topic = REPLY_PREFIXES.sub("", subject)
    if topic == subject or _FORWARD.match(subject):
        return topic
    quotes = len(new) < len(text) and (quote_in(text) is not None or has_marked_lines(text))
    is_new = (quotes and len(_WORD.findall(new)) >= _SAYS_ENOUGH) or changes_topic(new, quotes=quotes)
    return "" if is_new else topic


def newest_part(text: str, *, subject: str = "") -> str:
    """Return what was written last, without quoted mail, signature and disclaimer; never only courtesies of a text.

    A mail that only forwards, with a short note or none, has the newest part of what it forwards as well.
    """
    if "\n" not in text and text.count(":") < _HEADERS_LEAST:
        return text
    text = text.replace("\r\n", "\n")
    split = quote_in(text)
    if split is None:
        return _guarded(without_signature(without_marked_lines(text)), text)
    start, end = split
    own = without_signature(without_marked_lines(text[:start]))
    below = reply_below(text[end:])
    if below:
        return f"{own}\n{without_signature(below)}".strip()
    said = own if REPLY_PREFIXES.match(subject) else f"{subject}\n{own}"
    is_forward = bool(_FORWARD.match(subject) or "orward" in text[start:end] or "eitergeleit" in text[start:end])
    if not _decides(said) or (is_forward and len(_WORD.findall(said)) <= _COVER_NOTE):
        inner = newest_part(without_headers(without_marks(text[end:]))) if text[end:].strip() else ""
        return _guarded(f"{own}\n{inner}".strip(), text)
    return own


def _decides(text: str) -> bool:
    """Whether a new part says what it is about, so that what is below is not read: more than "see below, thanks"."""
    text = without_signature(text, has_said=True)
    return has_topic(text) or (len(_WORD.findall(text)) >= _SAYS_LITTLE and says_something(text))


def _guarded(read: str, text: str) -> str:
    return read if says_something(read) else text
