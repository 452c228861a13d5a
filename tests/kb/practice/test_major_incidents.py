"""Major incidents and continuity in `practice.yaml`, and what tells a disaster apart."""

from __future__ import annotations

import pytest

from kb.practice.extent import extent_of, met_criteria
from kb.practice.major_incidents import ContinuitySection
from kb.practice.message_template import filled
from kb.practice.practice import read_practice
from kb.records.incident import Incident
from kb.records.major_incident import FALSE_ALARMS_PER_WEEK

CALENDARS = "calendars:\n  office:\n    zone: Europe/Berlin\n    hours: {every day: 08:00-17:00}\n"


def mistakes(text: str) -> list[str]:
    return [str(problem) for problem in read_practice(CALENDARS + text).problems]


def test_a_file_without_the_sections_has_the_usual_roles_and_criteria() -> None:
    practice = read_practice(CALENDARS)
    assert practice.problems == ()
    assert practice.major_incidents.roles[0].name == "manager"
    assert practice.continuity.owner == "Continuity manager"
    assert practice.major_incidents.detection.false_alarms_per_week == FALSE_ALARMS_PER_WEEK


def test_what_a_section_names_takes_the_place_of_the_usual_and_the_rest_stays() -> None:
    practice = read_practice(CALENDARS + "major_incidents:\n  roles: [{name: captain}]\n  check_after_days: 7\n")
    assert [role.name for role in practice.major_incidents.roles] == ["captain"]
    assert practice.major_incidents.check_after_days == 7
    assert set(practice.major_incidents.messages) == {"users", "management", "regulators", "resolved"}


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("major_incidents:\n  rolls: []\n", "major_incidents.rolls: is not known here; did you mean roles?"),
        ("major_incidents:\n  tasks: [{title: t, due: soon}]\n", 'tasks[1].due: "soon" is not a duration'),
        ("major_incidents:\n  tasks: [{title: t, due: 99999 h}]\n", "is longer than a year"),
        (
            "major_incidents:\n  messages: {users: {subject: '{{ a', text: t}}\n",
            "messages.users.subject: is not a template",
        ),
        (
            "major_incidents:\n  messages: {users: {subject: '{{ subjekt }}', text: t}}\n",
            'line 6: major_incidents.messages.users.subject: knows no "subjekt"; did you mean subject?; names are id,',
        ),
        (
            "major_incidents:\n  messages: {users: {subject: s, text: '{% if workaround %}{{ wo }}{% endif %}'}}\n",
            'messages.users.text: knows no "wo"',
        ),
        (
            "major_incidents:\n  messages: {users: {subject: '{{ subject | upperr }}', text: t}}\n",
            "messages.users.subject: is not a template: No filter named 'upperr'",
        ),
        ("continuity:\n  criteria: [{name: n, when: {}}]\n", "names nothing; give at least one of reports"),
    ],
)
def test_mistakes_are_named_with_their_field(text: str, mistake: str) -> None:
    assert any(mistake in one for one in mistakes(text)), mistakes(text)


@pytest.mark.parametrize(
    "template", ["{{ ''.__class__.__mro__ }}", "{{ nothing }}", "{{ subject.__init__.__globals__ }}", "{{ 1 / 0 }}"]
)
def test_a_template_reads_what_it_is_given_and_nothing_else(template: str) -> None:
    with pytest.raises(ValueError, match="cannot be filled"):
        filled(template, {"subject": "x"})


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ({"reports": 2, "words": ["fire"]}, "2 reports with “fire”"),
        ({"reports": 3, "words": ["fire"]}, None),
        ({"services": 2, "locations": 2}, "2 services, 2 locations"),
        ({"services": 3}, None),
        ({"sites": ["hall 1"]}, "Hall 1"),
        ({"sites": ["Hall 9"]}, None),
        ({"impact": 1}, "impact 1"),
        ({"reports": 3, "impact": 1, "services": 3}, None),
    ],
)
def test_a_criterion_holds_where_all_of_its_parts_do(when: dict[str, object], why: str | None) -> None:
    reports = [
        Incident("1", "fire in the hall", service="Mail", location="Hall 1", impact="1 - High"),
        Incident("2", "FIRE!", service="Mail", location="Hall 2", impact="3 - Low"),
        Incident("3", "the firewall is down", service="VPN"),
    ]
    section = ContinuitySection.model_validate({"criteria": [{"name": "n", "when": when}]})
    assert [one.why for one in met_criteria(section, extent_of(reports))] == ([] if why is None else [why])
