"""Column names: how a name is compared, whatever its letter case, accents, style and decoration."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from kb.vocabulary.date_words import plain_word, read_date_words
from kb.vocabulary.zone_names import zone_name

# names read at a time: those of all tools, four thousand, and the columns of some files
_NAMES_KEPT = 8192
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_PREPOSITION = re.compile(r"(?<=[\w°º]) (?:de la |de l['\u2019]|de |du |des |del |d['\u2019])(?=\w)", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CUSTOM = re.compile(
    r"custom ?field\s*\((.+)\)|(?:custom_?field|cf)\.\{(.+)\}|"
    r"(?:custom_?fields?(?:_\d+)?\.|dynamic_?fields?[._]|cf_|u_)(.+)",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"(?<=\w{3})ies$|(?<=\w{3}[dlnr])es$|(?<=\w{2}[^sui])s$|(?<=\w{2}u)x$")
_HALVES = re.compile(r"(.+?)\s+-\s+(.+)")
_BRACKETS = re.compile(r"[(\[{]([^)\]}]*)[)\]}]")
_WORD = re.compile(r"[^\W\d_]+")
_UNIT = re.compile(
    r"\b(?:h|hh|hrs?|hours?|min|mins|minutes?|s|secs?|seconds?|ms|d|days?|weeks?|std|stunden?|minuten?|tage?n?|heures?|"
    r"jours?|horas?|dias?)\b|[%€$]",
    re.IGNORECASE,
)
_DATE_FORM = re.compile(r"\b(?:y{2,4}|j{2,4}|a{4})\b", re.IGNORECASE)  # beside hh, which is a unit elsewhere
_PLACE = re.compile(r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)/[\w/+-]+")
_PATH = re.compile(
    r"^(?:fields|issue|ticket|incident|request|record|result|data|attributes|stats|relationships|source|info|requestFieldValues|parameters?)[./>]+(?=.)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"^(date|fecha)(?:\s*/\s*time| and time| et heure| y hora)\b", re.IGNORECASE)
_RECORD = re.compile(r"^(?:ticket|incident|request|case|issue|call)(?:s|'s)?\s+(?=\w)", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:\s*->\s*|[._\s])(?:friendly ?name|display[_ ]?(?:name|value)|full[_ ]?name|name|value|label)$"
    r"|\s*->\s*(?:nom(?: complet| usuel)?|(?:vollständiger |voller )name|nombre(?: completo)?)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=_NAMES_KEPT)
def name_key(name: str) -> str:
    """Return a name for comparison: lower case, without accents, spaces and punctuation; `#` reads as "number"."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    if "#" in folded and "number" not in folded:
        folded = folded.replace("#", "number")
    return "".join(letter for letter in folded if letter.isalnum())


def name_keys(name: str) -> tuple[str, ...]:
    """Return every key under which a known name is found.

    Those are without umlauts, with umlauts written out, and without French and Spanish prepositions ("Date création").
    """
    spellings = (name, name.translate(_UMLAUTS), _PREPOSITION.sub(" ", name))
    return tuple(dict.fromkeys(map(name_key, spellings)))


@lru_cache(maxsize=_NAMES_KEPT)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name, camel case split, as keys."""
    split = _CAMEL.sub(" ", name)
    return tuple(key for word in re.split(r"[\W_]+", split) if (key := name_key(word)))


@lru_cache(maxsize=_NAMES_KEPT)
def singular_words(name: str) -> tuple[str, ...]:
    """Return the words of a name as keys, plurals of English, French and Spanish without their ending."""
    return tuple(_PLURAL.sub(_singular, word) for word in name_words(name))


def _singular(ending: re.Match[str]) -> str:
    return "y" if ending[0] == "ies" else ""


def name_forms(column: str) -> tuple[str, ...]:
    """Return the keys that a column of a file may be known by, the whole name first.

    What follows are the name in `Custom field (...)`, the half of "Requester - Requester", the name without brackets
    that only decorate it, "Date logged" for "Date/Time logged", and the name without the path it was exported
    under, the word for the record ("Ticket status") or a word for the name ("caller_id->friendlyname").
    """
    names = [column.strip().strip("\ufeff\u200b").strip()]
    custom = _CUSTOM.fullmatch(names[0])
    if custom is not None:
        names.append(next(part for part in custom.groups() if part))
    halves = _HALVES.fullmatch(names[-1])
    if halves is not None and name_key(halves[1]) == name_key(halves[2]):
        names.append(halves[1])
    if custom is None and _BRACKETS.search(names[-1]) and not is_qualified(names[-1]):
        names.append(_BRACKETS.sub(" ", names[-1]).strip())
    if (dated := _CLOCK.sub(r"\1", names[-1])) != names[-1]:
        names.append(dated)
    for pattern in (_PATH, _RECORD, _NAMED):
        shorter = pattern.sub("", _spaced(names[-1]) if pattern is _RECORD else names[-1])
        if shorter != names[-1] and shorter.strip():
            names.append(shorter)
    return tuple(dict.fromkeys(key for name in names if (key := name_key(name))))


def is_qualified(name: str) -> bool:
    """Return whether the brackets of a name make another column of it: `Resolved (h)`, `Description (internal)`."""
    return not all(map(_is_decoration, in_brackets(name)))


def _is_decoration(inner: str) -> bool:
    """Return whether what stands in brackets leaves a column the same, by `qualifiers.toml`, or is a zone."""
    if _UNIT.search(inner) and not _DATE_FORM.search(inner):
        return False
    if _PLACE.fullmatch(inner.strip()):
        return True
    words = [plain_word(word) for word in _WORD.findall(inner)]
    return _decorations().issuperset(words) or zone_name(words) is not None


@cache
def _decorations() -> frozenset[str]:
    content = tomllib.loads((files("kb.vocabulary") / "qualifiers.toml").read_text(encoding="utf-8"))
    dates = read_date_words()
    return frozenset(
        {plain_word(word) for words in content.values() for word in words} | {*dates.zones, *dates.ambiguous}
    )


def in_brackets(name: str) -> list[str]:
    """Return what stands in the brackets of a name."""
    return _BRACKETS.findall(name)


def _spaced(name: str) -> str:
    return re.sub(r"[_\s]+", " ", _CAMEL.sub(" ", name))
