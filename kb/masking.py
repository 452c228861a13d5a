"""Masking: passwords, keys, card and identity numbers that people write, taken out before anything is kept.

Who is meant by it, names, mail addresses and phone numbers, is taken out where that is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias

from kb.incidents import FIELDS, TEXTS, Incident
from kb.personal import Personal, personal_spans


class Secret(StrEnum):
    """What was found."""

    PASSWORD = "password"  # noqa: S105 (the name of a kind)
    PIN = "pin"
    ONE_TIME_CODE = "one_time_code"
    WIFI_KEY = "wifi_key"
    API_KEY = "api_key"
    TOKEN = "token"  # noqa: S105 (the name of a kind)
    PRIVATE_KEY = "private_key"
    CONNECTION = "connection"
    CARD = "card"
    IBAN = "iban"
    IDENTITY_NUMBER = "identity_number"
    RECOVERY_KEY = "recovery_key"


Kind: TypeAlias = Secret | Personal


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its secrets, and which kinds of them it had."""

    text: str
    found: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class _Rule:
    """Where a secret stands: its pattern names it `secret`; `holds` says whether it is one by its own form."""

    kind: Secret
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]


_TEXTS = (*TEXTS, "filed_short_description", "filed_description")
_NO_TEXTS = frozenset(FIELDS) - frozenset(_TEXTS)
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_SYMBOL = re.compile(r"[!@#$%&*?^~+=§€£]")
_NO_SECRET = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://.*|\\\\.*|[a-z]:\\.*|\d{1,4}([./-])\d{1,2}\1\d{2,4}|\d{1,2}:\d{2}.*|"
    r"\[masked:.*|[\w-]+\.(?:com|net|org|local|de|exe|dll|pdf|xlsx?|docx?|zip)\b.*",
    re.IGNORECASE,
)


def _looks_made_up(text: str) -> bool:
    """Letters with digits or symbols among them, as passwords have and words have not; a mark at the end is none."""
    inner = text.rstrip("!?.,;:")
    if len(inner) < 4 or _NO_SECRET.fullmatch(text):
        return False
    return bool(_LETTER.search(inner)) and bool(_DIGIT.search(inner) or _SYMBOL.search(inner))


def _is_strong(text: str) -> bool:
    """Letters, digits and a symbol: hardly anything but a password."""
    return len(text) >= 6 and _looks_made_up(text) and bool(_DIGIT.search(text)) and bool(_SYMBOL.search(text))


def _is_random(text: str) -> bool:
    """Letters of both cases and digits through and through, as in what a machine made."""
    return (
        len(_DIGIT.findall(text)) >= 2 and text != text.lower() and text != text.upper() and not _NO_SECRET.match(text)
    )


def _any(text: str) -> bool:
    return bool(text)


def _has_digits(least: int) -> Callable[[str], bool]:
    return lambda text: len(_DIGIT.findall(text)) >= least


def is_card(text: str) -> bool:
    """Whether digits are a card number: a known beginning and length, and the check digit (ISO/IEC 7812, Luhn)."""
    digits = re.sub(r"[ -]", "", text)
    if not _CARD.fullmatch(digits):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d)\d{12}|35\d{14}"
)


def is_iban(text: str) -> bool:
    """Whether letters and digits are an IBAN by their check digits (ISO 13616, mod 97)."""
    plain = re.sub(r"\s", "", text).upper()
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


