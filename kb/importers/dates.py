"""Dates: reads moments as ticket tools export them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kb.records.wording import Wording
from kb.vocabulary.column_name import in_brackets
from kb.vocabulary.date_words import plain_word, read_date_words
from kb.vocabulary.nothing import is_no_date, is_no_moment
from kb.vocabulary.zone_names import NamedTime, zone_name

_EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_EARLIEST, _LATEST = 1970, 2100
# years of two digits: those up to 68 belong to this century, as in POSIX
_LAST_OF_THIS_CENTURY = 68

# The forms of most exports; anything else is read in more steps, with the same result.
_ISO = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d\S*")
_PLAIN = re.compile(
    r"(0?[1-9]|[12]\d|3[01])([-/.])(0?[1-9]|[12]\d|3[01])\2((?:19|20)\d\d)(?: (\d{1,2}):(\d\d)(?::(\d\d))?)?"
)
_NUMBER = re.compile(r"\d{5}(?:[.,]\d+)?|\d{9,11}(?:\.\d+)?|\d{13}(?:\.\d+)?|\d{16}")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_NET = re.compile(r"\\?/Date\((\d{13})(?:[+-]\d{4})?\)\\?/")
_WEEK = re.compile(r"\d{4}-?W\d\d", re.IGNORECASE)
_HALF = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)
_TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})\s?[:h]\s?(\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?\s*(?:(am|pm)\b)?(?![\d:])", re.IGNORECASE
)
_HOUR = re.compile(r"(?<![\d:./-])(\d{1,2})()()()\s*(?:(am|pm)|h|uhr)\b", re.IGNORECASE)
# a time with dots, behind a date: Oracle's 12-MAR-24 10.15.00.000000 AM
_DOTTED = re.compile(
    r"(?:(?<=\d )|(?<=\d, ))(\d{1,2})\.(\d{2})(?:\.(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:(am|pm)\b)?(?![\w.])", re.IGNORECASE
)
# a month in English, a day of the week in French and Spanish
_TUESDAY = "mar"
# placeholder for a time that was cut out of a text: no word, no digit
_CLOCK = "\x00"
_OFFSET = re.compile(
    rf"{_CLOCK}\s*(?:UTC|GMT|UT|Z)?\s*([+\-\u2212])(\d{{1,2}}):?(\d{{2}})?(?!\d)(?:\s*\([^)]*\))?", re.IGNORECASE
)
_PLACE = re.compile(r"\b[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+)+")
_JOINED = re.compile(r"(\d{4}):(?=\d{1,2}:)")
_YEAR_FIRST = re.compile(r"(\d{4})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?[-/.]\s?(\d{4}|\d{2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_MOST_WORDS = 20  # in which the name of a zone is looked for


@dataclass(frozen=True, slots=True)
class DateReader:
    """Reads moments: those without a time zone are in `zone`; `day_first` decides 3/4/2024, `year_first` 24-03-12.

    Of a time that occurs twice when clocks change, the first is meant.
    """

    day_first: bool = False
    zone: tzinfo = UTC
    year_first: bool = False

    def read(self, text: str) -> datetime | None:
        """Return the moment in a text, `None` for a text that means "no date".

        Takes ISO 8601, `2024-03-12 10:11:12`, `12/03/2024 10:11`, `12.03.2024`, `12/Mar/24 3:45 PM`, `12 mars 2024`,
        zones by offset, abbreviation or place, Excel's day numbers, and Unix seconds, milliseconds or microseconds.
        Raises ValueError for anything else, such as a date without its year.
        """
        text = text.strip()
        try:
            moment = self._usual(text)
            if moment is None:
                text = _wrapped(text)
                if is_no_date(text):
                    return None
                moment = self._number(text) if _NUMBER.fullmatch(text) else self._written(text)
        except OverflowError:
            raise ValueError(Wording("'{value}' is not a date that can be read", {"value": text[:40]})) from None
        except ValueError as error:
            raise _not_read(text[:40], error) from None
        if not _EARLIEST < moment.year <= _LATEST:
            if is_no_moment(moment):
                return None
            if moment.year != _EARLIEST:
                raise ValueError(
                    Wording(
                        "'{value}' is not between {first} and {last}",
                        {"value": text[:40], "first": str(_EARLIEST), "last": str(_LATEST)},
                    )
                )
        return moment.astimezone(UTC)

    def _usual(self, text: str) -> datetime | None:
        """Return the moment in a text of a frequent form, `None` for any other."""
        if found := _PLAIN.fullmatch(text):
            first, second = int(found[1]), int(found[3])
            day, month = (first, second) if self.day_first or found[2] == "." else (second, first)
            hour, minute, second = (int(part or 0) for part in found.group(5, 6, 7))
            return datetime(int(found[4]), month, day, hour, minute, second, tzinfo=self.zone)
        if not _ISO.fullmatch(text):
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _number(self, text: str) -> datetime:
        value = float(text.replace(",", "."))
        if value < 100_000:
            return (_EXCEL_EPOCH + timedelta(days=value)).replace(tzinfo=self.zone)
        digits = len(text.partition(".")[0])
        return datetime.fromtimestamp(value / {13: 1e3, 16: 1e6}.get(digits, 1), tz=UTC)

    def _written(self, text: str) -> datetime:
        if _WEEK.match(text):
            raise _UnreadableError(Wording("a week is not a date"))
        if found := _COMPACT.fullmatch(text):
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=self.zone)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = self._in_words(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _in_words(self, text: str) -> datetime:
        """Return the moment in a text of a date, an optional time and zone, and words without meaning."""
        rest, clock = _clock(_HALF.sub(r"\1m", _JOINED.sub(r"\1 ", text.strip("[]"))))
        rest, offset = _offset(rest)
        rest, place = _place(rest)
        rest, (year, month, day) = self._date(rest)
        moment = datetime.combine(date(year, month, day), clock or time())
        words = [plain_word(word) for word in _WORD.findall(rest)]
        given = offset or place
        if len(words) > 1 and (named := zone_name(words[:_MOST_WORDS])) is not None:
            where, meanings = named
            given = given or self._named(" ".join(words[where]), meanings, moment)
            del words[where]
        zones = [self._abbreviated(word, moment) for word in words]
        zone = next(filter(None, (given, *zones)), None)
        if _DIGITS.search(rest):
            raise _UnreadableError(Wording("it holds more than a date and a time"))
        return moment.replace(tzinfo=zone)

    def _date(self, text: str) -> tuple[str, tuple[int, int, int]]:
        """Return the text without its date, and the date: year, month and day."""
        if found := _YEAR_FIRST.search(text):
            return _without(found), (int(found[1]), int(found[2]), int(found[3]))
        if found := _YEAR_LAST.search(text):
            if self.year_first and len(found[4]) == 2 and found[2] != ".":
                return _without(found), (_year(found[1]), int(found[3]), int(found[4]))
            first, second = int(found[1]), int(found[3])
            day, month = (first, second) if self.day_first or found[2] == "." else (second, first)
            return _without(found), (_year(found[4]), month, day)
        months = read_date_words().months
        words = [word for word in _WORD.findall(text) if plain_word(word) in months]
        named = [word for word in words if plain_word(word) != _TUESDAY] or words[:1]
        numbers = _DIGITS.findall(text)
        if len(named) != 1 or len(numbers) != 2:
            raise _UnreadableError(Wording("it lacks a day, a month or a year"))
        day, year = reversed(numbers) if len(numbers[0]) == 4 else numbers
        rest = _DIGITS.sub(" ", text).replace(named[0], " ", 1)
        return rest, (_year(year), months[plain_word(named[0])], int(day))

    def _named(self, name: str, meanings: Sequence[NamedTime], moment: datetime) -> tzinfo:
        """Return the time zone of a full name, that of the file where the name may mean several; raise otherwise."""
        offsets = {offset for meaning in meanings for offset in meaning.offsets(moment)}
        if len(offsets) == 1:
            return timezone(offsets.pop())
        if self.zone is not UTC and self.zone.utcoffset(moment) in offsets:
            return self.zone
        if not offsets:
            raise _UnreadableError(Wording("'{name}' has no summer time in that year", {"name": name}))
        possible = " or ".join(str(timezone(offset)) for offset in sorted(offsets))
        raise _UnreadableError(
            Wording("'{name}' may mean {zones} on that day: choose the time zone", {"name": name, "zones": possible})
        )

    def _abbreviated(self, word: str, moment: datetime) -> tzinfo | None:
        """Return the time zone that a word abbreviates, `None` for a word without meaning."""
        words = read_date_words()
        if word == (self.zone.tzname(moment) or "").casefold():
            return self.zone
        if word in words.zones:
            return words.zones[word]
        if word in words.ambiguous:
            raise _UnreadableError(
                Wording(
                    "{name} is the time of {places}: choose the time zone",
                    {"name": word.upper(), "places": words.ambiguous[word]},
                )
            )
        if word not in words.fillers:
            raise _UnreadableError(Wording("'{word}' is neither a month nor a known zone", {"word": word}))
        return None


def zone_in_brackets(name: str, zone: tzinfo) -> tzinfo:
    """Return the zone that the name of a column has in brackets, as in `Opened (UTC+2)`, `zone` where it has none.

    Of several zones of one name, `zone` is the one that is meant. Raises ValueError where it is none of them.
    """
    return next(filter(None, (_zone_named(inner, zone) for inner in in_brackets(name))), zone)


def _zone_named(text: str, zone: tzinfo) -> tzinfo | None:
    """Return the zone that a text consists of, `None` where it is no zone."""
    if given := _offset(f"{_CLOCK}{text}")[1] or _place(text)[1]:
        return given
    words, known = [plain_word(word) for word in _WORD.findall(text)], read_date_words()
    if not {zone.tzname(datetime(2024, month, 1)) for month in (1, 7)}.isdisjoint(word.upper() for word in words):  # noqa: DTZ001
        return zone
    if len(words) > 1 and (named := zone_name(words)) is not None:
        _, meanings = named
        zones: set[tzinfo | None] = {meaning.zone for meaning in meanings}
    elif words and all(word in known.zones or word in known.ambiguous for word in words):
        zones = {known.zones.get(word) for word in words}
    else:
        return None
    if len(zones) == 1 and (only := zones.pop()) is not None:
        return only
    if zone is UTC:
        raise ValueError(Wording("{name} is the name of several time zones: choose the time zone", {"name": text}))
    return zone


class _UnreadableError(ValueError):
    """A text is not a date; the message says why."""


def _wrapped(text: str) -> str:
    """Return the moment in a text of .NET's JSON, `/Date(1710238512000+0100)/`, in milliseconds of UTC."""
    found = _NET.fullmatch(text)
    return found[1] if found else text


