"""Personal data: names, mail addresses and phone numbers in what people write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kb.reading.word_lists import read_phrases
from kb.records.sensitive_data import Personal

Span = tuple[int, int]


_LEAST_PART, _MOST_OF_A_NAME = 3, 100
_MOST_DIGITS, _LEAST_DIGITS = 15, 7
_MAIL = re.compile(r"(?<![\w.+-])(?<!cid:)[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE)
_NUMBER = r"(?:\+|\b00|\(?\b0?)\d[\d ()/.-]{5,22}\d\b"
_INTERNATIONAL = re.compile(r"(?<![\w.])(?:\+|00[ -]?)[1-9]\d{0,2}[ ()/.-]{0,2}\d[\d ()/.-]{4,18}\d\b")
_SAID_NUMBER = re.compile(
    r"(?:\b(?:tele?(?:ph|f)?[oó]n\w*|phone|mobile?|mobil\w*|cell|handy\w*|durchwahl|r[üu]ckruf\w*|fax|extension|"
    r"call(?: me| us)?|reach(?: me| us)?|ring(?: me)?|dial|num[eé]ro|t[ée]l[ée]phone|m[óo]vil|tel[ée]fono|cellulare|"
    r"(?:my|our|mon) number|whatsapp|sms)\b|\btel\b)[^\d+(\n]{0,25}(?P<number>" + _NUMBER + ")",
    re.IGNORECASE,
)
_AMERICAN = re.compile(r"(?<![\w.-])(?:\(\d{3}\) ?|\d{3}-)\d{3}[ -]\d{4}(?![\w-])")
_PART = r"[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:['’-][^\W\d_]+)*"
_NAME = rf"(?P<name>{_PART}(?:[ ](?:(?:de|da|van|von|der|den|del|di|la|le|bin|al)[ ]){{0,2}}{_PART}){{0,2}})(?![\w@])"
_TITLE = r"(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|Sr|Sra|Mme|Mlle|Herrn?|Frau|Monsieur|Madame|Signora?|Señora?)\b\.?[ ])"
_GREETING = rf"(?i:(?:{read_phrases('greetings.toml', 'phrases', 'before_names')})(?: (?:again|nochmals?))?)"
_PHRASE = rf"(?:{read_phrases('closings.toml', 'phrases')})"
# two at most, such as "thanks and kind regards"; a word that goes on is another one, such as LGTM
_CLOSING = rf"(?i:{_PHRASE}(?:(?: ?[,&+] ?| (?:and|und|et|y) ){_PHRASE})?)(?!\w)"
_SELF = (
    r"(?i:my name is|my name's|i am called|ich hei(?:ß|ss)e|mein name ist|je m['’]appelle|je suis|me llamo|soy|"
    r"mi chiamo|mijn naam is|meu nome [eé]|nazywam si[eę])"
)
_NAMED = (
    re.compile(rf"{_TITLE}{_NAME}"),
    re.compile(rf"\b{_GREETING},?[ ]{_TITLE}?{_NAME}(?=[ ]?(?:[,!.:;–-]|\n|$))"),
    re.compile(
        rf"\b{_CLOSING}[ ]?[,.!;:/-]?[ ]?(?:\r?\n[ \t]*){{0,2}}[ ]?{_NAME}(?=[ ]*(?:[.,;|]?[ ]*\r?\n|[.,]?[ ]*$))"
    ),
    re.compile(rf"\b{_SELF}[ ]{_TITLE}?{_NAME}"),
    re.compile(
        rf"\b(?i:this is|here is|hier ist|hier spricht|ici)[ ]{_NAME}"
        r"(?=[ ](?i:from|of|in|at|calling|speaking|von|aus|vom|de|du)\b)"
    ),
    re.compile(
        r"^[ \t>]*(?i:from|von|de|da|sent by|signed|caller|name|contact|kontakt|ansprechpartner(?:in)?):[ \t]*"
        rf"{_TITLE}?{_NAME}",
        re.MULTILINE,
    ),
)
_NOBODY = frozenset(
    """
    all alle team teams colleagues colleague kollegen kolleginnen zusammen everyone everybody there support service desk
    helpdesk help it sir madam sirs damen herren und and friends folks guys admin admins administrator hotline user
    users windows outlook excel word sap office microsoft citrix urgent please bitte customer kunde support-team dear
    hello hi regards thanks danke group department abteilung manager management hr finance watson
    """.split()  # noqa: SIM905 (seventy words, as words)
)


def personal_spans(text: str, known: Iterable[str] = ()) -> Iterator[tuple[int, int, Personal]]:
    """Find personal data in a text; `known` are names or accounts that count wherever they stand."""
    for match in _MAIL.finditer(text):
        yield *match.span(), Personal.MAIL_ADDRESS
    for start, end in _numbers(text):
        yield start, end, Personal.PHONE_NUMBER
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            if not any(part.casefold() in _NOBODY for part in re.split(r"[ ]", match["name"])):
                yield *match.span("name"), Personal.NAME
    for name in known:
        if anywhere := _anywhere(name):
            for match in anywhere.finditer(text):
                yield *match.span(), Personal.NAME


def _numbers(text: str) -> Iterator[Span]:
    found = [match.span() for pattern in (_INTERNATIONAL, _AMERICAN) for match in pattern.finditer(text)]
    found += [match.span("number") for match in _SAID_NUMBER.finditer(text)]
    for start, end in found:
        if _LEAST_DIGITS <= sum(character.isdigit() for character in text[start:end]) <= _MOST_DIGITS:
            yield start, end


def _anywhere(known: str) -> re.Pattern[str] | None:
    """The name as it stands, and each part of it that is long enough to be no common word; `None` without any."""
    parts = {known.strip(), *re.split(r"[\s,;()<>]+", known[:_MOST_OF_A_NAME])}
    wanted = [part for part in parts if len(part) >= _LEAST_PART and part.casefold() not in _NOBODY]
    if not wanted:
        return None
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(wanted, key=len, reverse=True)))})(?!\w)", re.IGNORECASE
    )
