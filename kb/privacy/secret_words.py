"""Secrets that are known by the words beside them, as people write them in prose and machines in settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kb.privacy.secret import (
    Span,
    digits_in,
    has_initials_inside,
    is_mixed,
    is_random,
    is_strong,
    is_uuid,
    looks_made_up,
)
from kb.records.sensitive_data import Secret

Test = Callable[[str], bool]


def _never(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Topic:
    """What a line may speak of: the words for it, what a value of it looks like, and how sure its look must be.

    `said` is asked of what stands beside the words, at most `gap` words behind them, or is said to be it; `anywhere` of
    everything else on the line. With `assigned`, whatever stands alone behind a colon or "=" is one.
    """

    kind: Secret
    words: re.Pattern[str]
    value: re.Pattern[str]
    said: Test
    anywhere: Test = _never
    gap: int = 0
    assigned: bool = False


_WORDS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))
_PARTS = {f"{{{name}}}": f"(?:{'|'.join(words)})" for name, words in _WORDS["parts"].items()}


def _one_of(name: str) -> str:
    """Return a pattern of the words under a name."""
    pattern = "|".join(_WORDS[name])
    for part, words in _PARTS.items():
        pattern = pattern.replace(part, words)
    return f"(?:{pattern})"


_BEGIN, _END = r"(?:(?<![^\W\d_])|(?<=[a-z])(?=(?-i:[A-Z])))", r"(?![^\W\d_])"


def _words(name: str, before: str = "") -> re.Pattern[str]:
    """Words where no letter stands before them, or where a capital begins a part of a name (`DbPassword`)."""
    return re.compile(rf"{_BEGIN}{before}{_one_of(name)}{_END}", re.IGNORECASE)


_NO_SECRET_CODE = "".join(f"(?<!{word}[ -])" for words in _WORDS["no_secret_code"] for word in words)
_PIECE = re.compile(r"[^\s\"'“”„‘’`«»<>]{3,200}")
_DIGITS = re.compile(r"(?<![\w.,+/-])(?<!\d:)\d{4,8}(?![\w-]|[.,:/]\d)")
_CODE = re.compile(r"(?:(?<![\w.,+/-])(?<!\d:)|(?<=\bG-))(?:\d{6,8}|\d{3}[- ]\d{3})(?![\w-]|[.,:/]\d)")
_LONG = re.compile(r"[\w~+/.-]{16,200}=*")
_NUMBER = re.compile(r"(?<![\w-])[A-Z0-9](?:[ ./-]?[A-Z0-9]){5,19}(?![\w-])")


def _is_said_password(text: str) -> bool:
    return looks_made_up(text) or has_initials_inside(text.rstrip("!?."))


def _is_network_key(text: str) -> bool:
    return looks_made_up(text) or has_initials_inside(text) or (text.isdigit() and len(text) >= 8)


def _is_key(text: str) -> bool:
    return (len(text) >= 8 and looks_made_up(text) and digits_in(text) >= 2) or _is_token(text)


def _is_token(text: str) -> bool:
    return is_random(text) or is_mixed(text) or is_uuid(text)


def _is_phrase(text: str) -> bool:
    return len(text) >= 8 and ("-" in text or looks_made_up(text))


def _is_code(text: str) -> bool:
    return not re.fullmatch(r"(?:19|20)\d\d(?:[01]\d[0-3]\d)?", text)


def _is_number(text: str) -> bool:
    return digits_in(text) >= 5 or (len(text) >= 8 and text.isalnum() and digits_in(text) >= 2)


_TOPICS = (
    _Topic(Secret.WIFI_KEY, _words("wifi_key"), _PIECE, _is_network_key),
    _Topic(Secret.RECOVERY_KEY, _words("recovery_key"), _PIECE, _is_phrase),
    _Topic(Secret.ONE_TIME_CODE, _words("one_time_code", _NO_SECRET_CODE), _CODE, _is_code, _is_code, gap=4),
    _Topic(Secret.PIN, _words("pin"), _DIGITS, bool, gap=4),
    _Topic(Secret.IDENTITY_NUMBER, _words("identity_number"), _NUMBER, _is_number, gap=4),
    _Topic(Secret.API_KEY, _words("api_key"), _PIECE, _is_key, is_random),
    _Topic(Secret.TOKEN, _words("token"), _LONG, _is_token, is_random),
    _Topic(Secret.PASSWORD, _words("password"), _PIECE, _is_said_password, is_strong, assigned=True),
    _Topic(Secret.PASSWORD, _words("sign_in"), _PIECE, _never, is_strong),
)

_BE = re.compile(rf"(?<!\w){_one_of('is')}(?!\w)|[:=：是(]", re.IGNORECASE)
_MAY_BE = re.compile(rf"(?<!\w){_one_of('may_be')}(?!\w)", re.IGNORECASE)
_SAID_BEFORE = re.compile(
    r"[\s\"'“”„‘’`«»<>(\[,;)\]*_]*[ (]"
    rf"{_one_of('is_before')} +(?:{_one_of('whose_it_is')} +){{0,3}}(?:[a-z]{{2,12}} )?$",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"(?<!\w)(?:log(?:in|on)\w*(?: details)?|zugang\w*|credentials?|anmeldung|anmeldedaten|identifiants?|acceso|"
    r"account|user\w*|benutzer\w*|root|admin) {0,2}(?:[:=-] {0,2})?"
    r"(?:[\w.@\\-]{2,40}(?: ?[/|]| [-–] )|(?<=root|dmin)/) ?(?P<secret>[^\s\"'/]{6,40})",
    re.IGNORECASE,
)
_PAIRED = re.compile(r"[a-z]+(?:-[a-z]+)*[-!#*]?\d{1,4}[!#*]?|(?=\S*[A-Z])(?=\S*[a-z])(?=\S*\d)\w+")
_STATE = re.compile(_one_of("state"), re.IGNORECASE)
_ASSIGNED = re.compile(r"\s{0,3}[:=：]\s{0,3}(?P<value>[^\s\"'“”„‘’`«»<>;,&]{4,100})(?=\s*(?:[;,&]|\n|$))")
_QUOTED = re.compile(r"\s{0,3}[:=：]\s{0,3}[\"'“„](?P<value>[^\"'”“\n]{3,100})[\"'”“]")
_SETTING = re.compile(r"[^\W\d]{3,30}=")
_MASKED = re.compile(r"\[masked: [a-z ]{2,30}\]")
_NEXT_SETTING = re.compile(r"[;&](?=[\w ]{2,30}=|\s*$).*")


def alternatives(pattern: str) -> list[str]:
    """Return patterns that together match what this one does, with groups at their beginning written out."""
    parts, ends, start, depth = list[str](), list[int](), 0, 0
    for token in _TOKEN.finditer(pattern):
        depth += (token.group() == "(") - (token.group() == ")")
        if depth == 0 and token.group() == "|":
            parts.append(pattern[start : token.start()])
            start = token.end()
        elif depth == 0 and token.group() == ")":
            ends.append(token.end())
    if parts:
        return [found for part in (*parts, pattern[start:]) for found in alternatives(part)]
    if not pattern.startswith("(?:") or pattern[ends[0] : ends[0] + 1] in ("?", "*", "+", "{"):
        return [pattern]
    inside, rest = pattern[3 : ends[0] - 1], pattern[ends[0] :]
    return [found for part in alternatives(inside) for found in alternatives(part + rest)]


def by_first_letter(*patterns: str) -> str:
    """Return a pattern that matches where one of these does, and tries only those with the letter that is there.

    `re` tries alternatives one after the other: hundreds of words on each word of a text take three times as long.
    """
    groups: dict[str, list[str]] = {}
    for part in dict.fromkeys(part for pattern in patterns for part in alternatives(pattern)):
        first = part[0] if _PLAIN_LETTER.match(part) else ""
        groups.setdefault(first, []).append(part[len(first) :])
    return "(?:" + "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in groups.items()) + ")"


_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]")
_PLAIN_LETTER = re.compile(r"[^\W\d_](?![?*+{])")
_OTHERS = ("wifi_key", "recovery_key", "pin", "identity_number", "api_key", "token", "password", "sign_in")
_MENTION = re.compile(
    rf"{_BEGIN}(?:(?={by_first_letter(*map(_one_of, _OTHERS))}{_END})"
    rf"|(?={by_first_letter(_one_of('one_time_code'))}{_END}){_NO_SECRET_CODE})",
    re.IGNORECASE,
)
_WINDOW, _WORDS_READ, _LEAST_OF_A_DOUBTFUL = 80, 9, 8


def known_by_words(text: str) -> Iterator[Span]:
    """Find the secrets in a text that show by the words beside them; masked parts count for nothing."""
    text = _MASKED.sub(lambda masked: "x" * len(masked.group()), text)
    start, lines = 0, text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if mentions := [mention.start() for mention in _MENTION.finditer(line)]:
            following = lines[number + 1] if number + 1 < len(lines) else ""
            for begin, end, kind in _on_a_line(line, mentions, following):
                yield start + begin, start + end, kind
        start += len(line)


def _on_a_line(line: str, mentions: Sequence[int], following: str) -> Iterator[Span]:
    """Secrets on a line with words for them at these places."""
    for pair in _PAIR.finditer(line):
        secret = pair["secret"].rstrip(".,;)")
        if is_strong(secret) or _PAIRED.fullmatch(secret):
            yield pair.start("secret"), pair.start("secret") + len(secret), Secret.PASSWORD
    for topic in _TOPICS:
        read = behind = 0
        for place in mentions:
            said = topic.words.match(line, place) if place >= behind else None
            if said is None:
                continue
            behind = said.end()
            if topic.said is not _never:
                yield from _behind(topic, line, said.end(), following)
                yield from _before(topic, line, said.start())
            if topic.anywhere is not _never:
                begin, end = max(read, said.start() - _WINDOW), said.end() + _WINDOW
                near = _values(topic, line, begin, end)
                yield from (span for span in near if topic.anywhere(line[span[0] : span[1]]))
                read = end


def _values(topic: _Topic, line: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Return the possible values on a line: without the marks around them, and after the last : / or = in them."""
    for piece in topic.value.finditer(line, start, len(line) if end is None else min(end, len(line))):
        word = _NEXT_SETTING.sub("", piece.group())
        bare = word.lstrip(":=：([{-,*_>|")
        value = bare.rstrip(".,;)]}*")
        begin = piece.start() + len(word) - len(bare)
        if value and not _SETTING.match(value):
            yield begin, begin + len(value), topic.kind
        if topic.value is _PIECE and (mark := re.search(r"[:/=|](?=[^:/=|]{4,}$)", value)):
            yield begin + mark.end(), begin + len(value), topic.kind


