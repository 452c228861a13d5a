"""Contrast: clauses that say that something is fine, beside a complaint about something else."""

from __future__ import annotations

import re
from itertools import islice

# Lengths are bounded so that reading takes no time that grows faster than the text.
_WORD = r"[\w/.&'\u2019-]{1,40}"
_WORDS = rf"{_WORD}(?:[ \t]{{1,3}}{_WORD}){{0,4}}?"
_WELL = r"(?:fine|well|normally|ok(?:ay)?|as usual|gut|normal|einwandfrei|problemlos|in ordnung)"
_BE = r"(?:is|are|seems?|looks?|runs?|works?|ist|sind|läuft|laufen|funktionier(?:t|en)|geht|gehen)"
_FINE = (
    rf"(?:{_BE} (?:all |still |working )?{_WELL}|(?:is|are) (?:unaffected|not affected)|(?:ist|sind) nicht betroffen)"
)
_WORKS = r"(?:works?|is working|are working|funktionier(?:t|en)|geht|gehen)"
_PROBLEMS = r"(?:no|kein(?:e|en)?) (?:problems?|issues?|trouble|probleme?)"
_NONE = rf"{_PROBLEMS} (?:with|mit|bei) {_WORDS}|(?:with|mit|bei) {_WORDS} (?:there (?:is|are)|gibt es) {_PROBLEMS}"
_PRONOUN = r"(?:it|this|that|they|i|we|you|he|she|everything|all|es|das|dies|er|sie|wir|ich|alles)"
_SUBJECT = rf"(?!{_PRONOUN}\b){_WORDS}"
_CONTRAST = r"[,;]?\s{1,3}(?:- )?(?:but|however|though|aber|jedoch|allerdings)\b[,:]?\s{1,3}"
# "Jetzt geht aber Outlook nicht" has no comma: what does not work comes after the verb.
_AFTER_VERB = r"(?!\s{1,3}(?:aber|jedoch|allerdings)\b)"
_END = r"\s?[.!;]{1,3}(?:\s{1,3}|$)"
_CLAUSE = re.compile(
    rf"(?:^|(?<=[.!?;\n])|(?<=[.!?;\n]\s))(?=\w)"
    rf"(?:(?:{_SUBJECT} {_FINE}|{_NONE})(?:{_CONTRAST}|{_END})|{_SUBJECT} {_WORKS}{_AFTER_VERB}{_CONTRAST})",
    re.IGNORECASE,
)
_MAY_HAVE = re.compile(r"but|however|though|aber|jedoch|allerdings|fine|well|normal|ok|usual|affected|gut|einwandfrei|"
                       r"problem|ordnung|betroffen|issue|trouble", re.IGNORECASE)  # fmt: skip
_NEVER = re.compile(
    r"n['\u2019]t\b|\b(?:cannot|unable|never|no longer|hardly|if|until|after|when|once|since|nie|kaum|wenn|bis|nachdem|"
    r"seit)\b",
    re.IGNORECASE,
)
# The rest speaks of what the clause names where it begins with a pronoun, a preposition or a verb.
_REFERS = re.compile(
    r"(?:it|its|they|their|this|that|these|he|she|not|no|when|if|at|in|on|from|for|with|without|very|only|never|is|are|"
    r"has|have|does|do|can|cannot|will|er|es|sie|das|dies|nicht|kein|keine|wenn|im|am|beim|bei|von|für|mit|ohne|sehr|nur|"
    r"ist|sind|hat|haben|kann|wird)\b|\w+n['\u2019]t\b|[a-zäöüß]+s\b",
    re.IGNORECASE,
)
_REFERS_IN_GERMAN = re.compile(r"[a-zäöüß]+t\b")
_GERMAN = re.compile(r"\b(?:aber|jedoch|allerdings)\b", re.IGNORECASE)
_MOST_CLAUSES = 5  # of a text that are looked at: each is weighed against all the rest
_FEWEST_WORDS = 4  # of the complaint that is left


def without_fine_clauses(text: str) -> str:
    """Return a text without the clauses that say that something is fine, where a complaint of its own is left.

    `The printer is fine, but Outlook does not start` becomes `Outlook does not start`. What may still speak of the same
    thing stays as it is: `The printer works, but prints blank pages`.
    """
    if _MAY_HAVE.search(text) is None:
        return text
    kept, place = list[str](), 0
    for clause in islice(_CLAUSE.finditer(text), _MOST_CLAUSES):
        before, rest = text[: clause.start()], text[clause.end() :]
        if _NEVER.search(clause[0]) or len(f"{before} {rest}".split()) < _FEWEST_WORDS:
            continue
        if _refers(clause[0], rest):
            continue
        kept.append(text[place : clause.start()])
        place = clause.end()
    return ("".join(kept) + text[place:]).strip() if kept else text


def _refers(clause: str, rest: str) -> bool:
    """Return whether what follows a clause may speak of what it names."""
    if _REFERS.match(rest):
        return True
    return _GERMAN.search(clause) is not None and _REFERS_IN_GERMAN.match(rest) is not None
