"""Language: the words of the desk in the reader's language, and dates in the reader's form and time zone.

English is the source. A translation is a gettext catalogue, `languages/LANGUAGE.po`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

_CATALOGUES = Path(__file__).parent / "languages"
_DAYS_NAMED = 7  # older than this, a date says more than a number of days


def _(message: str) -> str:
    """Return a message in the reader's language, the message itself where it has no translation."""
    catalogue = _catalogue(_locale().language)
    found = catalogue.get(message) if catalogue is not None else None
    return str(found.string) if found is not None and found.string else message


def counted(count: int, one: str, more: str) -> str:
    """Return the message for one or for more in the reader's language, with `{count}` replaced."""
    catalogue = _catalogue(_locale().language)
    found = catalogue.get((one, more)) if catalogue is not None else None
    string = found.string if found is not None else None
    forms = string if isinstance(string, list | tuple) and all(string) else (one, more)
    return forms[0 if _locale().plural_form(count) == "one" else 1].format(
        count=format_decimal(count, locale=_locale())
    )


def is_source() -> bool:
    """Return whether the reader gets the texts as they are written here."""
    return _catalogue(_locale().language) is None


def in_sentence(title: str) -> str:
    """Return a title as it stands inside a sentence: without its capital, which German nouns keep."""
    return title if _locale().language == "de" else title[:1].lower() + title[1:]


def age(moment: datetime) -> str:
    """Return how long ago a moment was, in the largest unit that fits."""
    return format_timedelta(datetime.now(UTC) - moment, format="short", threshold=1.2, locale=_locale())


def duration(seconds: float) -> str:
    """Return how long something takes, in the largest unit that fits."""
    return format_timedelta(timedelta(seconds=seconds), format="short", threshold=1.2, locale=_locale())


def exact_duration(seconds: float) -> str:
    """Return how long something takes to the second, such as "3 h 20 min"; the units are the same everywhere."""
    hours, rest = divmod(abs(round(seconds)), 3600)
    parts = ((hours, "h"), (rest // 60, "min"), (rest % 60, "s"))
    return " ".join(f"{number(count)}\u00a0{unit}" for count, unit in parts if count) or "0\u00a0s"


def plain_day(value: date) -> str:
    """Return a day of the calendar in the reader's form."""
    return format_date(value, format="medium", locale=_locale())


def month(name: str) -> str:
    """Return a month that is written as YYYY-MM in the reader's form, anything else as it is."""
    try:
        first = date.fromisoformat(f"{name}-01")
    except ValueError:
        return name
    return format_skeleton("yMMM", first, locale=_locale())


def day_or_age(moment: datetime) -> str:
    """Return how long ago a moment was, or its day where that was long ago."""
    if (datetime.now(UTC) - moment).days < _DAYS_NAMED:
        return age(moment)
    return format_date(in_zone(moment, _zone()), format="medium", locale=_locale())


def date_order() -> str:
    """Return the order of day, month and year for fields of dates, as Streamlit writes it."""
    pattern = _locale().date_formats["short"].pattern
    separator = next((sign for sign in "./-" if sign in pattern), "-")
    order = "".join(dict.fromkeys(sign for sign in pattern if sign in "dMy"))
    parts = {"d": "DD", "M": "MM", "y": "YYYY"}
    # Streamlit knows these orders, and slashes, dots and hyphens between them
    return separator.join(parts[sign] for sign in (order if order in ("dMy", "Mdy", "yMd") else "yMd"))


def date_and_time(moment: datetime) -> str:
    """Return a moment in the reader's form and time zone."""
    return format_datetime(in_zone(moment, _zone()), format="short", locale=_locale())


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return a moment in a time zone, in its own where that lies beyond the ends of the calendar."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def number(value: float) -> str:
    """Return a number in the reader's form."""
    return format_decimal(value, locale=_locale())


def share(value: float) -> str:
    """Return a share of one as a percentage in the reader's form, to a tenth; only all is 100 %, and only none 0 %."""
    shown = round(value, 3)
    if 0 < value < 1:
        shown = min(max(shown, 0.001), 0.999)
    return format_percent(shown, locale=_locale(), decimal_quantization=False)


def of_ten(value: float) -> int:
    """Return how many of ten a share of one is about; only all is ten, and only none nought."""
    shown = round(10 * value)
    return min(max(shown, 1), 9) if 0 < value < 1 else shown


def day(moment: datetime) -> str:
    """Return the day of a moment in the reader's form and time zone."""
    return format_date(in_zone(moment, _zone()), format="medium", locale=_locale())


def languages() -> tuple[str, ...]:
    """Return the languages that the desk speaks, English first."""
    return ("en", *sorted(path.stem for path in _CATALOGUES.glob("*.po")))


@cache
def _catalogue(language: str) -> Catalog | None:
    file = _CATALOGUES / f"{language}.po"
    if not file.exists():
        return None
    with file.open(encoding="utf-8") as opened:
        return read_po(opened, locale=language)


def _locale() -> Locale:
    return _parsed(st.context.locale or "en")


@lru_cache(maxsize=1000)  # a browser may name any language, so of very many only the last are kept
def _parsed(name: str) -> Locale:
    try:
        return Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _zone() -> tzinfo:
    name = st.context.timezone
    return ZoneInfo(name) if name else UTC
