"""Notification rules: who is told of what, built from the section `notifications` of `practice.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from kb.practice.calendar import LATEST, Calendar, moment_of, second_of
from kb.practice.notification_section import MailSection
from kb.practice.target import Conditions
from kb.records.clock_state import Measure
from kb.records.notification import Audience, Channel, NotificationEvent, Recipient


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Who is told next where nobody has answered after so many seconds of the rule's hours."""

    after: int
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """When somebody is told, who, and how; `digest` and `after` are seconds, `share` and `above` shares of one."""

    name: str
    event: NotificationEvent
    to: tuple[str, ...]
    when: Conditions
    channel: Channel
    template: str
    digest: int | None
    calendar: Calendar | None
    urgent: bool
    escalate: tuple[EscalationStep, ...]
    after: int | None = None
    share: float | None = None
    above: float | None = None
    clock: Measure | None = None

    def opening(self, moment: datetime) -> datetime:
        """Return when somebody may be told from a moment on: then, where it is urgent or within the hours."""
        if self.urgent or self.calendar is None:
            return moment
        second = second_of(moment)
        opens = self.calendar.after(second, 0)
        return moment if opens == second else moment_of(LATEST if opens is None else opens)

    def later(self, moment: datetime, seconds: int) -> datetime:
        """Return when so many seconds of the rule's hours have passed; those of the day where it is urgent."""
        calendar = None if self.urgent else self.calendar
        second = second_of(moment)
        found = second + seconds if calendar is None else calendar.after(second, seconds)
        return moment_of(LATEST if found is None else found)


@dataclass(frozen=True, slots=True)
class Person:
    """How a person is reached."""

    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Group:
    """How a group is reached."""

    address: str | None
    members: tuple[str, ...]
    lead: str | None
    language: str


@dataclass(frozen=True, slots=True)
class NotificationPlan:
    """Everything that decides who is told: the mail server, people and groups by their lower-case names, the rules."""

    mail: MailSection | None = None
    language: str = "en"
    tell_callers: bool = False
    caller_domains: frozenset[str] = frozenset()
    people: Mapping[str, Person] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    incident_managers: tuple[str, ...] = ()
    rules: tuple[NotificationRule, ...] = ()

    def rule(self, name: str) -> NotificationRule | None:
        """Return the rule with this name, `None` where there is none any more."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def person(self, name: str, audience: Audience) -> Recipient:
        """Return a person as a recipient, without an address where none is known."""
        known = self.people.get(name.casefold())
        if known is not None:
            return Recipient(name, audience, known.address, known.language)
        return Recipient(name, audience, None, self.language)

    def group(self, name: str) -> list[Recipient]:
        """Return who is told for a group: its address, else its members, else the group without an address."""
        known = self.groups.get(name.casefold())
        if known is None or (known.address is None and not known.members):
            return [Recipient(name, Audience.GROUP, None, self.language)]
        if known.address is not None:
            return [Recipient(name, Audience.GROUP, known.address, known.language)]
        return [self.person(member, Audience.GROUP) for member in known.members]

    def team_lead(self, group: str) -> list[Recipient]:
        """Return the lead of a group; nobody where none is named."""
        known = self.groups.get(group.casefold())
        return [] if known is None or known.lead is None else [self.person(known.lead, Audience.TEAM_LEAD)]

    def caller(self, name: str, addresses: Sequence[str]) -> list[Recipient]:
        """Return a caller, with the address under people or the first of `addresses` in an allowed domain.

        Nobody where there is none, or callers are not told at all.
        """
        if not self.tell_callers:
            return []
        known = self.people.get(name.casefold())
        if known is not None:
            return [Recipient(name, Audience.CALLER, known.address, known.language)]
        allowed = (one for one in addresses if one.rpartition("@")[2].casefold() in self.caller_domains)
        return [Recipient(name, Audience.CALLER, address, self.language) for address in islice(allowed, 1)]