_BE = (
    *("is", "was", "are", "to", "lautet", "ist", "war", "est", "es", "era", "e", "é", "è", "jest", "becomes"),
    *("=", ":", "：", "now", "jetzt"),  # noqa: RUF001 (as typed in Chinese)
)
_WORD_END = r"(?![^\W_])"
_IS = "(?:" + "|".join(f"{word}{_WORD_END}" if word.isalpha() else word for word in _BE) + ")"
_GAP = r"(?:[ \t]+[^\s:=.!?,]{1,20}){0,4}?[ \t]*"
_VALUE = r"[\"'“”„‘’`«<]?(?P<secret>[^\s\"'“”„‘’`«»<>]{3,200})"  # noqa: RUF001 (quotes as people type them)
_SAID_SO = (
    r"(?:pass[ -]?words?|passwd|passphrase|passcode|pass(?=[ \t]{0,3}[:=][ \t])|pwd?|passwor[dt]s?|passw[oö]rter|"
    r"kennw[oö]rt(?:er)?|mot[ -]de[ -]passe|mdp|"
    r"contrase[ñn]a|clave|wachtwoord|senha|palavra[ -]passe|has[łl]o|parola|l[öo]senord|adgangskode|salasana|heslo|"
    r"[şs]ifre|пароль|密码|密碼|パスワード|credentials?)"
)
_TYPED = r"(?:typed|entered|used|tried|put|gave|eingegeben|eingetippt|benutzt?|nehme|saisi|tap[ée]|meti)"
_IDENTITY = (
    r"(?:ssn|social[ -]security(?:[ -](?:number|no\.?))?|national[ -]insurance(?:[ -](?:number|no\.?))?|nino|"
    r"passport(?:[ -](?:number|no\.?))?|reisepass(?:nummer)?|(?:personal)?ausweis(?:nummer)?|steuer[ -]?id(?:nummer)?|"
    r"steueridentifikationsnummer|sozialversicherungs(?:nummer|nr\.?)|rentenversicherungsnummer|bsn|dni|nif|pesel|"
    r"codice[ -]fiscale|driver'?s?[ -]licen[cs]e(?:[ -](?:number|no\.?))?|f[üu]hrerschein(?:nummer)?|tax[ -]id)"
)


def _rule(kind: Secret, pattern: str, holds: Callable[[str], bool] = _any, *, case: bool = False) -> _Rule:
    return _Rule(kind, re.compile(pattern, 0 if case else re.IGNORECASE), holds)