def _behind(topic: _Topic, line: str, end: int, following: str) -> Iterator[Span]:
    """Return the value after the words that name it, or alone on the next line."""
    stop = min(len(line), end + _WINDOW)
    for form in (_QUOTED, _ASSIGNED) if topic.assigned else ():
        assigned = form.match(line, end)
        if assigned and not _STATE.fullmatch(assigned["value"].rstrip(".!?")):
            yield *assigned.span("value"), topic.kind
    for span in _values(topic, line, end, stop):
        between = line[end : span[0]]
        if (words := len(re.findall(r"\w+", between))) > _WORDS_READ:
            break
        value = line[span[0] : span[1]]
        is_said = (
            words <= topic.gap
            or _BE.search(between)
            or (_MAY_BE.search(between) and len(value) >= _LEAST_OF_A_DOUBTFUL)
        )
        if is_said and topic.said(value):
            yield span
            break
    if not line[end:].strip(" \t:=\r\n") and len(following.split()) == 1:
        for begin, stop, kind in _values(topic, following):
            if topic.said(following[begin:stop]):
                yield len(line) + begin, len(line) + stop, kind


def _before(topic: _Topic, line: str, start: int) -> Iterator[Span]:
    """Return the value before the words that name it ("4711 as my PIN")."""
    begin = max(0, start - _WINDOW)
    link = _SAID_BEFORE.search(line, begin, start)
    for span in _values(topic, line, begin, link.start()) if link else ():
        if link and span[1] >= link.start() - 1 and topic.said(line[span[0] : span[1]]):
            yield span
