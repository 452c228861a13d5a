"""Secrets that are known by their own form: keys, tokens, card, account and identity numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum import luhn
from stdnum.ch import ssn as ahv
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.iso7064 import mod_97_10
from stdnum.it import codicefiscale

from kb.privacy.secret import Span, digits_in
from kb.records.sensitive_data import Secret


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of a secret: its pattern names it `secret`; `holds` says whether it is one.

    A text with fewer than `digits` digits has none, and is not searched.
    """

    kind: Secret
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]
    digits: int


_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d)\d{12}|35\d{14}"
)


def is_card(text: str) -> bool:
    """Return whether digits are a card number: known beginning, length and check digit (ISO/IEC 7812, Luhn)."""
    digits = re.sub(r"[ -]", "", text)
    return bool(_CARD.fullmatch(digits)) and luhn.is_valid(digits)


def is_iban(text: str) -> bool:
    """Return whether letters and digits are an IBAN by their check digits (ISO 13616, mod 97)."""
    plain = re.sub(r"[\s-]", "", text).upper()
    return 15 <= len(plain) <= 34 and mod_97_10.is_valid(plain[4:] + plain[:4])


def _any(text: str) -> bool:
    return not text.startswith("[masked:")


def _has_digit(text: str) -> bool:
    return not text.startswith("[masked:") and digits_in(text) >= 1


def _form(
    kind: Secret, pattern: str, holds: Callable[[str], bool] = _any, *, case: bool = False, digits: int = 0
) -> _Form:
    return _Form(kind, re.compile(pattern, 0 if case else re.IGNORECASE), holds, digits)