_RULES = (
    _rule(
        Secret.PRIVATE_KEY,
        r"(?P<secret>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----END)[\s\S]){0,20000}"
        r"(?:-----END [A-Z ]{0,30}KEY-----)?)",
    ),
    _rule(Secret.TOKEN, r"(?P<secret>\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,})", case=True),
    _rule(Secret.TOKEN, r"\bbearer[ \t]+(?P<secret>[\w.~+/-]{16,}=*)", _has_digits(2)),
    _rule(
        Secret.TOKEN,
        r"[?&](?:access_?token|token|sig|signature|auth|apikey|api_key|key|code|session)=(?P<secret>[^\s&#\"']{12,})",
    ),
    _rule(
        Secret.API_KEY,
        r"\b(?P<secret>(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{18,}|xox[abprs]-[\w-]{10,}|"
        r"AIza[\w-]{30,}|[sr]k_(?:live|test)_\w{16,}|sk-[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|npm_\w{30,}|hf_\w{30,})",
        case=True,
    ),
    _rule(
        Secret.API_KEY,
        r"\b(?:api|secret|access|subscription|license|client|consumer|auth|shared)[ _-]?"
        rf"(?:keys?|secret|token|schl[üu](?:e)?ssel){_GAP}{_IS}[ \t]*{_VALUE}",
        lambda text: len(text) >= 8 and _looks_made_up(text),
    ),
    _rule(Secret.CONNECTION, r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,100}:(?P<secret>[^\s@/]{3,200})@"),
    _rule(Secret.CONNECTION, r"\bjdbc:[\w:]{1,60}[:/]\w{1,60}/(?P<secret>[^\s@/]{3,200})@"),
    _rule(Secret.CONNECTION, r"[;\s](?:password|pwd)\s?=\s?(?P<secret>[^;\s\"']{3,200})(?=;)"),
    _rule(Secret.CARD, r"(?<![\w.-])(?P<secret>\d(?:[ -]?\d){12,18})(?![\w-])", is_card),
    _rule(
        Secret.IBAN, r"\b(?P<secret>[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?)\b", is_iban, case=True
    ),
    _rule(Secret.IDENTITY_NUMBER, r"(?<![\w-])(?P<secret>(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4})(?![\w-])"),
    _rule(Secret.IDENTITY_NUMBER, r"\b(?P<secret>[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D])\b", case=True),
    _rule(
        Secret.IDENTITY_NUMBER,
        rf"\b{_IDENTITY}\b{_GAP}(?:{_IS}[ \t]*)?#?(?P<secret>(?-i:[A-Z0-9](?:[ ./-]?[A-Z0-9]){{5,19}}))(?![\w-])",
        _has_digits(5),
    ),
    _rule(Secret.RECOVERY_KEY, r"(?<!\d)(?P<secret>\d{6}(?:[- ]\d{6}){7})(?!\d)"),
    _rule(
        Secret.RECOVERY_KEY,
        rf"\b(?:recovery|seed|wiederherstellungs)[ -]?(?:key|phrase|code|schl[üu]e?ssel){_GAP}{_IS}[ \t]*{_VALUE}",
        lambda text: len(text) >= 8 and ("-" in text or _looks_made_up(text)),
    ),
    _rule(Secret.PIN, rf"\bpin\b(?:[ -]?(?:code|number|nr\.?|nummer))?{_GAP}(?:{_IS}[ \t]*)?#?(?P<secret>\d{{4,8}})\b"),
    _rule(
        Secret.ONE_TIME_CODE,
        r"\b(?:otp|totp|tan|(?:one[ -]time|verification|authenticat(?:or|ion)|mfa|2fa|sms|security|access|login|"
        r"best[äa]e?tigungs|freigabe|einmal|sicherheits)[ -]?(?:pass)?(?:code|kode|token)s?)\b"
        rf"{_GAP}(?:{_IS}[ \t]*)?(?P<secret>\d{{6,8}}|\d{{3}}[- ]\d{{3}})(?![\w-])",
    ),
    _rule(
        Secret.PIN,
        rf"\bpin\b[^\d\n]{{0,40}}\b{_TYPED}[ \t]+(?:in[ \t]+)?(?P<secret>\d{{4,8}})\b",
    ),
    _rule(Secret.PIN, r"(?<![\w.-])(?P<secret>\d{4,8})[ \t]+(?:as|als|comme|como)[ \t]+(?:\w{2,6}[ \t]+)?pin\b"),
    _rule(
        Secret.ONE_TIME_CODE,
        r"\bcode\b[^\d\n]{0,40}\b(?:authenticat\w+|mfa|2fa|sms|text message|app|handy|phone)\b[^\d\n]{0,25}"
        r"(?<![\w.-])(?P<secret>\d{6,8}|\d{3}[- ]\d{3})(?![\w-])",
    ),
    _rule(
        Secret.ONE_TIME_CODE,
        r"\b(?:authenticat\w+|mfa|2fa|sms|text message)\b[^\d\n]{0,40}\bcode\b[^\d\n]{0,25}"
        r"(?<![\w.-])(?P<secret>\d{6,8}|\d{3}[- ]\d{3})(?![\w-])",
    ),
    _rule(
        Secret.TOKEN,
        rf"\b(?:tokens?|secrets?|keys?|schl[üu]e?ssel){_GAP}(?:{_IS}[ \t]*)?(?P<secret>[\w~+/.-]{{20,200}})",
        _is_random,
    ),
    _rule(
        Secret.WIFI_KEY,
        r"\b(?:(?:wi-?fi|wlan|wireless|wpa\d?|network|netzwerk|hotspot)[ -]?(?:key|code|pass(?:word|wort)?|kennwort|"
        rf"schl[üu]e?ssel)|psk|pre-shared key){_GAP}{_IS}[ \t]*{_VALUE}",
        _looks_made_up,
    ),
    _rule(Secret.PASSWORD, rf"{_SAID_SO}[ \t]*[:=：][ \t]*[\"'“„](?P<secret>[^\"'”“\n]{{3,100}})[\"'”“]"),  # noqa: RUF001
)
_LINE_WORD = re.compile(
    rf"(?<!\w)(?:{_SAID_SO}|log(?:in|on|ged in)|sign(?:ed)?[ -]in|user(?:name)?|benutzer|anmeld\w*)(?!\w)",
    re.IGNORECASE,
)
_PIECE = re.compile(r"(?:(?<=[\s:/=(\"'])|^)[^\s:/=(\"']{6,64}(?=[\s,;)\"']|\.?$|\.\s)")
_SAID = re.compile(rf"(?<!\w){_SAID_SO}(?![^\W\d_])", re.IGNORECASE)
_TOKEN = re.compile(r"[^\s\"'“”„‘’`«»<>]+")  # noqa: RUF001 (quotes as people type them)
_WINDOW, _TOKENS_READ = 120, 9