def _not_read(text: str, error: ValueError) -> ValueError:
    """Return the error of a text that is no date, with the reason where that is known."""
    if not isinstance(error, _UnreadableError):
        return ValueError(Wording("'{value}' is not a date that can be read", {"value": text}))
    values = {"value": text, "reason": list(error.args)}
    return ValueError(Wording("'{value}' is not a date that can be read: {reason}", values))


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    if len(digits) != 2:
        raise _UnreadableError(Wording("its year has neither two nor four digits"))
    return year + (2000 if year <= _LAST_OF_THIS_CENTURY else 1900)


def _without(found: re.Match[str], sign: str = " ") -> str:
    """Return the text around a match."""
    return found.string[: found.start()] + sign + found.string[found.end() :]


def _clock(text: str) -> tuple[str, time | None]:
    """Return the text without its time, and the time, `None` where it has none."""
    found = _TIME.search(text) or _DOTTED.search(text) or _HOUR.search(text)
    if found is None:
        return text, None
    hour = int(found[1])
    half = (found[5] or "").casefold()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    micro = int((found[4] or "0")[:6].ljust(6, "0"))
    return _without(found, _CLOCK), time(hour, int(found[2] or 0), int(found[3] or 0), micro)


def _place(text: str) -> tuple[str, tzinfo | None]:
    """Return the text without the place that names its zone, such as Europe/Berlin, and the zone."""
    found = _PLACE.search(text)
    if found is None:
        return text, None
    try:
        return _without(found), ZoneInfo(found[0])
    except (ZoneInfoNotFoundError, ValueError):
        return text, None


def _offset(text: str) -> tuple[str, tzinfo | None]:
    """Return the text without its offset, and the offset: UTC+1 is ahead of UTC."""
    found = _OFFSET.search(text)
    if found is None:
        return text, None
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    zone = timezone(ahead if found[1] == "+" else -ahead)
    return _without(found), zone
