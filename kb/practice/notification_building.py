"""Building the notification plan from its section, and noting what cannot be built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from kb.practice.calendar import Calendar
from kb.practice.located_yaml import Path
from kb.practice.notification_rules import EscalationStep, Group, NotificationPlan, NotificationRule, Person
from kb.practice.notification_section import GroupSection, NotificationsSection, RuleSection
from kb.practice.section import ConditionsSection
from kb.practice.target import CONDITIONS, Conditions
from kb.practice.wording import seconds_of, share_of
from kb.records.notification import ROLES, Channel

Value = TypeVar("Value")
Refuse = Callable[[Path, str], None]
_TEMPLATE = re.compile(r"[a-z][a-z0-9_]{0,60}")


def notification_plan(
    section: NotificationsSection | None, calendars: Mapping[str, Calendar], refuse: Refuse
) -> NotificationPlan:
    """Return the plan that a section describes; `refuse` is called with the path and message of each mistake."""
    return NotificationPlan() if section is None else _Builder(section, calendars, refuse).plan()


class _Builder:
    """Builds a plan from a section."""

    def __init__(self, section: NotificationsSection, calendars: Mapping[str, Calendar], refuse: Refuse) -> None:
        self._section = section
        self._calendars = calendars
        self._refuse = refuse
        self._people = {name.casefold() for name in section.people}

    def plan(self) -> NotificationPlan:
        """Return the plan."""
        section = self._section
        people = {
            name.casefold(): Person(one.mail, one.language or section.language) for name, one in section.people.items()
        }
        return NotificationPlan(
            mail=section.mail,
            language=section.language,
            tell_callers=section.tell_callers,
            caller_domains=frozenset(one.casefold().removeprefix("@") for one in section.caller_domains),
            people=people,
            groups={name.casefold(): self._group(name, one) for name, one in section.groups.items()},
            incident_managers=tuple(self._known(section.incident_managers, ("notifications", "incident_managers"))),
            rules=self._rules(),
        )

    def _group(self, name: str, section: GroupSection) -> Group:
        path: Path = ("notifications", "groups", name)
        members = tuple(self._known(section.members, (*path, "members")))
        leads = [] if section.lead is None else self._known([section.lead], (*path, "lead"))
        return Group(section.mail, members, next(iter(leads), None), section.language or self._section.language)

    def _rules(self) -> tuple[NotificationRule, ...]:
        names = set[str]()
        rules = list[NotificationRule]()
        for index, section in enumerate(self._section.rules):
            path: Path = ("notifications", "rules", index)
            if section.name in names:
                self._refuse((*path, "name"), f'there is a rule "{section.name}" before; give each a name of its own')
            names.add(section.name)
            rules.append(self._rule(section, path))
        return tuple(rules)

    def _rule(self, section: RuleSection, path: Path) -> NotificationRule:
        if section.channel is Channel.MAIL and self._section.mail is None:
            self._refuse(path, "sends mail, but notifications has no mail server; add notifications.mail")
        if section.template is not None and not _TEMPLATE.fullmatch(section.template):
            self._refuse((*path, "template"), "has to be a name of small letters, digits and underscores")
        steps = [
            EscalationStep(
                self._seconds(one.after, (*path, "escalate", index, "after")) or 0,
                self._audience(one.to, (*path, "escalate", index, "to")),
            )
            for index, one in enumerate(section.escalate)
        ]
        return NotificationRule(
            name=section.name,
            event=section.event,
            to=self._audience(section.to, (*path, "to")),
            when=_conditions(section.when),
            channel=section.channel,
            template=section.template or section.event.value,
            digest=self._seconds(section.digest, (*path, "digest")),
            calendar=self._calendar(section, path),
            urgent=section.urgent,
            escalate=tuple(steps),
            after=self._seconds(section.after, (*path, "after")),
            share=self._share(section.share, (*path, "share")),
            above=self._share(section.above, (*path, "above")),
            clock=section.clock,
        )

    def _calendar(self, section: RuleSection, path: Path) -> Calendar | None:
        name = section.calendar or self._section.calendar
        where = (*path, "calendar") if section.calendar is not None else ("notifications", "calendar")
        if name is None:
            return None
        if name not in self._calendars:
            self._refuse(where, f'there is no calendar "{name}"; name one of {", ".join(self._calendars)}')
        return self._calendars.get(name)

    def _audience(self, names: Iterable[str], path: Path) -> tuple[str, ...]:
        named = [name for name in names if name not in ROLES]
        self._known(named, path)
        return tuple(names)

    def _known(self, names: Iterable[str], path: Path) -> list[str]:
        """Return names that stand under people."""
        found = list[str]()
        for name in names:
            if name.casefold() in self._people:
                found.append(name)
            else:
                self._refuse(path, f'"{name}" does not stand under people; add the name there with a mail address')
        return found

    def _seconds(self, text: str | None, path: Path) -> int | None:
        return None if text is None else self._read(lambda: seconds_of(text), path)

    def _share(self, text: str | None, path: Path) -> float | None:
        return None if text is None else self._read(lambda: share_of(text), path)

    def _read(self, read: Callable[[], Value], path: Path) -> Value | None:
        try:
            return read()
        except ValueError as error:
            self._refuse(path, str(error))
            return None


def _conditions(section: ConditionsSection) -> Conditions:
    found = {name: tuple(getattr(section, name)) for name in CONDITIONS}
    return Conditions({name: values for name, values in found.items() if values})