@dataclass(frozen=True, slots=True)
class Masking:
    """What is masked: secrets always, and if `personal`, names, mail addresses and phone numbers too."""

    personal: bool = False

    def text(self, text: str, *, caller: str | None = None) -> Masked:
        """The text with all of that in it replaced by what it was, such as `[masked: password]`.

        The name of a `caller` is a name wherever it stands.
        """
        spans: set[tuple[int, int, Kind]] = {*_by_rule(text), *_by_word(text), *_by_line(text)}
        if self.personal:
            spans.update(personal_spans(text, caller))
        parts, found, done = list[str](), set[Kind](), 0
        for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start < done:
                continue
            parts += [text[done:start], f"[masked: {kind.value.replace('_', ' ')}]"]
            found.add(kind)
            done = end
        return Masked("".join([*parts, text[done:]]), frozenset(found)) if found else Masked(text)

    def fields(self, values: Mapping[str, Any], columns: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
        """What is said of one incident, by field or further column, masked as in `incident`; `columns` by field.

        Who calls and how it was classified tell what to learn and whom to forget: of those, secrets alone are masked.
        """
        field_of = {column: field for field, column in columns.items()}
        caller = values.get(columns.get("caller", "caller"))
        known, secrets_only = caller if isinstance(caller, str) else None, Masking()

        def clean(name: str, value: str) -> str:
            masking = secrets_only if field_of.get(name, name) in _NO_TEXTS else self
            return masking.text(value, caller=known).text

        return {name: clean(name, value) if isinstance(value, str) else value for name, value in values.items()}

    def incident(self, incident: Incident) -> tuple[Incident, frozenset[Kind]]:
        """An incident with its texts and further columns masked, and which kinds of secrets they had."""
        found = set[Kind]()

        def clean(text: str) -> str:
            masked = self.text(text, caller=incident.caller)
            found.update(masked.found)
            return masked.text

        texts: dict[str, Any] = {name: clean(text) for name in _TEXTS if (text := getattr(incident, name))}
        extra = {name: clean(value) if isinstance(value, str) else value for name, value in incident.extra.items()}
        return (replace(incident, **texts, extra=extra), frozenset(found)) if found else (incident, frozenset())


def _by_rule(text: str) -> Iterator[tuple[int, int, Secret]]:
    for rule in _RULES:
        for match in rule.pattern.finditer(text):
            secret = match["secret"].rstrip(".,;)")
            if rule.holds(secret):
                yield match.start("secret"), match.start("secret") + len(secret), rule.kind


def _by_word(text: str) -> Iterator[tuple[int, int, Secret]]:
    """What looks made up, right after a word for password, or behind one within a few words and a form of "to be"."""
    for said in _SAID.finditer(text):
        window = text[said.end() : said.end() + _WINDOW].split("\n", maxsplit=1)[0]
        is_named = window.lstrip(" \t")[:1] in (":", "=", "：")  # noqa: RUF001 (as typed in Chinese)
        for place, piece in enumerate(_TOKEN.finditer(window)):
            if place >= _TOKENS_READ:
                break
            bare = piece.group().lstrip(":=(")
            secret = bare.rstrip(".,;)")
            if (is_named or place == 0) and _looks_made_up(secret):
                begin = said.end() + piece.start() + len(piece.group()) - len(bare)
                yield begin, begin + len(secret), Secret.PASSWORD
                break
            is_named = is_named or piece.group().casefold() in _BE or piece.group()[-1] in ":="


def _by_line(text: str) -> Iterator[tuple[int, int, Secret]]:
    """What can hardly be anything but a password, on a line that speaks of passwords or of signing in."""
    start = 0
    for line in text.splitlines(keepends=True):
        if _LINE_WORD.search(line):
            for piece in _PIECE.finditer(line):
                secret = piece.group().rstrip(".,;)")
                if _is_strong(secret):
                    begin = start + piece.start()
                    yield begin, begin + len(secret), Secret.PASSWORD
        start += len(line)
