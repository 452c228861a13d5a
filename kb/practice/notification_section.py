"""The section `notifications` of `practice.yaml`: channels, people, and the rules by which they are told."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from kb.practice.section import ConditionsSection, Section, Text, Texts
from kb.records.clock_state import Measure
from kb.records.mail_address import mail_address
from kb.records.notification import FOR_CALLERS, ROLES, Audience, Channel, NotificationEvent

Language: TypeAlias = Literal["en", "de", "fr"]
LANGUAGES: tuple[str, ...] = get_args(Language)
"""Languages that notifications are written in."""
Address: TypeAlias = Annotated[str, AfterValidator(mail_address)]
Audiences: TypeAlias = Annotated[
    list[Text], BeforeValidator(lambda value: [value] if isinstance(value, str) else value), Field(min_length=1)
]


class MailSection(Section):
    """The mail server that sends, and whose name stands on the mails."""

    sender: Address = Field(alias="from", description="Address that mails come from.")
    name: Text = Field(default="Service desk", description="Name beside that address.")
    host: Text = Field(description="Mail server, such as smtp.example.org.")
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="starttls: port 587; tls: port 465; none: only within one machine or network."
    )
    user: Text | None = Field(default=None, description="The password comes from TRIAGE_SMTP_PASSWORD.")

    @model_validator(mode="after")
    def _keeps_the_password_secret(self) -> MailSection:
        if self.user is not None and self.tls == "none":
            raise ValueError("would send the password in clear; use tls: starttls or tls, or remove user")
        return self


class PersonSection(Section):
    """How a person is reached."""

    mail: Address
    language: Language | None = None


class GroupSection(Section):
    """How a group is reached: by its own address, else by those of its members."""

    mail: Address | None = None
    members: Texts = Field(default_factory=list, description="Names under people.")
    lead: Text | None = Field(default=None, description="Team lead, a name under people.")
    language: Language | None = None


class EscalationSection(Section):
    """Who is told next where nobody answers."""

    after: Text = Field(description="Such as 30 min, within the rule's hours.")
    to: Audiences


class RuleSection(Section):
    """When somebody is told, who, and how."""

    name: Text
    event: NotificationEvent
    to: Audiences = Field(description=f"{', '.join(ROLES)}, or names under people.")
    when: ConditionsSection = Field(default_factory=ConditionsSection)
    channel: Channel = Channel.MAIL
    template: Text | None = Field(default=None, description="Name of a template; that of the event without.")
    digest: Text | None = Field(default=None, description="Collect for so long and send together, such as 30 min.")
    calendar: Text | None = Field(default=None, description="Hours in which it may arrive; as at the top without.")
    urgent: bool = Field(default=False, description="Send at any hour, and at once.")
    escalate: list[EscalationSection] = Field(default_factory=list)
    after: Text | None = Field(default=None, description="waiting_long: for how long an incident has waited.")
    share: Text | None = Field(default=None, description="clock_warning: share of the target, such as 80 %.")
    above: Text | None = Field(default=None, description="breach_likely: from which probability on, such as 70 %.")
    clock: Measure | None = Field(default=None, description="clock_warning, breached: which clock; any without.")

    @model_validator(mode="after")
    def _has_what_its_event_needs(self) -> RuleSection:
        needed = {
            NotificationEvent.WAITING_LONG: "after",
            NotificationEvent.CLOCK_WARNING: "share",
            NotificationEvent.BREACH_LIKELY: "above",
        }
        name = needed.get(self.event)
        if name is not None and getattr(self, name) is None:
            raise ValueError(f"needs {name} for {self.event.value}")
        for event, other in needed.items():
            if getattr(self, other) is not None and event is not self.event:
                raise ValueError(f"has {other}, which only {event.value} has; remove it")
        if self.urgent and self.digest is not None:
            raise ValueError("is urgent and collected; choose one")
        if Audience.CALLER in self.to and self.event not in FOR_CALLERS:
            raise ValueError(f"cannot tell callers of {self.event.value}; they are told of {_listed()}")
        return self


class NotificationsSection(Section):
    """Who is told of what, over which channel, and when."""

    mail: MailSection | None = None
    language: Language = "en"
    calendar: Text | None = Field(default=None, description="Hours in which people are told; any hour without.")
    tell_callers: bool = Field(default=False, description="Whether rules for callers count.")
    caller_domains: Texts = Field(
        default_factory=list, description="Domains of callers' own addresses that may be written to."
    )
    people: dict[Text, PersonSection] = Field(default_factory=dict)
    groups: dict[Text, GroupSection] = Field(default_factory=dict)
    incident_managers: Texts = Field(default_factory=list, description="Names under people.")
    rules: list[RuleSection] = Field(default_factory=list)


def _listed() -> str:
    return ", ".join(sorted(FOR_CALLERS))
