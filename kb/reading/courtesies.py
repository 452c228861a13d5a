"""Courtesies: greetings, thanks and notes such as "see below", which say nothing of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.reading.word_lists import read_phrases, read_word_list

_TOKEN = re.compile(r"\w+(?:['\u2019]\w+)*")
_PERSON = (
    r"(?:(?-i:[A-ZÀ-Þ])[\w.'\u2019-]*|team|all|everyone|everybody|there|folks|colleagues?|zusammen|liebe[sr]?|und"
    r"|à|a|et|y|tous|toutes|todos|todas|the|das|le|la|el|l.équipe|equipo|équipe|service|support|desk)"
)
_GREETING = re.compile(
    rf"^[^\w\n]{{0,3}}(?:{read_phrases('greetings.toml', 'phrases')})"
    rf"\b(?:[ /]+{_PERSON}){{0,6}}[ ]*(?:[,!.:;]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_LITTLE = read_word_list("courtesies.toml")


def telling_words(text: str) -> Iterator[str]:
    """Yield the words of a text that may name what is wrong, without greetings and what only thanks or refers."""
    for token in _TOKEN.findall(_GREETING.sub(" ", text)):
        word = token.lower().replace("\u2019", "'")
        if len(word) > 1 and not word.isdigit() and not _is_little(word):
            yield word


def says_something(text: str) -> bool:
    """Return whether a text says more than courtesies."""
    return any(telling_words(text))


def _is_little(word: str) -> bool:
    """Return whether a word names nothing, or is one that elides a vowel before it: `l'aide`."""
    return word in _LITTLE or (word[1] == "'" and word[2:] in _LITTLE)
