"""Signature: the end of a mail that says who wrote it."""

from __future__ import annotations

import re

from kb.reading.courtesies import says_something
from kb.reading.notices import is_disclaimer, without_notices
from kb.reading.word_lists import read_phrases, read_word_list

_RULE = re.compile(r"^[-_*= ]{5,}$")
_DASHES = re.compile(r"^--[ \t\r]*$", re.MULTILINE)
_PHRASES = read_phrases("closings.toml", "phrases", "whole_lines")
_CAPITAL = r"(?-i:[A-ZÀ-Þ])[\w.'\u2019-]*"
_PLACE = rf"(?: (?:from|aus|de|depuis|desde) (?:dem |der )?(?:\w+n )?{_CAPITAL}(?: {_CAPITAL}){{0,2}})?"
_REASON = (
    r"(?: (?:for|für|pour|por|de) (?:\w+ ){0,3}(?:help|support|assistance|time|attention|efforts?|understanding|hilfe"
    r"|unterstützung|mühe|bemühungen|verständnis|aide|soutien|retour|ayuda|apoyo|atención|colaboración))?"
)
_ONE = rf"(?:{_PHRASES})(?!\w){_REASON}{_PLACE}"
_CLOSING = re.compile(
    rf"^\W{{0,2}}{_ONE}(?:(?: ?[,&+] ?| (?:and|und|et|y) ){_ONE}){{0,2}}"
    rf"(?P<name>(?:,| -)? {_CAPITAL}(?: {_CAPITAL}){{0,2}})?[ ,.!]*$",
    re.IGNORECASE,
)
_MARKS = "()[]|,;:.+/-\u2013\u2022\u00b7*_&\"'"
_LANGUAGES = re.compile(r" [/|] ")
"""Between closings in several languages: "Best regards / Viele Grüße"."""
_CONTACT_WORDS = read_word_list("contacts.toml")
_TROUBLE_WORDS = read_word_list("troubles.toml")
# Numbers of errors and of points, postscripts, and what ends as a sentence does.
_TROUBLE = re.compile(
    r"^\W*(?:p\.\s?s\b|\d{1,2}[.)]\s)|0x[0-9a-f]+|\b[45]\d\d [45]\.\d|^[^@]*[a-z]_[a-z][^@]*$|[?!] *$|\w{5}\. *$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"@|\bwww\.|://|^\(?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\W*$")
# Words of a line below a closing at most: names, addresses, telephones; a longer one is what somebody added.
_CONTACT_LINE = 10
# Lines below a closing at most; a closing higher up ends no mail.
_CONTACT_LINES = 20


def without_signature(text: str, *, has_said: bool = False) -> str:
    """Return a text without disclaimers and the line of a mail program, and without the signature below what it says.

    `has_said`: something was said before the text.
    """
    lines = without_notices(text.rstrip().split("\n"))
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1])):
        lines.pop()
    for place, line in enumerate(lines):
        if has_said and _is_closing(line) and _is_contact(lines[place + 1 :]):
            return "\n".join(lines[:place]).rstrip()
        has_said = has_said or says_something(line)
    return "\n".join(lines)


def above_dashes(text: str) -> str:
    """Return what stands above the first line of two dashes, below which mail programs put a signature (RFC 3676)."""
    return _DASHES.split(text, maxsplit=1)[0]


def _is_closing(line: str) -> bool:
    if _DASHES.match(line):
        return True
    closings = [_CLOSING.match(part) for part in _LANGUAGES.split(line)]
    return all(closing is not None and not _has_trouble(closing["name"] or "") for closing in closings)


def _is_contact(lines: list[str]) -> bool:
    """Return whether lines say nothing but who somebody is and how to reach them."""
    return len(lines) <= _CONTACT_LINES and all(
        _is_contact_line(line) or _is_closing(line) or is_disclaimer(line) or not says_something(line) for line in lines
    )


def _is_contact_line(line: str) -> bool:
    """Return whether each word of a line may belong to a name, a role, a company, an address or a telephone number."""
    words = line.split()
    return (
        len(words) <= _CONTACT_LINE
        and not _has_trouble(line)
        and (len(words) == 1 or all(map(_is_contact_word, words)))
    )


def _has_trouble(line: str) -> bool:
    words = (word.strip(_MARKS).lower().replace("\u2019", "'") for word in line.split())
    return _TROUBLE.search(line) is not None or not _TROUBLE_WORDS.isdisjoint(words)


def _is_contact_word(word: str) -> bool:
    letters = word.strip(_MARKS)
    return not letters[:1].islower() or letters.lower() in _CONTACT_WORDS or bool(_ADDRESS.search(letters))
