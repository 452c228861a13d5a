"""Courtesies: greetings, thanks and notes such as "see below", which say nothing of what is wrong."""

from __future__ import annotations

import re

from kb.reading.word_lists import words_of

_TOKEN = re.compile(r"\w+(?:['\u2019]\w+)*")
_PERSON = (
    r"(?:(?-i:[A-ZÀ-Þ])[\w.'\u2019-]*|team|all|everyone|everybody|there|folks|colleagues?|zusammen|liebe[sr]?|und"
    r"|à|a|et|y|tous|toutes|todos|todas|the|das|le|la|el|l.équipe|equipo|équipe|service|support|desk)"
)
_GREETING = re.compile(
    r"^[^\w\n]{0,3}(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|moin|servus"
    r"|guten (?:tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|bonjour|bonsoir|salut|ch(?:er|ère)s?"
    r"|hola|buen(?:os|as) (?:d[ií]as|tardes|noches)|estimad[oa]s?)"
    rf"\b(?:[ /]+{_PERSON}){{0,6}}[ ]*(?:[,!.:;]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_LITTLE = words_of("courtesies.toml")


def telling_words(text: str) -> list[str]:
    """Return the words of a text that may name what is wrong, without greetings and what only thanks or refers."""
    tokens = (token.lower().replace("\u2019", "'") for token in _TOKEN.findall(_GREETING.sub(" ", text)))
    return [token for token in tokens if len(token) > 1 and not token.isdigit() and not _is_little(token)]


def says_something(text: str) -> bool:
    """Return whether a text says more than courtesies."""
    return bool(telling_words(text))


def _is_little(token: str) -> bool:
    """Whether a word names nothing, or is one that elides a vowel before it: `l'aide`."""
    return token in _LITTLE or (token[1] == "'" and token[2:] in _LITTLE)