_DIGIT = re.compile(r"\d")
_ALONE, _END = r"(?<![\w.-])", r"(?![\w-])"
_FORMS = (
    _form(
        Secret.PRIVATE_KEY,
        r"(?P<secret>-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S]){0,20000}"
        r"(?:-----END [A-Z ]{0,30}KEY(?: BLOCK)?-----)?)",
    ),
    _form(Secret.PRIVATE_KEY, r"Private-Lines: \d+\s+(?P<secret>(?:[A-Za-z0-9+/=]{16,80}\s*){1,80})"),
    _form(Secret.TOKEN, r"(?P<secret>\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,})", case=True),
    _form(Secret.TOKEN, r"\bbearer[ \t]+(?P<secret>[\w.~+/-]{16,}=*)", _has_digit),
    _form(
        Secret.TOKEN,
        r"[?&](?:access_?token|token|sig|signature|auth|apikey|api_key|key|code|session)=(?P<secret>[^\s&#\"']{12,})",
    ),
    _form(
        Secret.API_KEY,
        r"(?<![^\W_])(?P<secret>(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{30,}|github_pat_\w{30,}|"
        r"gl(?:pat|dt|rt|cbt)-[\w-]{18,}|"
        r"xox[abeprs]-[\w-]{10,}|xapp-[\w-]{20,}|AIza[\w-]{30,}|ya29\.[\w-]{30,}|"
        r"[sr]k_(?:live|test)_\w{16,}|whsec_[\w+/=]{16,}|"
        r"sk-[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|npm_\w{30,}|pypi-[\w-]{30,}|hf_\w{30,}|hv[sb]\.[\w-]{20,}|"
        r"do[pro]o?_v1_[0-9a-f]{40,}|dckr_pat_[\w-]{20,}|shp(?:at|ss|ca|pa)_[0-9a-f]{32}|"
        r"ATATT3[\w=-]{30,}|NRAK-[A-Z0-9]{20,}|"
        r"PMAK-[\w-]{30,}|lin_api_\w{30,}|sq0(?:atp|csp)-[\w-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{50,})",
        case=True,
    ),
    _form(Secret.CONNECTION, r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:(?P<secret>[^\s@/]{3,200})@"),
    _form(Secret.CONNECTION, r"\bjdbc:[\w:]{1,60}[:/]\w{1,60}/(?P<secret>[^\s@/]{3,200})@"),
    _form(
        Secret.CONNECTION,
        r"\b(?:sqlplus|sqlcl|exp|imp|expdp|impdp|rman target)[ \t]+\w{1,60}/(?P<secret>[^\s@/\"']{3,200})",
    ),
    _form(
        Secret.CONNECTION,
        r"\b(?:mysql\w*|mariadb\w*|sshpass|plink|pscp|psftp|ldap\w+|winscp|mongo\w*|redis-cli|smbclient|mosquitto_\w+)\b"
        r"[^\n]{0,120}?[ \t]-(?:p|w|pw|a)[ \t]?[\"']?(?P<secret>[^\s\"'-][^\s\"']{3,100})",
        _has_digit,
    ),
    _form(
        Secret.CONNECTION,
        r"\b(?:curl|wget|http)\b[^\n]{0,120}?[ \t]-(?:u|-user)[ \t=]?[\"']?[^\s:\"']{1,60}:(?P<secret>[^\s\"']{3,100})",
    ),
    _form(
        Secret.CONNECTION,
        r"/u(?:ser)?:[\w.\\@-]{1,80}[ \t]+[\"']?(?P<secret>[^\s\"'/*][^\s\"']{3,100})",
        _has_digit,
    ),
    _form(Secret.CONNECTION, r"\b(?:s?ftp|ssh|scp|smb|telnet)[ \t]+[\w.-]{1,60}:(?P<secret>[^\s@/:]{4,100})@"),
    _form(Secret.CARD, r"(?<![\w.-])(?P<secret>\d(?:[ -]?\d){12,18})(?![\w-])", is_card, digits=13),
    _form(Secret.IBAN, r"\b(?P<secret>[A-Z]{2}\d{2}[A-Z0-9]{11,30})\b", is_iban, case=True, digits=2),
    _form(
        Secret.IBAN,
        r"\b(?P<secret>[A-Z]{2}\d{2}(?:[ -][A-Z0-9]{4}){2,7}(?:[ -](?!BIC)[A-Z0-9]{1,3})?)\b",
        is_iban,
        case=True,
        digits=2,
    ),
    _form(
        Secret.IDENTITY_NUMBER, r"(?<![\w-])(?P<secret>(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4})(?![\w-])", digits=9
    ),
    _form(
        Secret.IDENTITY_NUMBER, r"\b(?P<secret>[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D])\b", case=True, digits=6
    ),
    _form(Secret.IDENTITY_NUMBER, rf"{_ALONE}(?P<secret>\d{{8}}[- ]?[A-Z]){_END}", dni.is_valid, case=True, digits=8),
    _form(
        Secret.IDENTITY_NUMBER,
        rf"{_ALONE}(?P<secret>[XYZ][- ]?\d{{7}}[- ]?[A-Z]){_END}",
        nie.is_valid,
        case=True,
        digits=7,
    ),
    _form(
        Secret.IDENTITY_NUMBER,
        rf"{_ALONE}(?P<secret>[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dAB] ?\d{{3}} ?\d{{3}} ?\d\d){_END}",
        nir.is_valid,
        digits=14,
    ),
    _form(
        Secret.IDENTITY_NUMBER,
        rf"{_ALONE}(?P<secret>[A-Z]{{6}}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{{3}}[A-Z]){_END}",
        codicefiscale.is_valid,
        digits=7,
    ),
    _form(
        Secret.IDENTITY_NUMBER,
        rf"{_ALONE}(?P<secret>756[. ]?\d{{4}}[. ]?\d{{4}}[. ]?\d\d){_END}",
        ahv.is_valid,
        digits=13,
    ),
    _form(Secret.IDENTITY_NUMBER, rf"{_ALONE}(?P<secret>\d{{3}}\.\d{{3}}\.\d{{3}}-\d\d){_END}", digits=11),
    _form(
        Secret.IDENTITY_NUMBER,
        rf"{_ALONE}(?P<secret>\d{{6}}[-+A]\d{{3}}[0-9A-Z]){_END}",
        hetu.is_valid,
        case=True,
        digits=9,
    ),
    _form(Secret.RECOVERY_KEY, r"(?<!\d)(?P<secret>\d{6}(?:[- ]\d{6}){7})(?!\d)", digits=48),
)


def known_by_form(text: str) -> Iterator[Span]:
    """Find the secrets in a text that show by their form alone."""
    digits = len(_DIGIT.findall(text))
    for form in _FORMS:
        if digits < form.digits:
            continue
        for match in form.pattern.finditer(text):
            secret = match["secret"].rstrip(".,;)")
            if form.holds(secret):
                yield match.start("secret"), match.start("secret") + len(secret), form.kind
