"""Zone names: the time zones that dates name in full, such as "Pacific Daylight Time"."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from kb.vocabulary.date_words import plain_word

_WORD = re.compile(r"[^\W\d_]+")
_STANDARD, _SUMMER, _LOCAL = "standard", "summer", "local"


@dataclass(frozen=True, slots=True)
class NamedTime:
    """What a name may mean: the place whose clocks it follows, and whether it is standard, summer or local time."""

    place: str
    kind: str

    @property
    def zone(self) -> tzinfo:
        """Return the zone in which all moments are that have this name."""
        place = ZoneInfo(self.place)
        if self.kind == _LOCAL:
            return place
        offsets = [offset for month in (1, 7) if (offset := place.utcoffset(datetime(2024, month, 1))) is not None]  # noqa: DTZ001
        return timezone(max(offsets) if self.kind == _SUMMER else min(offsets))

    def offsets(self, moment: datetime) -> frozenset[timedelta]:
        """Return how far ahead of UTC a moment of local time may be; one that is certain is alone.

        Standard time in summer is not: Windows names a zone so all year round, and people say so of both.
        """
        zone = ZoneInfo(self.place)
        shown = zone.utcoffset(moment)
        of_year = [zone.utcoffset(moment.replace(month=month, day=1)) for month in (1, 7)]
        known = sorted(offset for offset in (shown, *of_year) if offset is not None)
        if self.kind == _SUMMER:
            return frozenset(known[-1:] if known[0] != known[-1] else ())
        return frozenset(
            offset for offset in (known[0] if self.kind == _STANDARD else shown, shown) if offset is not None
        )


def zone_name(words: Sequence[str]) -> tuple[slice, tuple[NamedTime, ...]] | None:
    """Return where the longest name of a zone stands among plain words, and what it may mean; `None` without one."""
    names, longest = _names(), _longest()
    for length in range(min(longest, len(words)), 1, -1):
        for start in range(len(words) - length + 1):
            found = names.get(tuple(words[start : start + length]))
            if found is not None:
                return slice(start, start + length), found
    return None


@cache
def _names() -> Mapping[tuple[str, ...], tuple[NamedTime, ...]]:
    content = tomllib.loads((files("kb.vocabulary") / "zone_names.toml").read_text(encoding="utf-8"))
    names: dict[tuple[str, ...], dict[NamedTime, None]] = {}
    for place, kinds in content["places"].items():
        for kind, listed in kinds.items():
            for name in listed:
                names.setdefault(_key(name), {})[NamedTime(place, kind)] = None
    for name, place in content["windows"].items():
        names.setdefault(_key(name), {})[NamedTime(place, _STANDARD)] = None
        names.setdefault(_key(name.replace("Standard", "Daylight")), {})[NamedTime(place, _SUMMER)] = None
    return {key: tuple(meanings) for key, meanings in names.items()}


@cache
def _longest() -> int:
    return max(map(len, _names()))


def _key(name: str) -> tuple[str, ...]:
    return tuple(map(plain_word, _WORD.findall(name)))
