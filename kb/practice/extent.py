"""Extent: how far a major incident reaches, and which criteria of a disaster that meets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kb.practice.major_incidents import ContinuityConditions, ContinuitySection
from kb.records.incident import Incident

_LEVEL = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a major incident reaches: its reports, and the services and locations in them with their counts."""

    incidents: Sequence[Incident]
    services: Sequence[tuple[str, int]]
    locations: Sequence[tuple[str, int]]

    @property
    def reports(self) -> int:
        """Return the number of reports."""
        return len(self.incidents)


@dataclass(frozen=True, slots=True)
class MetCriterion:
    """A criterion of a disaster that a major incident meets, and why."""

    name: str
    why: str


def extent_of(incidents: Sequence[Incident]) -> Extent:
    """Return how far a major incident reaches whose reports are these incidents."""
    named = [
        Counter(value for one in incidents if (value := getattr(one, name))).most_common()
        for name in ("service", "location")
    ]
    return Extent(incidents, *named)


def met_criteria(section: ContinuitySection, extent: Extent) -> list[MetCriterion]:
    """Return the criteria that reports meet, each with the facts that make it so."""
    found = ((one.name, _why(one.when, extent)) for one in section.criteria)
    return [MetCriterion(name, why) for name, why in found if why]


def _why(when: ContinuityConditions, extent: Extent) -> str | None:
    """Return the facts by which all conditions hold, `None` where one does not."""
    reports = [one for one in extent.incidents if not when.words or _has_word(one, when.words)]
    sites = {site.casefold() for site in when.sites}
    at_sites = [place for place, _ in extent.locations if place.casefold() in sites]
    levels = [int(found[0]) for one in extent.incidents if one.impact and (found := _LEVEL.search(one.impact))]
    places = len(extent.locations)
    checks = [
        (bool(when.words or when.reports), len(reports) >= (when.reports or 1), _said(reports, when.words)),
        (when.services is not None, len(extent.services) >= (when.services or 0), f"{len(extent.services)} services"),
        (
            when.locations is not None,
            places >= (when.locations or 0),
            f"{places} locations",
        ),
        (bool(sites), bool(at_sites), ", ".join(at_sites)),
        (when.impact is not None, min(levels, default=99) <= (when.impact or 0), f"impact {min(levels, default=0)}"),
    ]
    asked = [(holds, said) for is_asked, holds, said in checks if is_asked]
    return ", ".join(said for _, said in asked) if all(holds for holds, _ in asked) else None


def _said(reports: Sequence[Incident], words: Sequence[str]) -> str:
    count = f"{len(reports)} report{'' if len(reports) == 1 else 's'}"
    found = [word for word in words if any(_has_word(one, [word]) for one in reports)]
    return f"{count} with “{'”, “'.join(found)}”" if found else count


def _has_word(incident: Incident, words: Sequence[str]) -> bool:
    text = incident.text.casefold()
    return any(re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text) for word in words)
