"""People who call the sample desk, each with habits: where they sit, how they call and in which language."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.sample.issue import read_yaml

CHANNELS = {"e-mail": 35, "portal": 30, "phone": 20, "chat": 10, "walk-up": 5}
"""Channels that people take, with how many of a hundred prefer each."""
_SELDOM = 0.35  # share of calls over another channel than the preferred one


@dataclass(frozen=True, slots=True)
class Site:
    """A place where people work; `field_team` goes there where it is far from the other teams."""

    name: str
    people: int
    languages: Sequence[str]
    field_team: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller with habits."""

    name: str
    department: str
    site: Site
    language: str
    channel: str
    in_haste: bool

    @property
    def address(self) -> str:
        """What stands before the @ of the mail address."""
        return self.name.lower().replace(" ", ".")

    def language_now(self, chance: random.Random) -> str:
        """Return the language of one ticket: who is used to another one writes English half of the time."""
        return self.language if chance.random() < 0.5 else "en"

    def channel_now(self, chance: random.Random) -> str:
        """Return the channel of one ticket, mostly the preferred one."""
        return _channel(chance) if chance.random() < _SELDOM else self.channel


class People:
    """Everybody who calls; some call much more often than others."""

    def __init__(self, chance: random.Random) -> None:
        content: Mapping[str, Any] = read_yaml("people")
        sites = [Site(**entry) for entry in content["sites"]]
        names = [f"{first} {last}" for first in content["first_names"] for last in content["last_names"]]
        self.on_site_groups = frozenset[str](content["on_site"])
        self._everybody = [
            _caller(chance, name, content["departments"], sites) for name in chance.sample(names, content["count"])
        ]
        self._calls = [1.0 / (5 + rank) for rank in range(len(self._everybody))]

    def callers(self, chance: random.Random, count: int, *, site: str | None = None) -> list[Caller]:
        """Return so many of them, each once, whoever calls often or seldom; all of one site where one is named."""
        return chance.sample([one for one in self._everybody if site in (None, one.site.name)], count)

    def caller(self, chance: random.Random) -> Caller:
        """Return one of them."""
        return chance.choices(self._everybody, self._calls)[0]


def _caller(chance: random.Random, name: str, departments: Sequence[str], sites: Sequence[Site]) -> Caller:
    site = chance.choices(sites, [site.people for site in sites])[0]
    return Caller(
        name,
        chance.choice(departments),
        site,
        chance.choice(site.languages),
        _channel(chance),
        in_haste=chance.random() < 0.3,
    )


def _channel(chance: random.Random) -> str:
    return chance.choices(list(CHANNELS), list(CHANNELS.values()))[0]
