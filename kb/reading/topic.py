"""Topic: whether a reply speaks of something else than the mail that it answers."""

from __future__ import annotations

import re

from kb.reading.courtesies import says_something, telling_words

_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n+")
_THANKS = re.compile(r"\b(?:thanks|thank you|thx|danke?|merci|gracias)\b", re.IGNORECASE)
_WORKS = re.compile(
    r"\b(?:works|working|worked|solved|fixed|resolved|done|funktioniert|geht (?:jetzt |nun )?wieder|läuft|erledigt"
    r"|gelöst|behoben|fonctionne|marche|résolu|réglé|funciona|resuelto|solucionado)\b",
    re.IGNORECASE,
)
# What says, together with that, that the last matter is settled.
_NOW = re.compile(
    r"\b(?:again|now|solved|fixed|resolved|done|thanks|thank you|wieder|jetzt|nun|erledigt|gelöst|behoben|danke?"
    r"|(?:de|à) nouveau|maintenant|résolu|réglé|merci|ya|ahora|resuelto|solucionado|gracias)\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"n['\u2019]t\b|\b(?:no|not|never|cannot|without|nicht|nie|kein\w*|ohne|ne|pas|plus de|sans|sin|nunca)\b"
    r"|\bn['\u2019]",
    re.IGNORECASE,
)
# What speaks of something that was named before.
_REFERS = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|still|again|same|es|er|ihn|das (?=(?-i:[a-zäöü]))|dies\w*|immer noch"
    r"|weiterhin|wieder|dasselbe|ça|cela|ceci|il(?! (?:y|n['\u2019]y) )|elles?|ils|toujours|encore|lo|esto|eso|siguen?"
    r"|todavía|aún|otra vez)\b",
    re.IGNORECASE,
)
_NEW_MATTER = re.compile(
    r"\b(?:(?:new|other|another|different|second|next|separate) (?:problem|issue|question|thing|matter|topic|request)"
    r"|(?:neue|andere|weitere|zweite|nächste)[srn]? (?:problem|frage|thema|anliegen|störung|sache)"
    r"|etwas (?:anderes|neues)"
    r"|(?:nouveau|nouvelle|autre|deuxième) (?:problème|question|souci|demande|sujet|chose)"
    r"|(?:nuev[oa]|otr[oa]|segund[oa]) (?:problema|pregunta|consulta|tema|asunto|cosa|incidencia))\b[:,]?",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"\b(?:now|but|however|instead|jetzt|nun|aber|allerdings|dafür|maintenant|mais|par contre|cependant|ahora|pero"
    r"|sin embargo)\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"^\W*(?:(?:the|a|an|my|our|no|der|die|das|ein|eine|mein|meine|unser|unsere|kein|keine|le|la|les|un|une|mon|ma|mes"
    r"|notre|nos|el|los|las|una|mi|mis|nuestr[oa]) |l['\u2019])?(?=\w)",
    re.IGNORECASE,
)


def has_topic(text: str) -> bool:
    """Return whether a text names what it is about, as in "Outlook won't start", other than "It won't start"."""
    return _is_named(_matter(text))


def changes_topic(text: str, *, quotes: bool) -> bool:
    """Return whether a reply names a matter other than that of its subject.

    One that quotes nothing may also go on where the last mail ended, so it has to thank or say that this is settled.
    """
    matter = _matter(text)
    if not _is_named(matter):
        return False
    if any(_is_settled(sentence) and _NOW.search(sentence) for sentence in _sentences(text)):
        return True
    turns = bool(_TURN.search(matter) or _NEW_MATTER.search(text))
    return turns or _begins_with_subject(matter) if quotes else turns and bool(_THANKS.search(text))


def _is_named(matter: str) -> bool:
    named = len(list(telling_words(matter)))
    return named >= (1 if _NOT.search(matter) else 2) and not _REFERS.search(matter)


def _matter(text: str) -> str:
    """Return the first sentence that says more than courtesies, and more than that something works."""
    rest = (_NEW_MATTER.sub(" ", sentence) for sentence in _sentences(text) if not _is_settled(sentence))
    return next(filter(says_something, rest), "")


def _sentences(text: str) -> list[str]:
    return _SENTENCE_END.split(text)


def _is_settled(sentence: str) -> bool:
    return bool(_WORKS.search(sentence)) and not _NOT.search(sentence)


def _begins_with_subject(sentence: str) -> bool:
    start = _ARTICLE.match(sentence)
    return start is not None and says_something(sentence[start.end() :].split(maxsplit=1)[0])
