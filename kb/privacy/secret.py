"""Secrets: what the writing of one looks like."""

from __future__ import annotations

import re

from kb.records.sensitive_data import Secret

Span = tuple[int, int, Secret]

_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_SYMBOL, _SURE_SYMBOL = re.compile(r"[!@#$%&*?^~+=§€£]"), re.compile(r"[!@#$%&*?^§€£]")
_INITIAL_INSIDE = re.compile(r"[a-zß-öø-ÿ][A-ZÀ-Þ]")
_PASSPHRASE = re.compile(r"(?:[A-Z][a-z]{2,}){2,4}\d|(?:[a-z]{4,}-){2,}\d{2,4}")
_NUMBERED_NAME = re.compile(r"(?:[A-Z][a-z]+){2,}_\d+\W*")
_HEXADECIMAL = re.compile(r"[0-9a-f]{24,}|[0-9A-F]{24,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TURN = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[a-z0-9])|(?<=[0-9])(?=[A-Za-z])")
_SEPARATORS = re.compile(r"[^A-Za-z0-9]")
# A machine that draws from 62 signs turns from capital to small to digit at 62 % of the places; names in two or three
# words, such as ContentSandboxWin32kState, at less than 38 %.
_TURNS_OF_CHANCE = 0.4
_KNOWN_FORM = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://.*|\\\\.*|[a-z]:\\.*|\d{1,4}([./-])\d{1,2}\1\d{2,4}|\d{1,2}:\d{2}.*|"
    r"\[masked:.*|(?:[\w-]+\.)+(?:com|net|org|local|de|exe|dll|pdf|xlsx?|docx?|zip|jpe?g|png|data\d+)\b.*|cid:.*|[\w-]+/v?\d[\d.]*|"
    r"(?:windows|win|office|outlook|server|exchange|sql|sharepoint|excel|word|acrobat|iphone|ipad|galaxy|note|surface|o|"
    r"firefox|thunderbird|chrome|java|crystal|visio|project|teams|s4?hana|version|build|ticket|account|user|oauth)[-_]?v?[\d.]+\w?|"
    r"(?-i:[A-Z]{2,})_\d+.*",
    re.IGNORECASE,
)


def digits_in(text: str) -> int:
    """Return the number of digits in a text."""
    return len(_DIGIT.findall(text))


def looks_made_up(text: str) -> bool:
    """Letters with digits or symbols among them, as passwords have and words have not; a mark at the end is none."""
    inner = text.rstrip("!?.,;:")
    if len(inner) < 4 or _KNOWN_FORM.fullmatch(text):
        return False
    return bool(_LETTER.search(inner)) and bool(_DIGIT.search(inner) or _SYMBOL.search(inner))


def has_initials_inside(text: str) -> bool:
    """Six letters or more with a capital behind a small one, as typed by nobody but for a password or a product."""
    return len(text) >= 6 and text.isalpha() and bool(_INITIAL_INSIDE.search(text))


def is_strong(text: str) -> bool:
    """Letters, digits and a symbol, both cases and two digits, or a row of words: hardly anything but a password."""
    if not 6 <= len(text) <= 32 or _KNOWN_FORM.fullmatch(text) or _NUMBERED_NAME.fullmatch(text):
        return False
    both_cases = text != text.lower() and text != text.upper()
    if (digits_in(text) >= 1 and _SURE_SYMBOL.search(text)) or (digits_in(text) >= 2 and both_cases):
        return True
    return bool(_PASSPHRASE.fullmatch(text)) or (len(text) >= 10 and _turns(text))


def is_random(text: str) -> bool:
    """Return whether a machine drew it: 16 signs or more, few of a kind in a row, or a long hexadecimal number."""
    if len(text) < 16 or _KNOWN_FORM.match(text):
        return False
    if _HEXADECIMAL.fullmatch(text):
        return bool(_LETTER.search(text)) and digits_in(text) >= 2
    return len(_SEPARATORS.sub("", text)) >= 16 and _turns(text)


def _turns(text: str) -> bool:
    """Return whether it goes from capital to small to digit as often as by chance."""
    signs = _SEPARATORS.sub("", text)
    return len(_TURN.findall(signs)) >= _TURNS_OF_CHANCE * (len(signs) - 1)


def is_mixed(text: str) -> bool:
    """At least 16 letters of both cases and digits in one piece."""
    return len(text) >= 16 and text.isalnum() and digits_in(text) >= 2 and text not in (text.lower(), text.upper())


def is_uuid(text: str) -> bool:
    """Return whether it has the form of a UUID (RFC 9562)."""
    return bool(_UUID.fullmatch(text))
