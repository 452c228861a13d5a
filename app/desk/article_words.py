"""Words for articles: what their states, audiences, steps and roles are called on pages."""

from __future__ import annotations

from collections.abc import Iterable

from app.desk.language import _
from app.desk.table import Mark, Tone
from kb.records.article import Audience, Governance, State
from kb.records.article_steps import Step
from kb.records.flag import Reason
from kb.records.life_cycle import Role

_TONES: dict[State, Tone] = {
    State.WORK_IN_PROGRESS: "warning",
    State.NOT_VALIDATED: "plain",
    State.VALIDATED: "good",
    State.ARCHIVED: "muted",
}


def state_word(state: State) -> str:
    """Return what a state is called."""
    return {
        State.WORK_IN_PROGRESS: _("Work in progress"),
        State.NOT_VALIDATED: _("Not validated"),
        State.VALIDATED: _("Validated"),
        State.ARCHIVED: _("Archived"),
    }[state]


def state_mark(state: State) -> Mark:
    """Return a state as a mark in a table."""
    return Mark(state_word(state), _TONES[state])


def audience_word(audience: Audience) -> str:
    """Return what an audience is called."""
    return {
        Audience.INTERNAL: _("Internal"),
        Audience.PARTNERS: _("Partners"),
        Audience.CUSTOMERS: _("Customers"),
    }[audience]


def governance_word(governance: Governance) -> str:
    """Return in words who may change an article."""
    return {
        Governance.EXPERIENCE: _("Whoever knows better"),
        Governance.COMPLIANCE: _("Domain experts only"),
    }[governance]


def step_word(step: Step) -> str:
    """Return the words of the button for a step."""
    return {
        Step.EDIT: _("Edit"),
        Step.SUBMIT: _("Submit"),
        Step.RETURN: _("Back to draft"),
        Step.VALIDATE: _("Validate"),
        Step.INVALIDATE: _("No longer valid"),
        Step.PUBLISH: _("Publish to customers"),
        Step.WITHDRAW: _("Make internal"),
        Step.ARCHIVE: _("Archive"),
        Step.REVIVE: _("Bring back"),
    }[step]


def role_word(role: Role) -> str:
    """Return what a role is called."""
    return {
        Role.CANDIDATE: _("candidate"),
        Role.CONTRIBUTOR: _("contributor"),
        Role.PUBLISHER: _("publisher"),
        Role.COACH: _("coach"),
        Role.KNOWLEDGE_DOMAIN_EXPERT: _("domain expert"),
    }[role]


def who_can(roles: Iterable[Role], people: Iterable[str]) -> str:
    """Return whom to ask, by role and by name."""
    asked = _(" or ").join(role_word(role) for role in roles)
    names = ", ".join(people)
    return f"{asked} ({names})" if names else asked


def reason_word(reason: Reason) -> str:
    """Return what a flag says is wrong."""
    return {
        Reason.WRONG: _("Wrong"),
        Reason.INCOMPLETE: _("Incomplete"),
        Reason.UNCLEAR: _("Unclear"),
        Reason.OUTDATED: _("Outdated"),
        Reason.DUPLICATE: _("Duplicate"),
        Reason.BROKEN_LINK: _("Broken link"),
        Reason.APPROVAL: _("Approval asked for"),
        Reason.OTHER: _("Other"),
    }[reason]


def part_word(part: str, headings: list[str] | None = None) -> str:
    """Return what a part of an article is called; `headings` are those of its further sections."""
    if part.startswith("sections."):
        place, *rest = part.removeprefix("sections.").split(".")
        known = (headings or [])[int(place) : int(place) + 1]
        name = (known[0] if known else "") or _("Section {number}").format(number=int(place) + 1)
        return _("Heading of {section}").format(section=name) if rest else name
    return {
        "title": _("Title"),
        "summary": _("Summary"),
        "issue": _("Issue"),
        "environment": _("Environment"),
        "cause": _("Cause"),
        "workaround": _("Workaround"),
        "resolution": _("Resolution"),
        "service": _("Service"),
        "category": _("Category"),
        "state": _("State"),
        "audience": _("Audience"),
        "governance": _("Who may change it"),
        "article": _("Article"),
    }.get(part, part)
